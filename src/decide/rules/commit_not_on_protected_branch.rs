//! `commit-not-on-protected-branch`: the tagged commit is on none of the branches that the policy names.

use crate::decide::rule::{Judge, Rests, Rule};
use crate::decide::scene::{Case, Scene};
use crate::model::{Finding, Level, Severity, visible_line};

pub(super) const RULE: Rule = Rule {
    code: "commit-not-on-protected-branch",
    severity: Severity::Deny,
    mismatch: Level::None,
    suspicion: Level::High,
    conflict: true,
    set_apart: false,
    title: "the release's commit is on no protected branch",
    explain: "The policy's `branches` name those from which releases are cut. The commit behind \
              the leading tag is on none of them: nobody reviewed it where reviews happen. \
              Attackers who may push a tag but not to a branch leave exactly this trace.\n\n\
              Usual causes that are no attack: a release branch that `branches` does not name, or \
              that was deleted after the release.\n\n\
              What to do: find out how the commit came into the repository. Add the branch to \
              the policy if it is protected.",
    judge: Judge::Each(judge),
};

/// Where the answers do not decide, the leading channel's cell is not stated, which is
/// indeterminate and no finding of this rule.
fn judge(scene: &Scene<'_>, cases: &[Case<'_>], findings: &mut Vec<Finding>) {
    let globs = &scene.policy.component.branches;
    if globs.is_empty() {
        return;
    }
    for case in cases {
        let Some(leader) = case.leader() else {
            continue;
        };
        let Some(found) = leader.found() else {
            continue;
        };
        if scene.protected.contains(&found.entry) != Some(false) {
            continue;
        }
        let commit = found.entry.commit.as_ref();
        let message = format!(
            "{}: `{}`{} is on none of the branches {}",
            leader.channel.name,
            visible_line(found.name),
            commit.map_or(String::new(), |commit| format!(" at {}", commit.short())),
            visible_line(&globs.join(", ")),
        );
        let finding = RULE
            .about_standing(scene, case, leader, message)
            .because(found.because())
            .digests(found.digests())
            .hint("find out how the commit came into the repository");
        findings.push(finding);
    }
}
