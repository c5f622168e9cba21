//! `evidence-stale`: a required channel was not asked in the present round, or contradicts itself.

use crate::decide::availability;
use crate::decide::rule::{Judge, Rule};
use crate::decide::scene::Scene;
use crate::model::{FailureKind, Finding, Level, Severity};

pub(super) const RULE: Rule = Rule {
    code: "evidence-stale",
    severity: Severity::Indeterminate,
    mismatch: Level::None,
    suspicion: Level::None,
    conflict: false,
    set_apart: false,
    title: "what is known of a required channel is not of this round, or contradicts itself",
    explain: "Either the evidence's latest round did not ask the channel (an older answer never \
              stands in for the present), or two answers of one round differ, as when one copy \
              of an index lags behind the other.\n\n\
              What to do: ask again; copies catch up within minutes.",
    judge: Judge::Whole(judge),
};

fn judge(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    let kind = |kind| kind == FailureKind::Stale;
    availability::judge(&RULE, scene, kind, findings);
}
