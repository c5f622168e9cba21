//! `git-tag-moved`: a git tag or release is at another commit than when it was first seen.

use crate::decide::history::changed;
use crate::decide::rule::{Judge, Rests, Rule};
use crate::decide::scene::{Case, Scene};
use crate::model::{Content, Finding, Level, Severity, visible_line};

pub(super) const RULE: Rule = Rule {
    code: "git-tag-moved",
    severity: Severity::Deny,
    mismatch: Level::High,
    suspicion: Level::High,
    conflict: true,
    set_apart: false,
    title: "a release's git tag was moved to another commit",
    explain: "When this tag was first seen it named another commit. Whoever builds from the tag \
              now gets other source than was released. That is news however old the tag is; a tag \
              that is back at the first commit is resolved.\n\n\
              Usual causes: a maintainer who deletes and pushes a tag again to repair a release; \
              an attacker with push access, who repoints tags because everybody trusts them.\n\n\
              What to do: compare the two commits. Move the tag back, cut a new version for a \
              repair, and protect tags against being changed.",
    judge: Judge::Each(judge),
};

fn judge(scene: &Scene<'_>, cases: &[Case<'_>], findings: &mut Vec<Finding>) {
    let histories = scene.histories();
    for case in cases {
        for standing in case.required() {
            let traits = &standing.channel.traits;
            if !traits.can_lead && traits.content != Content::Commit {
                continue;
            }
            let history = histories.get(&standing.channel.name);
            for change in changed(history, standing, |entry| entry.commit.clone()) {
                let (before, source) = change.first;
                let (now, present) = change.now;
                let message = format!(
                    "{}: `{}` was {} at {} and is {}",
                    standing.channel.name,
                    visible_line(&change.name),
                    before.short(),
                    source.observation.at,
                    now.short(),
                );
                let finding = RULE
                    .about_standing(scene, case, standing, message)
                    .because([source.observation.id, present.observation.id])
                    .digests([format!("git:{before}"), format!("git:{now}")])
                    .hint("compare the two commits; move the tag back and cut a new version");
                findings.push(finding);
            }
        }
    }
}
