//! `channel-not-found`: the repository or project itself is not there, or hidden.

use crate::decide::availability;
use crate::decide::rule::{Judge, Rule};
use crate::decide::scene::Scene;
use crate::model::{FailureKind, Finding, Level, Severity};

pub(super) const RULE: Rule = Rule {
    code: "channel-not-found",
    severity: Severity::Indeterminate,
    mismatch: Level::None,
    suspicion: Level::None,
    conflict: false,
    set_apart: false,
    title: "a required channel does not exist, or this credential may not see it",
    explain: "The repository or project above the names answered \"not found\". A private one \
              looks the same to a credential that may not see it, so this is not absence.\n\n\
              What to do: check the name in the policy; give a credential that may read it.",
    judge: Judge::Whole(judge),
};

fn judge(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    let kind = |kind| kind == FailureKind::NotFound;
    availability::judge(&RULE, scene, kind, findings);
}
