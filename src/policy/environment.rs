//! `[environment.NAME]`: where releases are deployed to, and what must agree before.

use super::line::Lines;
use super::names::{self, Known};
use crate::model::settings::{Diagnostic, Fields, Key, Shape, Value};
use crate::model::{Duration, Environment, Mode, Name, Unreachable};

const MAXIMUM: usize = 64;

/// Its keys.
pub(super) const KEYS: &[Key] = &[
    Key::required(
        "requires",
        Shape::TextOrTexts,
        "channels that a release must be in, beside the leading channel, which is always required",
    ),
    Key::optional(
        "lines",
        Shape::TextOrTexts,
        "release lines that may be deployed here: all where not given",
    ),
    Key::optional(
        "mode",
        Shape::Choice(&["observe", "audit", "enforce"]),
        "`enforce` where not given; `audit` and `observe` show the verdict and exit 0",
    ),
    Key::optional(
        "when-unreachable",
        Shape::ChoiceOrTable(&["indeterminate"], LAST_KNOWN_GOOD),
        "what an unreachable channel does: `indeterminate` where not given",
    ),
];

const LAST_KNOWN_GOOD: &[Key] = &[Key::required(
    "last-known-good",
    Shape::Duration,
    "a digest that was verified within this span is approved again, and no other",
)];

/// Reads every `[environment.NAME]`.
pub(super) fn read(
    root: &mut Fields<'_>,
    known: &[Known],
    leader: Option<&Name>,
    lines: &Lines,
) -> Vec<Environment> {
    let tables = root.named_tables("environment");
    let tables = names::declared(tables, "environment", MAXIMUM, root.diagnostics());
    let mut environments = Vec::new();
    for (name, table) in tables {
        let what = format!("[environment.{name}]");
        let mut fields = Fields::open(table.table, table.place, what, &[KEYS], root.diagnostics());
        let channels = known.iter().map(|k| &k.name);
        let requires = names::references(&mut fields, "requires", "channel", channels);
        let follower = |name: &Name| leader.is_none_or(|leader| leader != name);
        let requires: Vec<Name> = requires.into_iter().map(|name| name.value).collect();
        let stated = fields.node("requires").map(|node| match &node.value {
            Value::List(items) => items.len(),
            _ => 1,
        });
        // Unknown names were reported; only a list that is right and says too little is warned of.
        if stated == Some(requires.len()) && !requires.iter().any(follower) {
            fields.report(
                Diagnostic::warning(
                    table.place,
                    format!("[environment.{name}] requires no channel beside the leading one"),
                )
                .hint("nothing can be compared, so nothing is ever allowed: name a follower"),
            );
        }
        let accepted = names::references(&mut fields, "lines", "line", lines.names());
        let modes = [
            ("observe", Mode::Observe),
            ("audit", Mode::Audit),
            ("enforce", Mode::Enforce),
        ];
        let mode = fields.choice("mode", &modes).unwrap_or(Mode::Enforce);
        let when_unreachable = when_unreachable(&mut fields);
        environments.push(Environment {
            name,
            requires,
            lines: accepted.into_iter().map(|line| line.value).collect(),
            mode,
            when_unreachable: when_unreachable.unwrap_or(Unreachable::Indeterminate),
        });
    }
    environments
}

fn when_unreachable(fields: &mut Fields<'_>) -> Option<Unreachable> {
    let node = fields.node("when-unreachable")?;
    match &node.value {
        Value::Text(_) => fields.choice(
            "when-unreachable",
            &[("indeterminate", Unreachable::Indeterminate)],
        ),
        Value::Table(_) => {
            let mut inner = fields.open_table("when-unreachable", LAST_KNOWN_GOOD)?;
            let span = inner.parsed::<Duration>("last-known-good")?;
            if span.value.seconds() == 0 {
                let error =
                    Diagnostic::error(&span.place, "`last-known-good` takes a span above 0");
                inner.report(error.hint("`when-unreachable = \"indeterminate\"` approves nothing"));
                return None;
            }
            Some(Unreachable::LastKnownGood(span.value))
        }
        other => {
            let error = Diagnostic::error(
                &node.place,
                "`when-unreachable` takes \"indeterminate\" or a table",
            );
            let error = error
                .label(format!("this is {}", other.words()))
                .hint("as in `when-unreachable = { last-known-good = \"24h\" }`");
            fields.report(error);
            None
        }
    }
}
