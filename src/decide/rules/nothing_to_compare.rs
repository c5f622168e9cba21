//! `nothing-to-compare`: nothing is wrong, and nothing was confirmed either.

use std::collections::HashSet;

use crate::decide::needed;
use crate::decide::rule::{Judge, Rests, Rule};
use crate::decide::scene::Scene;
use crate::decide::standing::{Presence, Standing};
use crate::model::{Disposition, Finding, Level, Name, Severity};

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
    judge: Judge::Whole(judge),
};

fn judge(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    for case in scene.cases.iter().filter(|case| !case.older) {
        for standing in case.required() {
            let Some(fact) = needed::unstated(scene, case, standing) else {
                continue;
            };
            let because = match &standing.presence {
                Presence::Present(found) => found.because(),
                Presence::Absent { because, .. } => vec![*because],
                Presence::Unknown { .. } | Presence::Incomparable { .. } => Vec::new(),
            };
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
    let stops = |it: &&Finding| it.is_open() && it.severity >= Severity::Indeterminate;
    let stopping: Vec<&Finding> = findings.iter().filter(stops).collect();
    // What is about the component or a channel as a whole is about every release.
    if stopping.iter().any(|it| it.version.is_none()) {
        return added;
    }
    let stopped = releases(stopping.into_iter());
    // Only a leader's absence can be waived: the waiver names the digests that the follower shows.
    let is_waived = |it: &&Finding| {
        matches!(it.disposition, Disposition::Waived { .. })
            && it.code.as_str() == super::version_unannounced::CODE
    };
    let waived = releases(findings.iter().filter(is_waived));
    for case in scene.cases.iter().filter(|case| !case.older) {
        let (text, line) = (case.text(), &case.line.name);
        if stopped.contains(&(text.as_str(), line)) {
            continue;
        }
        let excused =
            |standing: &Standing<'_>| super::release_deleted::stands_for(scene, case, standing);
        let leader = case.leader().is_some_and(|leader| match &leader.presence {
            Presence::Present(_) => true,
            Presence::Absent { .. } => waived.contains(&(text.as_str(), line)) || excused(leader),
            Presence::Unknown { .. } | Presence::Incomparable { .. } => false,
        });
        let follows = |it: &Standing<'_>| it.found().is_some() || excused(it);
        if leader && case.followers().any(follows) {
            continue;
        }
        let message = match (case.leader(), case.followers().next()) {
            (None, _) => format!("no channel announces line `{line}`"),
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
    // Old releases confirm nothing: an allow needs one that was judged.
    if scene.cases.iter().all(|case| case.older) {
        let (message, hint) = match scene.cases.is_empty() {
            true => (
                "no channel shows a release",
                "name a version, or publish one",
            ),
            false => (
                "every release in question is older than `judge-since`",
                "name a version, or move `judge-since` back",
            ),
        };
        added.push(RULE.about_component(scene, message.to_owned()).hint(hint));
    }
    added
}

/// The releases that some findings are about.
fn releases<'f>(findings: impl Iterator<Item = &'f Finding>) -> HashSet<(&'f str, &'f Name)> {
    findings
        .filter_map(|it| Some((it.version.as_deref()?, it.line.as_ref()?)))
        .collect()
}
