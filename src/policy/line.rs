//! `[line.NAME]`: release lines, each with its version scheme.

use super::names;
use crate::model::settings::{Diagnostic, Fields, Key, Place, Placed, Shape, Value};
use crate::model::version::{Scheme, Version};
use crate::model::{Anchor, Line, Name, Time, visible};

const MAXIMUM_LINES: usize = 16;

/// Its keys.
pub(super) const KEYS: &[Key] = &[
    Key::required(
        "scheme",
        Shape::Choice(&[
            "semver",
            "pep440",
            "calver",
            "dev-build",
            "commit",
            "opaque",
        ]),
        "how the versions of this line are written and when two of them are the same",
    ),
    Key::optional(
        "judge-since",
        Shape::TextOrDate,
        "a version of this line, or a date: older releases are not judged for what is lacking. `dev-build`, `commit` and `opaque` have no order and take a date",
    ),
];

/// The lines, and the names of all tables, those with errors included.
pub(super) struct Lines {
    pub(super) valid: Vec<Line>,
    pub(super) names: Vec<(Name, Place)>,
}

impl Lines {
    /// Every name, in the order of the file.
    pub(super) fn names(&self) -> impl Iterator<Item = &Name> + Clone {
        self.names.iter().map(|(name, _)| name)
    }

    /// Whether every table could be read.
    pub(super) fn are_all_valid(&self) -> bool {
        self.valid.len() == self.names.len()
    }
}

/// Reads every `[line.NAME]`.
pub(super) fn read(root: &mut Fields<'_>) -> Lines {
    let tables = root.named_tables("line");
    if tables.is_empty()
        && let Some(place) = root.key_place("line").cloned()
    {
        root.report(
            Diagnostic::error(&place, "the policy declares no release line")
                .hint("add one: `[line.release]` with `scheme = \"semver\"`"),
        );
    }
    let mut lines = Lines {
        valid: Vec::new(),
        names: Vec::new(),
    };
    for (name, table) in names::declared(tables, "line", MAXIMUM_LINES, root.diagnostics()) {
        lines.names.push((name.clone(), table.name_place.clone()));
        let what = format!("[line.{name}]");
        let mut fields = Fields::open(table.table, table.place, what, &[KEYS], root.diagnostics());
        let schemes = Scheme::ALL.map(|scheme| (scheme.as_str(), scheme));
        let Some(scheme) = fields.choice("scheme", &schemes) else {
            continue;
        };
        let judge_since = anchor(&mut fields, "judge-since", &[scheme]);
        lines.valid.push(Line {
            name,
            scheme,
            judge_since,
        });
    }
    lines
}

/// A version under the first of these schemes that has an order and reads it, or a date.
pub(super) fn anchor(
    fields: &mut Fields<'_>,
    key: &'static str,
    schemes: &[Scheme],
) -> Option<Anchor> {
    let text = fields.date_or_text(key)?;
    let is_date = fields
        .node(key)
        .is_some_and(|node| matches!(node.value, Value::Date(_)));
    let ordered: Vec<Scheme> = schemes.iter().copied().filter(|s| s.is_ordered()).collect();
    let mut why_no_version = None;
    for scheme in ordered.iter().filter(|_| !is_date) {
        match Version::parse(&text.value, *scheme) {
            Ok(version) => return Some(Anchor::Version(version)),
            Err(error) => why_no_version = why_no_version.or(Some(error)),
        }
    }
    if let Ok(time) = text.value.parse::<Time>() {
        return Some(Anchor::Time(time));
    }
    report(fields, key, &text, &ordered, why_no_version.as_ref());
    None
}

fn report(
    fields: &mut Fields<'_>,
    key: &str,
    text: &Placed<String>,
    ordered: &[Scheme],
    why_no_version: Option<&crate::model::version::Incomparable>,
) {
    let message = match why_no_version {
        Some(why) => format!("`{key}` of {}: {why}", fields.what()),
        None => {
            let shown = visible(&text.value, 60);
            format!("`{key}` of {}: `{shown}` is no date", fields.what())
        }
    };
    let hint = if ordered.is_empty() {
        "versions of this scheme have no order: write a date such as 2026-01-31"
    } else {
        "write a version as the line writes it, or a date such as 2026-01-31"
    };
    fields.report(Diagnostic::error(&text.place, message).hint(hint));
}
