//! Verdicts for spreadsheets: RFC 4180, a row for each cell and finding.

use crate::model::{Cell, Finding, visible};

use super::github::inert;
use super::reported::{Folders, Reported, set_apart, state};

/// The columns, in order.
const COLUMNS: [&str; 21] = [
    "component",
    "verdict",
    "environment",
    "version",
    "line",
    "channel",
    "required",
    "state",
    "name",
    "severity",
    "code",
    "disposition",
    "mismatch",
    "suspicion",
    "message",
    "hint",
    "first-seen",
    "retry-at",
    "digests",
    "policy-file",
    "policy-line",
];

/// The names of the columns.
pub fn head() -> String {
    row(COLUMNS.iter().map(|it| (*it).to_owned()))
}

/// The rows of one verdict: the matrix cell by cell, each row with one finding about that cell or
/// none, then the findings that are about no single cell.
pub fn rows(report: &Reported<'_>, folders: &Folders) -> String {
    let mut text = String::new();
    let (cells, others) = report.by_cell();
    for (cell, findings) in cells {
        if findings.is_empty() {
            text.push_str(&line(report, folders, Some(cell), None));
        }
        for finding in findings {
            text.push_str(&line(report, folders, Some(cell), Some(finding)));
        }
    }
    for finding in others {
        text.push_str(&line(report, folders, None, Some(finding)));
    }
    text
}

fn line(
    report: &Reported<'_>,
    folders: &Folders,
    cell: Option<&Cell>,
    finding: Option<&Finding>,
) -> String {
    let verdict = report.verdict;
    let of_finding = |value: &dyn Fn(&Finding) -> String| finding.map(value).unwrap_or_default();
    let or_empty = |value: Option<String>| value.unwrap_or_default();
    let version = cell.map(|it| it.version.clone());
    let version = version.or_else(|| finding?.version.clone());
    let of_line = cell.map(|it| &it.line).or_else(|| finding?.line.as_ref());
    let channel = cell.map(|it| &it.channel);
    let channel = channel.or_else(|| finding?.channel.as_ref());
    let declared = match (finding, channel) {
        (Some(finding), _) => report.position(finding),
        (None, Some(channel)) => (report.declared.channels)
            .get(channel)
            .unwrap_or(&report.declared.component),
        (None, None) => &report.declared.component,
    };
    let place = folders.place(declared);
    row([
        verdict.component.to_string(),
        verdict.outcome.to_string(),
        or_empty(verdict.environment.as_ref().map(ToString::to_string)),
        or_empty(version),
        or_empty(of_line.map(ToString::to_string)),
        or_empty(channel.map(ToString::to_string)),
        or_empty(cell.map(|it| if it.required { "yes" } else { "no" }.to_owned())),
        or_empty(cell.map(|it| state(&it.state).0.to_owned())),
        or_empty(cell.and_then(|it| it.name.clone())),
        of_finding(&|it| it.severity.to_string()),
        of_finding(&|it| it.code.to_string()),
        of_finding(&|it| set_apart(it).map_or("open", |(what, _)| what).to_owned()),
        of_finding(&|it| it.mismatch.to_string()),
        of_finding(&|it| it.suspicion.to_string()),
        of_finding(&|it| it.message.clone()),
        of_finding(&|it| or_empty(it.hint.clone())),
        of_finding(&|it| or_empty(it.first_seen.map(|time| time.to_string()))),
        of_finding(&|it| or_empty(it.retry_at.map(|time| time.to_string()))),
        of_finding(&|it| it.digests.join(" ")),
        place.path,
        place.line.to_string(),
    ])
}

fn row(fields: impl IntoIterator<Item = String>) -> String {
    let fields: Vec<String> = fields.into_iter().map(|it| field(&it)).collect();
    fields.join(",") + "\r\n"
}

/// RFC 4180 §2: quoted where it must be. What a spreadsheet would take for a formula begins with an
/// apostrophe instead (OWASP, "CSV Injection").
fn field(text: &str) -> String {
    let mut text = inert(&visible(text, 2_000));
    // Spreadsheets also read the full-width forms; leading spaces do not stop them.
    let first = text.trim_start().chars().next();
    if first.is_some_and(|it| "=+-@|\u{ff1d}\u{ff0b}\u{ff0d}\u{ff20}".contains(it)) {
        text.insert(0, '\'');
    }
    let quoted = text.contains(['"', ',', ';', '\r', '\n', '\t'])
        || text.starts_with(' ')
        || text.ends_with(' ');
    if quoted {
        return format!("\"{}\"", text.replace('"', "\"\""));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_quoted_where_they_must_be() {
        assert_eq!(field("plain"), "plain");
        assert_eq!(field("a,b"), "\"a,b\"");
        assert_eq!(field("say \"x\""), "\"say \"\"x\"\"\"");
        assert_eq!(field("a\r\nb"), "a\\u{d}\\u{a}b");
    }

    #[test]
    fn nothing_is_a_formula() {
        for hostile in ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\u{ff1d}1", "|calc"] {
            let field = field(hostile);
            let shown = field.trim_start_matches('"');
            assert!(shown.starts_with('\''), "{hostile}: {field}");
        }
        assert_eq!(field("1.2-3"), "1.2-3");
    }
}
