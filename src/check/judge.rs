//! Evidence in, verdict out: verify, then decide.

use std::collections::BTreeMap;

use crate::decide::{self, Question, QuestionError};
use crate::model::{Evidence, Name, Policy, Time, Verdict, Wanted, WantedAttestations};
use crate::verify::{self, CheckedEvidence, Origin};

/// Why evidence could not be judged. Always exit code 2.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct JudgeError {
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: String,
}

/// A verdict and the evidence that it was made from.
#[derive(Debug)]
pub struct Judged {
    /// The verdict.
    pub verdict: Verdict,
    /// The evidence.
    pub evidence: Evidence,
}

/// Judges evidence at a time; without one, at the evidence's own.
///
/// # Errors
/// [`JudgeError`] for evidence that is not sound and for a question that does not fit the policy.
pub fn judge(
    policy: &Policy,
    evidence: Evidence,
    origin: Origin,
    question: &Question,
    now: Option<Time>,
) -> Result<Judged, JudgeError> {
    let now = now.unwrap_or(evidence.decided_at);
    let checked = checked(policy, evidence, origin)?;
    let verdict =
        decide::evaluate(policy, &checked, question, now).map_err(|error| unfit(policy, error))?;
    Ok(Judged {
        verdict,
        evidence: checked.into_evidence(),
    })
}

/// The names to look up in each channel before the question can be judged.
///
/// # Errors
/// As [`judge`].
pub(super) fn wanted(
    policy: &Policy,
    listed: Evidence,
    question: &Question,
) -> Result<BTreeMap<Name, Vec<Wanted>>, JudgeError> {
    let now = listed.decided_at;
    let checked = checked(policy, listed, Origin::Asked)?;
    decide::wanted(policy, &checked, question, now).map_err(|error| unfit(policy, error))
}

/// The names in each channel, with their artifacts, of which one needs to know what is attached to
/// them before the question can be judged.
///
/// # Errors
/// As [`judge`].
pub(super) fn wanted_attestations(
    policy: &Policy,
    seen: Evidence,
    question: &Question,
) -> Result<BTreeMap<Name, Vec<WantedAttestations>>, JudgeError> {
    let now = seen.decided_at;
    let checked = checked(policy, seen, Origin::Asked)?;
    decide::wanted_attestations(policy, &checked, question, now)
        .map_err(|error| unfit(policy, error))
}

fn checked(
    policy: &Policy,
    evidence: Evidence,
    origin: Origin,
) -> Result<CheckedEvidence, JudgeError> {
    verify::check(evidence, origin, &policy.trust).map_err(|fault| JudgeError {
        message: format!("evidence of `{}`: {fault}", policy.component.name),
        hint: "docs/evidence.md says what an observation must hold".to_owned(),
    })
}

fn unfit(policy: &Policy, error: QuestionError) -> JudgeError {
    JudgeError {
        // Of several components one may be asked what does not fit it.
        message: format!("component `{}`: {}", policy.component.name, error.message),
        hint: error.hint,
    }
}
