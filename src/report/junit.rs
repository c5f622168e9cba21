//! Verdicts as test runners and CI servers read them: JUnit XML, a suite for each component, a case
//! for each release in each channel.
//!
//! Elements and attributes are those of Jenkins' `junit-10.xsd` and Surefire's
//! `surefire-test-report.xsd` that both have; a time is 0, for nothing was timed.

use std::fmt::Write as _;

use crate::model::{Cell, CellState, Finding, Outcome, Severity};

use super::reported::{Folders, Reported, incomplete, set_apart, state};

/// What became of a case.
enum Ran {
    Passed,
    /// A deny.
    Failed,
    /// Nothing can be said.
    Errored,
    Skipped,
}

/// One `testcase`.
struct Case {
    name: String,
    ran: Ran,
    /// The code or state behind it.
    kind: String,
    message: String,
    text: String,
}

/// One document for all verdicts.
pub fn verdicts(reports: &[Reported<'_>], folders: &Folders, unjudged: usize) -> String {
    let suites: Vec<(&Reported<'_>, Vec<Case>)> = reports
        .iter()
        .map(|report| (report, cases(report, folders)))
        .collect();
    let missing: Vec<Case> = incomplete(unjudged).map(of_missing).into_iter().collect();
    let all = || suites.iter().flat_map(|(_, cases)| cases).chain(&missing);
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(text, "<testsuites name=\"lockstep\" {}>", counts(all()));
    for (report, cases) in &suites {
        suite(&mut text, report, cases);
    }
    if !missing.is_empty() {
        let counts = counts(missing.iter());
        let _ = writeln!(text, "  <testsuite name=\"lockstep\" {counts}>");
        for case in &missing {
            one(&mut text, "lockstep", case);
        }
        text.push_str("  </testsuite>\n");
    }
    text.push_str("</testsuites>\n");
    text
}

fn of_missing(message: String) -> Case {
    Case {
        name: "every component is judged".to_owned(),
        ran: Ran::Errored,
        kind: "not-judged".to_owned(),
        message,
        text: String::new(),
    }
}

fn counts<'c>(cases: impl Iterator<Item = &'c Case>) -> String {
    let [mut tests, mut failures, mut errors, mut skipped] = [0_usize; 4];
    for case in cases {
        tests += 1;
        match case.ran {
            Ran::Passed => {}
            Ran::Failed => failures += 1,
            Ran::Errored => errors += 1,
            Ran::Skipped => skipped += 1,
        }
    }
    let begin = format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\"");
    format!("{begin} skipped=\"{skipped}\" time=\"0\"")
}

fn suite(text: &mut String, report: &Reported<'_>, cases: &[Case]) {
    let verdict = report.verdict;
    let component = escaped(verdict.component.as_str());
    // xs:dateTime without a zone, as Surefire writes it; it is UTC.
    let now = verdict.now.to_string();
    let _ = writeln!(
        text,
        "  <testsuite name=\"{component}\" {} timestamp=\"{}\">\n    <properties>",
        counts(cases.iter()),
        now.trim_end_matches('Z'),
    );
    let environment = verdict.environment.as_ref();
    let mode = serde_json::to_value(verdict.mode).unwrap_or_default();
    for (name, value) in [
        ("verdict", verdict.outcome.to_string()),
        ("mismatch", verdict.mismatch.to_string()),
        ("suspicion", verdict.suspicion.to_string()),
        (
            "environment",
            environment.map(ToString::to_string).unwrap_or_default(),
        ),
        ("mode", mode.as_str().unwrap_or_default().to_owned()),
        ("policy", verdict.policy.to_string()),
        ("evidence", verdict.evidence.to_string()),
        ("rules", verdict.rules.to_string()),
    ] {
        if value.is_empty() {
            continue;
        }
        let value = escaped(&value);
        let _ = writeln!(text, "      <property name=\"{name}\" value=\"{value}\"/>");
    }
    text.push_str("    </properties>\n");
    for case in cases {
        one(text, &component, case);
    }
    text.push_str("  </testsuite>\n");
}

fn one(text: &mut String, class: &str, case: &Case) {
    let name = escaped(&case.name);
    let _ = write!(
        text,
        "    <testcase classname=\"{class}\" name=\"{name}\" time=\"0\""
    );
    let (message, body) = (escaped(&case.message), escaped(&case.text));
    let element = match case.ran {
        Ran::Passed if body.is_empty() => {
            text.push_str("/>\n");
            return;
        }
        Ran::Passed => format!("<system-out>{body}</system-out>"),
        Ran::Skipped => format!("<skipped message=\"{message}\"/>"),
        Ran::Failed | Ran::Errored => {
            let element = match case.ran {
                Ran::Failed => "failure",
                _ => "error",
            };
            let kind = escaped(&case.kind);
            format!("<{element} message=\"{message}\" type=\"{kind}\">{body}</{element}>")
        }
    };
    let _ = writeln!(text, ">\n      {element}\n    </testcase>");
}

