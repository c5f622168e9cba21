//! `when-unreachable = { last-known-good = … }`: approves again what an earlier round approved.

use std::collections::BTreeSet;

use crate::model::{Disposition, Duration, Outcome, Severity, Time, Verdict};
use crate::verify::CheckedEvidence;

use super::rules::channel_unreachable;

/// Turns an indeterminate into an allow where all that stops it is an unreachable channel, and a
/// round within `age` of the time of judging allowed the very same digests.
///
/// What was approved is derived from history, never stored; a digest that any channel shows now
/// and that was not approved then stops it.
pub(super) fn reapprove(
    verdict: &mut Verdict,
    checked: &CheckedEvidence,
    age: Duration,
    seen_now: &[String],
    judge_at: impl Fn(Time) -> Option<Verdict>,
) {
    let stops =
        |it: &&mut crate::model::Finding| it.is_open() && it.severity >= Severity::Indeterminate;
    let only_unreachable = verdict
        .findings
        .iter_mut()
        .filter(stops)
        .all(|finding| finding.code.as_str() == channel_unreachable::CODE);
    if !only_unreachable || verdict.outcome != Outcome::Indeterminate {
        return;
    }
    let oldest = verdict.now.minus(age);
    let observations = checked.evidence().observations.iter();
    let rounds: BTreeSet<Time> = observations
        .map(|observation| observation.round)
        .filter(|round| *round >= oldest && *round <= verdict.now)
        .collect();
    // The latest of them is the present one, which did not allow.
    for round in rounds.into_iter().rev().skip(1) {
        let Some(earlier) = judge_at(round) else {
            continue;
        };
        if earlier.outcome == Outcome::Deny {
            return;
        }
        let known = |digest: &String| earlier.digests.contains(digest);
        if earlier.outcome != Outcome::Allow || earlier.digests.is_empty() {
            continue;
        }
        if !seen_now.iter().all(known) {
            return;
        }
        for finding in verdict.findings.iter_mut().filter(stops) {
            finding.disposition = Disposition::LastKnownGood { round };
        }
        verdict.outcome = Outcome::Allow;
        verdict.retry_at = None;
        verdict.digests = earlier.digests;
        return;
    }
}
