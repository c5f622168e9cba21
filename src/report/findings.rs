//! Findings for people: what was found, what it rests on, what to do.

use std::collections::HashMap;
use std::fmt::Write as _;

use crate::model::{
    Answer, Digest, Disposition, Evidence, Finding, Observation, Severity, Time, Verdict,
    visible_line,
};

use super::paper::{Paper, Tint};
use super::reported::set_apart;

/// Versions that a group names before it only counts.
const NAMED: usize = 12;

/// Draws the open findings, grouped by code and channel, then those that are set apart.
pub(super) fn draw(paper: &Paper, verdict: &Verdict, evidence: &Evidence) -> String {
    let observations: HashMap<Digest, &Observation> =
        evidence.observations.iter().map(|it| (it.id, it)).collect();
    let seen = evidence
        .observations
        .iter()
        .filter(|it| it.at <= verdict.now);
    let round = seen.map(|it| it.round).max();
    let mut drawing = String::new();
    for group in groups(verdict.findings.iter().filter(|it| it.is_open())) {
        draw_group(&mut drawing, paper, &group, &observations, round);
    }
    let set_apart: Vec<&Finding> = verdict.findings.iter().filter(|it| !it.is_open()).collect();
    for group in groups(set_apart.into_iter()) {
        draw_set_apart(&mut drawing, paper, &group);
    }
    drawing
}

/// Findings that are shown together: one code, channel and disposition.
pub(super) fn groups<'f>(findings: impl Iterator<Item = &'f Finding>) -> Vec<Vec<&'f Finding>> {
    let mut groups: Vec<Vec<&Finding>> = Vec::new();
    let mut known: HashMap<(&str, Option<&str>, Severity, u8), usize> = HashMap::new();
    for finding in findings {
        let disposition = match finding.disposition {
            Disposition::Open => 0,
            Disposition::Grandfathered => 1,
            Disposition::Waived { .. } => 2,
            Disposition::LastKnownGood { .. } => 3,
        };
        let channel = finding.channel.as_ref().map(|it| it.as_str());
        let key = (
            finding.code.as_str(),
            channel,
            finding.severity,
            disposition,
        );
        let at = *known.entry(key).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        groups[at].push(finding);
    }
    groups
}

fn draw_group(
    drawing: &mut String,
    paper: &Paper,
    group: &[&Finding],
    observations: &HashMap<Digest, &Observation>,
    round: Option<Time>,
) {
    let Some(first) = group.first() else { return };
    let tint = match first.severity {
        Severity::Deny => Tint::Bad,
        Severity::Indeterminate | Severity::Warn => Tint::Unsure,
        Severity::Note => Tint::Faint,
    };
    let severity = paper.tint(tint, &first.severity.to_string());
    let _ = writeln!(
        drawing,
        "\n{severity}: {}",
        paper.tint(Tint::Strong, first.code.as_str())
    );
    drawing.push_str(&paper.wrap("  ", &first.message));
    if group.len() > 1 {
        let versions: Vec<&str> = group
            .iter()
            .skip(1)
            .filter_map(|it| it.version.as_deref())
            .take(NAMED)
            .collect();
        let more = group.len() - 1 - versions.len();
        let mut words = format!("the same for {}", versions.join(", "));
        if more > 0 {
            let _ = write!(words, " and {more} more");
        }
        drawing.push_str(&paper.wrap("  ", &words));
    }
    let because = first.because.iter().filter_map(|id| observations.get(id));
    for line in seen(because.copied()) {
        drawing.push_str(&paper.tint(Tint::Faint, paper.wrap("  ", &line).trim_end()));
        drawing.push('\n');
    }
    // Of what is there since before this round, since when.
    if let Some(seen) = first
        .first_seen
        .filter(|seen| round.is_some_and(|round| *seen < round))
    {
        let line = format!("first seen: {seen}");
        drawing.push_str(&paper.tint(Tint::Faint, paper.wrap("  ", &line).trim_end()));
        drawing.push('\n');
    }
    if let Some(hint) = &first.hint {
        drawing.push_str(&paper.wrap("  ", &format!("hint: {hint}")));
    }
}

fn draw_set_apart(drawing: &mut String, paper: &Paper, group: &[&Finding]) {
    let Some(first) = group.first() else { return };
    let Some((what, why)) = set_apart(first) else {
        return;
    };
    let channel = first.channel.as_ref().map_or("", |it| it.as_str());
    let head = format!(
        "{what}: {} × {} {channel} ({})",
        group.len(),
        first.code,
        visible_line(&why)
    );
    let _ = writeln!(drawing, "\n{}", paper.wrap("", &head).trim_end());
}

/// What a finding rests on, in a few lines: questions that differ only in what they asked for look
/// alike, and are told once.
pub(super) fn seen<'o>(because: impl Iterator<Item = &'o Observation>) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for observation in because {
        let line = format!("seen: {}", told(observation));
        if !lines.contains(&line) {
            lines.push(line);
        }
        if lines.len() == 3 {
            break;
        }
    }
    lines
}

/// One observation in a line: who was asked, when, and what came back.
pub(super) fn told(observation: &Observation) -> String {
    let came = match &observation.answer {
        Answer::Seen { .. } => "answered",
        Answer::Absent { .. } => "not there",
        Answer::Failed { why, .. } => why.kind.words(),
    };
    format!(
        "{} {} at {}: {came}",
        observation.channel, observation.endpoint, observation.at
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Failure, FailureKind, ObservationDraft, Query, RedactedUrl};

    #[test]
    fn what_looks_alike_is_seen_once() {
        let failed = |name: &str, at: i64| {
            let why = Failure {
                kind: FailureKind::Timeout,
                detail: String::new(),
            };
            let answer = Answer::Failed {
                why,
                retry_at: None,
            };
            let at = Time::from_unix_seconds(at);
            Observation::seal(ObservationDraft {
                at,
                round: at,
                channel: "pypi".parse().unwrap(),
                credential: "anonymous".to_owned(),
                endpoint: RedactedUrl::of_path("index"),
                query: Query::Entry(name.to_owned()),
                answer,
            })
            .unwrap()
        };
        let all = [failed("1", 0), failed("2", 0), failed("3", 1)];
        assert_eq!(
            seen(all.iter()),
            [
                "seen: pypi index at 1970-01-01T00:00:00Z: no answer in time",
                "seen: pypi index at 1970-01-01T00:00:01Z: no answer in time",
            ]
        );
    }
}
