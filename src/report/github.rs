//! GitHub's workflow commands: annotations, and text that no runner takes for a command.
//!
//! A runner reads every line of both streams. A line that begins with `::` (behind white space) or
//! that holds `##[` anywhere may be a command; <https://docs.github.com/actions/reference/workflow-commands-for-github-actions>.

use std::fmt::Write as _;

use crate::model::{Finding, Severity, visible};

use super::reported::{Folders, Reported, subject};

/// The most annotations of each type that GitHub shows for one step.
const OF_EACH: usize = 10;

/// An annotation for each open finding, the gravest first, at most ten of each type; a last line
/// says how many there are beside.
pub fn annotations(reports: &[Reported<'_>], folders: &Folders) -> String {
    let mut findings: Vec<(&Reported<'_>, &Finding)> = reports
        .iter()
        .flat_map(|report| report.open().map(move |finding| (report, finding)))
        .collect();
    findings.sort_by_key(|(_, finding)| std::cmp::Reverse(finding.severity));
    let mut text = String::new();
    let (mut written, mut more) = ([0_usize; 3], 0_usize);
    for (report, finding) in findings {
        let (command, at) = match finding.severity {
            Severity::Deny => ("error", 0),
            Severity::Indeterminate | Severity::Warn => ("warning", 1),
            Severity::Note => ("notice", 2),
        };
        if written[at] >= OF_EACH {
            more += 1;
            continue;
        }
        written[at] += 1;
        let place = folders.place(report.position(finding));
        let mut message = format!("{}: {}", subject(finding), finding.message);
        if let Some(hint) = &finding.hint {
            let _ = write!(message, "\nhint: {hint}");
        }
        let title = format!("{} ({})", finding.code, finding.severity);
        let _ = writeln!(
            text,
            "::{command} file={},line={},title={}::{}",
            property(&place.path),
            place.line,
            property(&title),
            data(&message),
        );
    }
    if more > 0 {
        let _ = writeln!(text, "{more} more findings are in the report");
    }
    text
}

/// The same text without anything that a runner takes for a command.
pub fn inert(text: &str) -> String {
    let text = text.replace("##[", "#\\u{23}[");
    if !text.contains("::") {
        return text;
    }
    let mut inert = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        // A runner compares by the rules of a language, which overlook some invisible characters.
        let at = line.find("::").filter(|at| {
            let before = &line[..*at];
            !before.bytes().any(|it| it.is_ascii_graphic())
        });
        match at {
            None => inert.push_str(line),
            Some(at) => {
                inert.push_str(&line[..at]);
                inert.push_str("\\u{3a}");
                inert.push_str(&line[at + 1..]);
            }
        }
    }
    inert
}

/// The same JSON document without anything that a runner takes for a command: an escape of JSON
/// stands for the second `#`, so that its meaning stays. No line of it begins with `::`.
pub(super) fn inert_json(text: &str) -> String {
    text.replace("##[", "#\\u0023[")
}

/// What stands behind the last `::`.
fn data(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(|line| visible(line, 2_000)).collect();
    lines.join("\n").replace('%', "%25").replace('\n', "%0A")
}

/// A value between `=` and `,`.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_cannot_end_their_command() {
        assert_eq!(property("a,b:c\nd%"), "a%2Cb%3Ac%0Ad%25");
        assert_eq!(data("::stop-commands::x\r\n"), "::stop-commands::x");
        assert_eq!(data("50%\r::x"), "50%25\\u{d}::x");
    }

    #[test]
    fn no_line_is_a_command() {
        assert_eq!(inert("a::b\nfine\n"), "a::b\nfine\n");
        assert_eq!(inert("  ::error::x\n::y"), "  \\u{3a}:error::x\n\\u{3a}:y");
        assert_eq!(inert("\u{34f}::error::x"), "\u{34f}\\u{3a}:error::x");
        assert_eq!(inert("x ##[error]y"), "x #\\u{23}[error]y");
        assert_eq!(inert("###[a]"), "##\\u{23}[a]");
        assert!(!inert("####[a]").contains("##["));
        let json = serde_json::to_string("###[stop-commands]").unwrap();
        let same: String = serde_json::from_str(&inert_json(&json)).unwrap();
        assert_eq!(same, "###[stop-commands]");
        assert!(!inert_json(&json).contains("##["));
    }
}
