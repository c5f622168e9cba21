//! `[channel.NAME]`: the keys that every kind has; the rest belongs to the kind itself.

use super::line::Lines;
use super::names::{self, Known};
use super::source::{Source, line_number};
use crate::model::settings::{Diagnostic, Fields, Gravity, Key, NamedTable, Shape, nearest};
use crate::model::version::{Naming, Scheme};
use crate::model::{Channel, Duration, Name, visible};
use crate::observe::{About, Configured, KINDS, Kind};

const MAXIMUM_CHANNELS: usize = 64;

/// How long a channel may have what the leader lacks, where the policy does not say.
const USUAL_LEAD: Duration = Duration::from_minutes(10);

/// The keys that a channel of any kind has.
pub(super) const KEYS: &[Key] = &[
    Key::required("kind", Shape::Text, "what kind of channel this is"),
    Key::optional(
        "may-lag",
        Shape::Duration,
        "how long it may lack what the leading channel has: 30m where not given, 60m for `pypi` and `npm`",
    ),
    Key::optional(
        "may-lead",
        Shape::Duration,
        "how long it may have what the leading channel lacks: 10m where not given",
    ),
    Key::optional(
        "lines",
        Shape::TextOrTexts,
        "the release lines that it carries: all where not given",
    ),
];

/// The channels of one component.
pub(super) struct Channels {
    pub(super) valid: Vec<(Channel, Configured)>,
    pub(super) known: Vec<Known>,
}

/// Reads every `[channel.NAME]` for one component.
pub(super) fn read(
    root: &mut Fields<'_>,
    about: &About<'_>,
    lines: &Lines,
    sources: &[Source],
) -> Channels {
    let tables = root.named_tables("channel");
    if tables.is_empty()
        && let Some(place) = root.key_place("channel").cloned()
    {
        root.report(
            Diagnostic::error(&place, "the policy declares no channel")
                .hint("add one: `[channel.release]` with `kind = \"github-release\"`"),
        );
    }
    let mut channels = Channels {
        valid: Vec::new(),
        known: Vec::new(),
    };
    let tables = names::declared(tables, "channel", MAXIMUM_CHANNELS, root.diagnostics());
    for (name, table) in tables {
        let found = kind_of(&table, &name, root.diagnostics());
        let channel = found.and_then(|kind| {
            let declared_at = line_number(sources, table.place);
            let channel = one(kind, &name, &table, about, lines, root.diagnostics());
            channel.map(|(channel, configured)| {
                let channel = Channel {
                    declared_at,
                    ..channel
                };
                (channel, configured)
            })
        });
        channels.known.push(Known {
            name,
            kind: found.map_or("", |kind| kind.name()),
            traits: channel.as_ref().map(|(channel, _)| channel.traits),
        });
        channels.valid.extend(channel);
    }
    channels
}

fn kind_of(
    table: &NamedTable<'_>,
    name: &Name,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<&'static dyn Kind> {
    // Of an unknown kind no key is known: only `kind` itself is looked at.
    let mut unjudged = Vec::new();
    let what = format!("[channel.{name}]");
    let mut fields = Fields::open(table.table, table.place, &what, &[KEYS], &mut unjudged);
    let text = fields.text("kind");
    let all = || KINDS.iter().map(|kind| kind.name());
    let Some(text) = text else {
        let words = |diagnostic: &Diagnostic| diagnostic.message.contains("`kind`");
        let reported = unjudged.into_iter().filter(words).map(|diagnostic| {
            let kinds: Vec<String> = all().map(|kind| format!("`{kind}`")).collect();
            diagnostic.hint(format!("one of: {}", kinds.join(", ")))
        });
        diagnostics.extend(reported);
        return None;
    };
    if let Some(kind) = KINDS.iter().find(|kind| kind.name() == text.value) {
        return Some(*kind);
    }
    let hint = match nearest(&text.value, all()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => {
            let kinds: Vec<String> = all().map(|kind| format!("`{kind}`")).collect();
            format!("one of: {}", kinds.join(", "))
        }
    };
    let message = format!("`{}` is no kind of channel", visible(&text.value, 60));
    diagnostics.push(Diagnostic::error(&text.place, message).hint(hint));
    None
}

