//! From evidence to a verdict: pure, without IO and without a clock.
//!
//! [`evaluate`] sorts the evidence into rounds (`view`), finds the releases in question
//! (`which`), looks at how each stands in every channel (`standing`), lets every rule judge
//! (`rules`), sets apart what the policy sets apart (`settle`) and combines (`combine`). The
//! rules of combining are those of `docs/deciding.md`; a rule is one file in `rules`.

mod absence;
mod agreement;
mod attested;
mod availability;
mod awaited;
mod baseline;
mod branches;
mod combine;
mod files;
mod first_seen;
mod floating;
mod history;
mod index;
mod last_known_good;
mod needed;
mod rule;
mod rules;
mod same_files;
mod scene;
mod series;
mod settle;
mod standing;
mod view;
mod wanted;
mod which;

use std::collections::BTreeSet;

use crate::model::{Code, Environment, Level, Name, Policy, Severity, Time, Verdict, visible};
use crate::verify::CheckedEvidence;

#[cfg(test)]
pub(crate) use attested::tables as attested_tables;
pub use wanted::{wanted, wanted_attestations};
pub use which::{QuestionError, Which};

/// Version of the rule set. It grows whenever equal evidence may be judged differently.
pub const RULES: u32 = 2;

/// What is asked of the evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Which releases.
    pub which: Which,
    /// For which environment; none: every declared channel and line is required.
    pub environment: Option<Name>,
    /// Codes that deny beside those that do anyway.
    pub fail_on: BTreeSet<Code>,
}

/// What a code means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Explanation {
    /// The code.
    pub code: &'static str,
    /// What a finding does to the outcome.
    pub severity: Severity,
    /// How much it says the facts disagree.
    pub mismatch: Level,
    /// How much of it an oversight does not explain.
    pub suspicion: Level,
    /// One line.
    pub title: &'static str,
    /// What it means, what usually causes it, what to do.
    pub text: &'static str,
}

/// Judges evidence against a policy at a time.
///
/// Equal arguments give equal verdicts, byte for byte. Facts later than `now` are invisible.
///
/// # Errors
/// [`QuestionError`] where the question does not fit the policy: an environment that it does not
/// declare, a version that no line reads, a scheme without order or times where one is needed,
/// evidence of another component.
pub fn evaluate(
    policy: &Policy,
    checked: &CheckedEvidence,
    question: &Question,
    now: Time,
) -> Result<Verdict, QuestionError> {
    let about = &checked.evidence().component;
    if *about != policy.component.name {
        return Err(QuestionError {
            message: format!(
                "the evidence is about `{about}`, the policy about `{}`",
                policy.component.name
            ),
            hint: "give the evidence of this component".to_owned(),
        });
    }
    let environment = environment_of(policy, question)?;
    combine::decide(policy, checked, question, environment, now)
}

/// Every code that a rule owns, in the order of the register.
pub fn codes() -> Vec<&'static str> {
    rules::REGISTER.iter().map(|rule| rule.code).collect()
}

/// What a code means; nothing where no rule owns it.
pub fn explain(code: &str) -> Option<Explanation> {
    let rule = rules::REGISTER.iter().find(|rule| rule.code == code)?;
    Some(Explanation {
        code: rule.code,
        severity: rule.severity,
        mismatch: rule.mismatch,
        suspicion: rule.suspicion,
        title: rule.title,
        text: rule.explain,
    })
}

/// The environment that is judged for.
fn environment_of<'p>(
    policy: &'p Policy,
    question: &Question,
) -> Result<Option<&'p Environment>, QuestionError> {
    match &question.environment {
        None => Ok(None),
        Some(name) => Ok(Some(policy.environment(name).ok_or_else(|| {
            QuestionError {
                message: format!(
                    "the policy declares no environment `{}`",
                    visible(name.as_str(), 80)
                ),
                hint: declared_environments(policy),
            }
        })?)),
    }
}

fn declared_environments(policy: &Policy) -> String {
    let names: Vec<&str> = policy
        .environments
        .iter()
        .map(|it| it.name.as_str())
        .collect();
    if names.is_empty() {
        return "the policy has no [environment.…] table".to_owned();
    }
    format!("declared: {}", names.join(", "))
}
