//! `channel-unreachable`: a required channel gave no answer, or broke off.

use crate::decide::availability;
use crate::decide::rule::{Judge, Rule};
use crate::decide::scene::Scene;
use crate::model::{FailureKind, Finding, Level, Severity};

/// The code, for those who look for it.
pub(crate) const CODE: &str = "channel-unreachable";

pub(super) const RULE: Rule = Rule {
    code: CODE,
    severity: Severity::Indeterminate,
    mismatch: Level::None,
    suspicion: Level::None,
    conflict: false,
    set_apart: false,
    title: "a required channel could not be asked",
    explain: "The channel answered with an error, not in time, not completely, or not at all. \
              Unreachable is never missing: nothing is concluded from it, and nothing is \
              allowed.\n\n\
              What to do: ask again. An environment may re-approve a digest that was verified \
              before: `when-unreachable = { last-known-good = \"24h\" }`.",
    judge: Judge::Whole(judge),
};

fn judge(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    let kind = |kind| !matches!(kind, FailureKind::Stale | FailureKind::NotFound);
    availability::judge(&RULE, scene, kind, findings);
}
