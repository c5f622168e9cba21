//! `nothing-to-compare`: nothing is wrong, and nothing was confirmed either.

use crate::decide::needed;
use crate::decide::rule::{Rests, Rule};
use crate::decide::scene::{Case, Scene};
use crate::decide::standing::Standing;
use crate::model::{Finding, Level, Severity};

pub(super) const RULE: Rule = Rule {
    code: "nothing-to-compare",
    severity: Severity::Indeterminate,
    mismatch: Level::None,
    suspicion: Level::None,
    conflict: false,
    set_apart: false,
    title: "the leading channel and at least one other must agree, and they do not both say enough",
    explain: "An allow needs the leading channel and at least one required follower that agree. \
              Here there is no such pair (a library published by git tag alone, a release that is \
              nowhere), or a channel cannot state a fact that the policy compares. That is never \
              read as equal.\n\n\
              What to do: name a version that exists; add a second channel (`manifest` for a \
              library without any); relax the agreement that needs the fact.",
    judge,
};

fn judge(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    for case in scene.cases.iter().filter(|case| !case.older) {
        for standing in case.required() {
            let Some(fact) = needed::unstated(scene, case, standing) else {
                continue;
            };
            let because = standing
                .found()
                .map(|found| found.because())
                .unwrap_or_default();
            let message = format!("{} does not state {fact}", standing.channel.name);
            let finding = RULE
                .about_standing(scene, case, standing, message)
                .because(because)
                .hint("no rule reads what is not stated as equal");
            findings.push(finding);
        }
    }
}

/// What is left when everything else is settled: a release of which leader and follower do not
/// both agree, although no open finding says why.
pub(crate) fn after_settling(scene: &Scene<'_>, findings: &[Finding]) -> Vec<Finding> {
    let mut added = Vec::new();
    for case in scene.cases.iter().filter(|case| !case.older) {
        let text = case.text();
        let stops = |it: &&Finding| it.is_open() && it.severity >= Severity::Indeterminate;
        let about = |it: &Finding| {
            it.version.is_none()
                || (it.version.as_ref() == Some(&text) && it.line.as_ref() == Some(&case.line.name))
        };
        if findings.iter().filter(stops).any(about) {
            continue;
        }
        let agrees = |standing: &Standing<'_>| confirms(scene, case, standing, findings);
        let leader = case.leader().is_some_and(agrees);
        if leader && case.followers().any(agrees) {
            continue;
        }
        let message = match (case.leader(), case.followers().next()) {
            (None, _) => format!("no channel announces line `{}`", case.line.name),
            (Some(leader), None) => {
                format!("{} is the only required channel", leader.channel.name)
            }
            (Some(_), Some(_)) => "no two required channels confirm it".to_owned(),
        };
        let finding = RULE
            .about_release(scene, case, message)
            .hint("name a release that exists, or add a second channel to the policy");
        added.push(finding);
    }
    if scene.cases.is_empty()
        && !findings
            .iter()
            .any(|it| it.severity >= Severity::Indeterminate)
    {
        let message = "no channel shows a release".to_owned();
        added.push(
            RULE.about_component(scene, message)
                .hint("name a version, or publish one"),
        );
    }
    added
}

/// Whether a channel confirms a release: it has it, or a waiver of this very absence or a deleted
/// entry says why that is all right.
fn confirms(
    scene: &Scene<'_>,
    case: &Case<'_>,
    standing: &Standing<'_>,
    findings: &[Finding],
) -> bool {
    let text = case.text();
    let waived = || {
        findings.iter().any(|finding| {
            matches!(
                finding.disposition,
                crate::model::Disposition::Waived { .. }
            ) && finding.version.as_ref() == Some(&text)
                && finding.line.as_ref() == Some(&case.line.name)
                && match finding.code.as_str() {
                    "version-missing" => finding.channel.as_ref() == Some(&standing.channel.name),
                    "version-unannounced" => standing.leads,
                    _ => false,
                }
        })
    };
    match standing.found() {
        Some(_) => true,
        None => {
            super::release_deleted::stands_for(scene, case, standing)
                || (matches!(
                    standing.presence,
                    crate::decide::standing::Presence::Absent { .. }
                ) && waived())
        }
    }
}
