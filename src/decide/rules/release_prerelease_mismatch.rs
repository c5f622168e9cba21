//! `release-prerelease-mismatch`: a channel marks a release as pre-release, its version does not,
//! or the other way round.

use crate::decide::rule::{Judge, Rests, Rule};
use crate::decide::scene::{Case, Scene};
use crate::model::{Finding, Level, Severity, visible_line};

pub(super) const RULE: Rule = Rule {
    code: "release-prerelease-mismatch",
    severity: Severity::Deny,
    mismatch: Level::Low,
    suspicion: Level::None,
    conflict: true,
    set_apart: false,
    title: "a release is marked as pre-release and its version is not, or the other way round",
    explain: "The version says one thing (`1.2.0` is stable, `1.2.0-rc.1` is not), the mark of \
              the release entry another.\n\n\
              What to do: correct the mark; a tool that follows marks would install the wrong \
              version.",
    judge: Judge::Each(judge),
};

fn judge(scene: &Scene<'_>, cases: &[Case<'_>], findings: &mut Vec<Finding>) {
    for case in cases.iter().filter(|it| it.line.scheme.is_ordered()) {
        for standing in case.required() {
            let Some(found) = standing.found() else {
                continue;
            };
            let stable = case.version.is_stable();
            if found.entry.prerelease.is_none_or(|marked| marked != stable) {
                continue;
            }
            let message = format!(
                "{}: `{}` is {} as pre-release",
                standing.channel.name,
                visible_line(found.name),
                if stable { "marked" } else { "not marked" },
            );
            let finding = RULE
                .about_standing(scene, case, standing, message)
                .because(found.because())
                .digests(found.digests())
                .hint("correct the mark of the release");
            findings.push(finding);
        }
    }
}