/// The matrix cell by cell, then what is about no single cell, a case for each code and subject.
fn cases(report: &Reported<'_>, folders: &Folders) -> Vec<Case> {
    let (cells, others) = report.by_cell();
    let mut lines: Vec<_> = cells.iter().map(|(cell, _)| &cell.line).collect();
    lines.sort_unstable();
    lines.dedup();
    let with_line = lines.len() > 1;
    let mut cases: Vec<Case> = Vec::new();
    for (cell, findings) in cells {
        let line = with_line.then(|| format!("{} ", cell.line));
        let name = format!(
            "{}{} in {}",
            line.unwrap_or_default(),
            cell.version,
            cell.channel
        );
        let mut case = case(report, folders, name, &findings);
        if matches!(case.ran, Ran::Passed) {
            of_state(&mut case, cell, report.verdict.outcome);
        }
        cases.push(case);
    }
    let mut groups: Vec<(String, Vec<&Finding>)> = Vec::new();
    for finding in others {
        let mut name = finding.code.to_string();
        let channel = finding.channel.as_ref().map(|it| it.as_str());
        for part in [finding.version.as_deref(), channel].into_iter().flatten() {
            let _ = write!(name, " {part}");
        }
        match groups.iter_mut().find(|(other, _)| *other == name) {
            Some((_, findings)) => findings.push(finding),
            None => groups.push((name, vec![finding])),
        }
    }
    for (name, findings) in groups {
        cases.push(case(report, folders, name, &findings));
    }
    cases
}

/// A case by its findings: one that denies fails it, one that leaves things open is its error.
fn case(report: &Reported<'_>, folders: &Folders, name: String, findings: &[&Finding]) -> Case {
    // Of several as grave as each other the first.
    let open = findings.iter().rev().filter(|it| it.is_open());
    let gravest = open.max_by_key(|it| it.severity);
    let ran = match gravest.map(|it| it.severity) {
        Some(Severity::Deny) => Ran::Failed,
        Some(Severity::Indeterminate) => Ran::Errored,
        Some(Severity::Warn | Severity::Note) | None => Ran::Passed,
    };
    let texts: Vec<String> = findings
        .iter()
        .map(|finding| told(report, folders, finding))
        .collect();
    Case {
        name,
        ran,
        kind: gravest.map(|it| it.code.to_string()).unwrap_or_default(),
        message: gravest.map(|it| it.message.clone()).unwrap_or_default(),
        text: texts.join("\n"),
    }
}

/// What the state of a cell says where no finding does.
fn of_state(case: &mut Case, cell: &Cell, outcome: Outcome) {
    let (word, detail) = state(&cell.state);
    let told = detail.map_or_else(|| word.to_owned(), |detail| format!("{word}: {detail}"));
    match &cell.state {
        CellState::Agrees => return,
        // Waived, or not judged as before `judge-since`: the findings say so.
        CellState::Missing | CellState::Conflict if !case.text.is_empty() => return,
        CellState::NotRequired { .. } | CellState::Missing | CellState::Conflict => {
            case.ran = Ran::Skipped;
        }
        _ if !cell.required || outcome == Outcome::Allow => case.ran = Ran::Skipped,
        _ => case.ran = Ran::Errored,
    }
    word.clone_into(&mut case.kind);
    case.message = told;
}

fn told(report: &Reported<'_>, folders: &Folders, finding: &Finding) -> String {
    let mut text = format!(
        "{}: {}: {}\n",
        finding.severity, finding.code, finding.message
    );
    if let Some((what, why)) = set_apart(finding) {
        let _ = writeln!(text, "{what}: {why}");
    }
    if let Some(hint) = &finding.hint {
        let _ = writeln!(text, "hint: {hint}");
    }
    if let Some(time) = finding.first_seen {
        let _ = writeln!(text, "first seen: {time}");
    }
    for digest in &finding.digests {
        let _ = writeln!(text, "digest: {digest}");
    }
    let place = folders.place(report.position(finding));
    let _ = writeln!(text, "policy: {}:{}", place.path, place.line);
    text
}

/// Text for an element or an attribute in double quotes. Characters that XML 1.0 §2.2 forbids, and
/// those that it discourages, are written as `\u{…}`.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            '\n' => escaped.push('\n'),
            it if it.is_control() || (u32::from(it) & 0xfffe) == 0xfffe => {
                escaped.extend(it.escape_unicode());
            }
            it => escaped.push(it),
        }
    }
    // What a runner of GitHub would read as a command is none in XML either.
    escaped.replace("##[", "#&#35;[")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_breaks_out_of_an_attribute_and_nothing_forbidden_remains() {
        assert_eq!(
            escaped("a\"b<c>&'\u{0}\u{1b}\u{fffe}\u{85}]]>"),
            "a&quot;b&lt;c&gt;&amp;&apos;\\u{0}\\u{1b}\\u{fffe}\\u{85}]]&gt;"
        );
        assert_eq!(escaped("Zoë ✓ 😀\n"), "Zoë ✓ 😀\n");
    }
}