fn one(
    kind: &'static dyn Kind,
    name: &Name,
    table: &NamedTable<'_>,
    about: &About<'_>,
    lines: &Lines,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<(Channel, Configured)> {
    // What is only warned about leaves the channel as it is.
    let errors = |all: &[Diagnostic]| all.iter().filter(|it| it.gravity == Gravity::Error).count();
    let errors_before = errors(diagnostics);
    let groups = [kind.keys(), KEYS];
    let what = format!("[channel.{name}]");
    let mut fields = Fields::open(table.table, table.place, what, &groups, diagnostics);
    let configured = kind.configure(&mut fields, about);
    let may_lag = fields.parsed::<Duration>("may-lag");
    let may_lead = fields.parsed::<Duration>("may-lead");
    let named = names::references(&mut fields, "lines", "line", lines.names());
    if fields.key_place("lines").is_some()
        && matches!(fields.node("lines"), Some(node) if is_empty(node))
    {
        let error = Diagnostic::error(fields.place(), "`lines` names no line");
        fields.report(error.hint("leave the key out for all lines"));
    }
    if errors(fields.diagnostics()) == errors_before {
        check_templates(configured.as_ref(), &mut fields);
    }
    let configured = configured?;
    if errors(diagnostics) > errors_before {
        return None;
    }
    let carries = |line: &Name| named.is_empty() || named.iter().any(|n| n.value == *line);
    let naming = |scheme: Scheme| {
        Naming::new(
            scheme,
            configured.scheme.unwrap_or(scheme),
            about.component.as_str(),
            configured.templates.clone(),
            configured.plus,
            configured.variants.clone(),
            configured.floating.clone(),
            configured.oci_tags,
        )
    };
    let mut namings = Vec::new();
    for line in lines.valid.iter().filter(|line| carries(&line.name)) {
        if let Some(own) = configured
            .scheme
            .filter(|own| !has_common(line.scheme, *own))
        {
            let place = named
                .iter()
                .find(|n| n.value == line.name)
                .map_or(table.place, |n| &n.place);
            let message = format!(
                "`{name}` reads its names as {own}, which no version of line `{}` ({}) can be",
                line.name, line.scheme
            );
            let hint = "name in `lines` the lines that it carries";
            diagnostics.push(Diagnostic::error(place, message).hint(hint));
        }
        namings.push((line.name.clone(), naming(line.scheme)));
    }
    let channel = Channel {
        name: name.clone(),
        kind: kind.name(),
        traits: configured.traits,
        lines: namings,
        platforms: configured.platforms.clone(),
        assets: configured.assets.clone(),
        may_lag: may_lag.map_or(configured.usual_lag, |lag| lag.value),
        may_lead: may_lead.map_or(USUAL_LEAD, |lead| lead.value),
        declared_at: 0,
    };
    Some((channel, configured))
}

fn is_empty(node: &crate::model::settings::Node) -> bool {
    matches!(&node.value, crate::model::settings::Value::List(items) if items.is_empty())
}

/// What holds for the templates of every kind.
fn check_templates(configured: Option<&Configured>, fields: &mut Fields<'_>) {
    let keys = ["tag", "names", "key"];
    let place = keys.iter().find_map(|key| fields.key_place(key));
    let place = place.unwrap_or(fields.place()).clone();
    let templates = configured.map_or(&[][..], |configured| &configured.templates);
    if templates.is_empty() {
        let message = format!(
            "{} has no template for the names of releases",
            fields.what()
        );
        fields.report(Diagnostic::error(&place, message).hint("give one, as in `v{version}`"));
    }
    for (at, template) in templates.iter().enumerate() {
        if templates[..at].contains(template) {
            let message = format!("`{template}` stands twice in {}", fields.what());
            fields.report(Diagnostic::error(&place, message).hint("take one out"));
        }
    }
}

/// Whether any version of one scheme has a form in the other.
fn has_common(line: Scheme, channel: Scheme) -> bool {
    line == channel || (line.is_ordered() && channel.is_ordered())
}
