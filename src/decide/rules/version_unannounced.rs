//! `version-unannounced`: a follower has a release that the leading channel does not announce.

use crate::decide::absence::{Absence, absence};
use crate::decide::rule::{Judge, Rests, Rule};
use crate::decide::scene::{Case, Scene};
use crate::model::{Finding, Level, Severity, visible_line};

/// The code, for those who look for it.
pub(crate) const CODE: &str = "version-unannounced";

pub(super) const RULE: Rule = Rule {
    code: CODE,
    severity: Severity::Deny,
    mismatch: Level::High,
    suspicion: Level::Low,
    conflict: false,
    set_apart: true,
    title: "a channel has a release that the leading channel does not announce",
    explain: "This channel has a version for which the leading channel (`announced-by`) has no \
              entry. Nothing in the source explains it.\n\n\
              An oversight and an attack look alike here: somebody forgot to push the tag or to \
              cut the release, or somebody else uploaded the version with a stolen token. Other \
              findings tell them apart: lost provenance, several release lines at once, an hour \
              at which nobody releases.\n\n\
              What to do: ask who published it. If it was you, cut the missing tag or release at \
              the commit that was built. If nobody did, treat the version as hostile: yank it and \
              revoke the tokens.",
    judge: Judge::Each(judge),
};

fn judge(scene: &Scene<'_>, cases: &[Case<'_>], findings: &mut Vec<Finding>) {
    for case in cases {
        let Some(leader) = case.leader() else {
            continue;
        };
        let Some(Absence::Over { having, because }) = absence(scene, case, leader) else {
            continue;
        };
        for standing in having {
            let Some(found) = standing.found() else {
                continue;
            };
            let message = format!(
                "{} has `{}`, which {} does not announce",
                standing.channel.name,
                visible_line(found.name),
                leader.channel.name,
            );
            let finding = RULE
                .about_standing(scene, case, standing, message)
                .because(because.iter().copied())
                .digests(found.digests())
                .hint("cut the missing release if it is yours; if nobody published it, yank it");
            findings.push(finding);
        }
    }
}
