//! Verdicts as Markdown, for job summaries and comments: outcome, matrix, findings, details.

mod escape;
mod tables;

use std::fmt::Write as _;

use crate::model::{Answer, Finding, Mode, Outcome, Severity};

use super::findings::{groups, seen, told};
use super::reported::{Folders, Reported, incomplete, set_apart};
use escape::{plain, prose};
use tables::{matrix, overview};

/// GitHub's limit for the summary of one step: 1 MiB.
pub const SUMMARY_BYTES: usize = 1024 * 1024;

/// Findings of one group that are named.
const NAMED: usize = 50;

/// What is written, block by block, as long as there is room.
struct Sheet {
    text: String,
    limit: usize,
    left_out: usize,
}

impl Sheet {
    /// Adds a block whole or not at all.
    fn add(&mut self, block: &str) {
        if self.left_out == 0 && self.text.len() + block.len() <= self.limit {
            self.text.push_str(block);
        } else {
            self.left_out += 1;
        }
    }
}

/// All verdicts in at most `limit` bytes; a last line says what was cut.
pub fn verdicts(
    reports: &[Reported<'_>],
    folders: &Folders,
    unjudged: usize,
    limit: usize,
) -> String {
    const CUT: usize = 200;
    let mut sheet = Sheet {
        text: String::new(),
        limit: limit.saturating_sub(CUT),
        left_out: 0,
    };
    if let Some(words) = incomplete(unjudged) {
        sheet.add(&format!("**Incomplete:** {words}.\n\n"));
    }
    if reports.len() > 1 {
        sheet.add(&overview(reports));
    }
    for report in reports {
        one(&mut sheet, report, folders);
    }
    if sheet.left_out > 0 {
        let blocks = sheet.left_out;
        let line = format!("\n**Cut here:** {blocks} more parts do not fit in {limit} bytes.\n");
        if sheet.text.len() + line.len() <= limit {
            sheet.text.push_str(&line);
        }
    }
    sheet.text
}

fn one(sheet: &mut Sheet, report: &Reported<'_>, folders: &Folders) {
    let verdict = report.verdict;
    let mut head = format!(
        "## {}: {}\n\nMismatch {}, suspicion {}; judged at {}",
        plain(verdict.component.as_str()),
        outcome(verdict.outcome),
        verdict.mismatch,
        verdict.suspicion,
        verdict.now,
    );
    if let Some(environment) = &verdict.environment {
        let _ = write!(head, " for environment {}", plain(environment.as_str()));
    }
    if let Some(retry) = verdict.retry_at {
        let _ = write!(head, "; ask again at {retry}");
    }
    if verdict.unsigned_evidence {
        head.push_str("; from evidence that nobody signed");
    }
    match verdict.mode {
        Mode::Enforce => {}
        Mode::Audit => head.push_str("; mode audit, the exit code is 0"),
        Mode::Observe => head.push_str("; mode observe, the exit code is 0"),
    }
    head.push_str(".\n\n");
    sheet.add(&head);
    sheet.add(&matrix(verdict));
    for group in groups(report.open()) {
        sheet.add(&open_group(report, folders, &group));
    }
    let set_apart = verdict.findings.iter().filter(|it| !it.is_open());
    let blocks: Vec<String> = groups(set_apart)
        .iter()
        .map(|it| closed_group(it))
        .collect();
    if !blocks.is_empty() {
        sheet.add(&details("Set apart", &blocks.concat()));
    }
    sheet.add(&details("What was asked and compared", &sources(report)));
}

fn open_group(report: &Reported<'_>, folders: &Folders, group: &[&Finding]) -> String {
    let Some(first) = group.first() else {
        return String::new();
    };
    let mark = match first.severity {
        Severity::Deny => "🛑",
        Severity::Indeterminate => "❔",
        Severity::Warn => "⚠️",
        Severity::Note => "ℹ️",
    };
    let mut text = format!("### {mark} {}: `{}`\n\n", first.severity, first.code);
    for finding in group.iter().take(NAMED) {
        let _ = writeln!(text, "- {}", prose(&finding.message));
    }
    if group.len() > NAMED {
        let _ = writeln!(text, "- and {} more", group.len() - NAMED);
    }
    if let Some(hint) = &first.hint {
        let _ = writeln!(text, "\n> Hint: {}", prose(hint));
    }
    let mut more = String::new();
    let several = group.len() > 1;
    for finding in group.iter().take(NAMED) {
        let mut indent = "";
        if several {
            let version = finding.version.as_deref().unwrap_or("(no version)");
            let _ = writeln!(more, "- {}", plain(version));
            indent = "  ";
        }
        let place = folders.place(report.position(finding));
        let _ = writeln!(
            more,
            "{indent}- policy: {} line {}",
            plain(&place.path),
            place.line
        );
        if let Some(time) = finding.first_seen {
            let _ = writeln!(more, "{indent}- first seen: {time}");
        }
        for digest in &finding.digests {
            let _ = writeln!(more, "{indent}- `{digest}`");
        }
        let observations = report.evidence.observations.iter();
        for line in seen(observations.filter(|it| finding.because.contains(&it.id))) {
            let _ = writeln!(more, "{indent}- {}", plain(&line));
        }
    }
    text.push('\n');
    text.push_str(&details("What it rests on", &more));
    text
}

fn closed_group(group: &[&Finding]) -> String {
    let mut text = String::new();
    for finding in group.iter().take(NAMED) {
        let Some((what, why)) = set_apart(finding) else {
            continue;
        };
        let _ = writeln!(
            text,
            "- {what}: `{}`: {} ({})",
            finding.code,
            prose(&finding.message),
            prose(&why)
        );
    }
    if group.len() > NAMED {
        let _ = writeln!(text, "- and {} more", group.len() - NAMED);
    }
    text
}

fn sources(report: &Reported<'_>) -> String {
    let verdict = report.verdict;
    let mut text = String::new();
    for asked in &verdict.endpoints {
        let _ = writeln!(
            text,
            "- asked: {} {} as {}{}",
            plain(asked.channel.as_str()),
            plain(&asked.endpoint.to_string()),
            plain(&asked.credential),
            if asked.answered { "" } else { " (no answer)" }
        );
    }
    let failed = report.evidence.observations.iter();
    let failed = failed.filter(|it| matches!(it.answer, Answer::Failed { .. }));
    for observation in failed
        .filter(|it| Some(it.round) == report.round())
        .take(NAMED)
    {
        let _ = writeln!(text, "- no answer: {}", plain(&told(observation)));
    }
    for digest in verdict.digests.iter().take(NAMED) {
        let _ = writeln!(text, "- approved: `{digest}`");
    }
    for limit in &verdict.limits {
        let _ = writeln!(text, "- not seen: {}", prose(limit));
    }
    let _ = writeln!(
        text,
        "- policy `{}`\n- evidence `{}`",
        verdict.policy, verdict.evidence
    );
    text
}

fn details(title: &str, body: &str) -> String {
    format!("<details><summary>{title}</summary>\n\n{body}\n</details>\n\n")
}

fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Allow => "✅ allow",
        Outcome::Deny => "🛑 deny",
        Outcome::Indeterminate => "❔ indeterminate",
    }
}
