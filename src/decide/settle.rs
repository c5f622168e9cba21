//! Sets findings apart before they are scored: first what `judge-since` makes old, then waivers.

use std::collections::BTreeSet;

use crate::model::version::{Comparison, Version};
use crate::model::{Disposition, Finding, Severity, Waiver};

use super::rules;
use super::rules::{baseline_grandfathered, waiver_expired, waiver_unused};
use super::scene::{Case, Scene};

/// Disposes of the findings, and adds those about waivers and the baseline themselves.
pub(super) fn settle(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    let mut grandfathered = 0;
    for finding in findings.iter_mut() {
        let set_apart = rules::of(&finding.code).is_some_and(|rule| rule.set_apart);
        if set_apart && scene.case_of(finding).is_some_and(|case| case.older) {
            finding.disposition = Disposition::Grandfathered;
            grandfathered += 1;
        }
    }
    let mut added = Vec::new();
    added.extend(baseline_grandfathered::note(scene, grandfathered));
    for waiver in &scene.policy.waivers {
        let mut met = false;
        for finding in findings
            .iter_mut()
            .filter(|finding| matches(scene, waiver, finding))
        {
            met = true;
            if waiver.expires <= scene.now {
                added.push(waiver_expired::found(scene, waiver, finding));
            } else {
                finding.disposition = Disposition::Waived {
                    reason: waiver.reason.clone(),
                    approved_by: waiver.approved_by.clone(),
                    expires: waiver.expires,
                };
            }
        }
        if !met && scene.cases.iter().any(|case| is_about(waiver, case)) {
            added.push(waiver_unused::found(scene, waiver));
        }
    }
    findings.append(&mut added);
}

/// Whether a waiver holds for a finding: code, version and all digests. An indeterminate cannot be
/// waived, and what is not open needs no waiver.
fn matches(scene: &Scene<'_>, waiver: &Waiver, finding: &Finding) -> bool {
    if waiver.code != finding.code
        || finding.severity == Severity::Indeterminate
        || !finding.is_open()
    {
        return false;
    }
    let Some(case) = scene.case_of(finding) else {
        return false;
    };
    let named: BTreeSet<&str> = waiver.digests.iter().map(String::as_str).collect();
    let all_named = finding
        .digests
        .iter()
        .all(|digest| named.contains(digest.as_str()));
    let alike = finding.digests.is_empty() == waiver.digests.is_empty();
    is_about(waiver, case) && alike && all_named
}

fn is_about(waiver: &Waiver, case: &Case<'_>) -> bool {
    if waiver.version == case.version.text() {
        return true;
    }
    Version::parse(&waiver.version, case.line.scheme)
        .is_ok_and(|version| version.same_release(&case.version) == Comparison::Equal)
}
