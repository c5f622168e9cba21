//! Attestations that are not there yet and may still come: the step that attests runs after the one
//! that publishes. Within the channel's window their absence is indeterminate, and never an allow.

use crate::model::{Digest, Finding, Level, Severity, Time};

use super::rules::{provenance_lost, provenance_missing};
use super::scene::Case;
use super::standing::{Standing, window_end};

/// Until when an attestation of a release is awaited: the end of the channel's `may-lag`, from the
/// earliest time that a server states of the release; nothing where the last place that was asked
/// answered after it, and without a clock. `because` are the observations that found none.
pub(crate) fn awaited(
    case: &Case<'_>,
    standing: &Standing<'_>,
    because: &[Digest],
) -> Option<Time> {
    let until = window_end(case.started()?, standing.channel.may_lag);
    let told = standing.view.attached.values().flatten();
    let found_none = told.filter(|it| because.contains(&it.id));
    let at = found_none.map(|it| it.at).max()?;
    (at < until).then_some(until)
}

/// What an open finding comes to that is within its window: indeterminate, of no weight. Only after
/// waivers, for an indeterminate cannot be waived, and a release that is excused waits for nothing.
pub(super) fn settle(findings: &mut [Finding]) {
    for finding in findings.iter_mut().filter(|it| is_about(it)) {
        match finding.retry_at {
            Some(_) if finding.is_open() => {
                finding.severity = Severity::Indeterminate;
                finding.mismatch = Level::None;
                finding.suspicion = Level::None;
            }
            _ => finding.retry_at = None,
        }
    }
}

/// Until when, where a finding is about an attestation that is awaited.
pub(super) fn pending(finding: &Finding) -> Option<Time> {
    let is_soft = finding.severity == Severity::Indeterminate && is_about(finding);
    finding.retry_at.filter(|_| is_soft)
}

fn is_about(finding: &Finding) -> bool {
    [provenance_missing::CODE, provenance_lost::CODE].contains(&finding.code.as_str())
}
