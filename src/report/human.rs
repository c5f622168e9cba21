//! A verdict for people: the outcome, the matrix, the findings, what cannot be seen.

use std::fmt::Write as _;

use crate::model::{Evidence, Mode, Outcome, Verdict};

use super::github::inert;
use super::paper::{Paper, Tint};
use super::{findings, matrix};

/// The whole report of one verdict, as text that ends with a line break.
pub fn verdict(paper: &Paper, verdict: &Verdict, evidence: &Evidence) -> String {
    let mut text = String::new();
    text.push_str(&matrix::draw(paper, verdict));
    text.push_str(&findings::draw(paper, verdict, evidence));
    let _ = writeln!(text, "\n{}", summary(paper, verdict));
    let mut details = vec![format!("judged at {}", verdict.now)];
    if let Some(environment) = &verdict.environment {
        details.push(format!("for environment `{environment}`"));
    }
    if let Some(retry) = verdict.retry_at {
        details.push(format!("ask again at {retry}"));
    }
    if verdict.unsigned_evidence {
        details.push("from evidence that nobody signed".to_owned());
    }
    match verdict.mode {
        Mode::Enforce => {}
        Mode::Audit => details.push("mode audit: the exit code is 0".to_owned()),
        Mode::Observe => details.push("mode observe: the exit code is 0".to_owned()),
    }
    text.push_str(&paper.wrap("  ", &details.join("; ")));
    if verdict.outcome == Outcome::Allow || paper.all {
        for limit in &verdict.limits {
            text.push_str(&paper.wrap("  ", &format!("not seen: {limit}")));
        }
    }
    if verdict.guessed.is_some() {
        let words = "guessed: nobody wrote this policy, so nothing is allowed; \
                     `lockstep init` with the same target writes one for you to confirm";
        text.push_str(&paper.wrap("  ", words));
    }
    for why in verdict.guessed.iter().flatten().filter(|_| paper.all) {
        text.push_str(&paper.wrap("  ", &format!("guessed: {why}")));
    }
    if paper.all {
        for asked in &verdict.endpoints {
            let line = format!(
                "asked: {} {} as {}{}",
                asked.channel,
                asked.endpoint,
                asked.credential,
                if asked.answered { "" } else { " (no answer)" }
            );
            text.push_str(&paper.wrap("  ", &line));
        }
        for digest in &verdict.digests {
            text.push_str(&paper.wrap("  ", &format!("approved: {digest}")));
        }
        text.push_str(&paper.wrap("  ", &format!("policy {}", verdict.policy)));
        text.push_str(&paper.wrap("  ", &format!("evidence {}", verdict.evidence)));
    }
    inert(&text)
}

/// How many of several components have which outcome.
#[derive(Debug, Clone, Copy, Default)]
pub struct Outcomes {
    allow: usize,
    deny: usize,
    indeterminate: usize,
}

impl Outcomes {
    /// Counts one more.
    pub fn count(&mut self, verdict: &Verdict) {
        *match verdict.outcome {
            Outcome::Allow => &mut self.allow,
            Outcome::Deny => &mut self.deny,
            Outcome::Indeterminate => &mut self.indeterminate,
        } += 1;
    }
}

/// The last line of a report on several components.
pub fn outcomes(paper: &Paper, outcomes: &Outcomes) -> String {
    let Outcomes {
        allow,
        deny,
        indeterminate,
    } = *outcomes;
    format!(
        "\n\n{} components: {allow} {}, {deny} {}, {indeterminate} {}\n",
        allow + deny + indeterminate,
        paper.tint(Tint::Good, "allow"),
        paper.tint(Tint::Bad, "deny"),
        paper.tint(Tint::Unsure, "indeterminate"),
    )
}

/// One line: component, outcome, scores.
fn summary(paper: &Paper, verdict: &Verdict) -> String {
    let tint = match verdict.outcome {
        Outcome::Allow => Tint::Good,
        Outcome::Deny => Tint::Bad,
        Outcome::Indeterminate => Tint::Unsure,
    };
    format!(
        "{}: {} (mismatch {}, suspicion {})",
        paper.tint(Tint::Strong, verdict.component.as_str()),
        paper.tint(tint, &verdict.outcome.to_string()),
        verdict.mismatch,
        verdict.suspicion,
    )
}
