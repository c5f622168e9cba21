//! Evidence in, verdict out: verify, then decide.

use crate::decide::{self, Question};
use crate::model::{Evidence, Policy, Time, Verdict};
use crate::verify::{self, Origin};

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
    let checked = verify::check(evidence, origin).map_err(|fault| JudgeError {
        message: format!("evidence of `{}`: {fault}", policy.component.name),
        hint: "docs/evidence.md says what an observation must hold".to_owned(),
    })?;
    let verdict =
        decide::evaluate(policy, &checked, question, now).map_err(|error| JudgeError {
            message: error.message.clone(),
            hint: error.hint,
        })?;
    Ok(Judged {
        verdict,
        evidence: checked.into_evidence(),
    })
}
