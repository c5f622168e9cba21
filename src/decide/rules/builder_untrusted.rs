//! `builder-untrusted`: it was built by a builder that the policy does not name.

use crate::decide::attested::{What, departed};
use crate::decide::rule::{Judge, Rule};
use crate::decide::scene::Scene;
use crate::model::{Finding, Level, Severity};

pub(super) const RULE: Rule = Rule {
    code: "builder-untrusted",
    severity: Severity::Deny,
    mismatch: Level::Low,
    suspicion: Level::High,
    conflict: true,
    set_apart: false,
    title: "built by a builder that the policy does not name",
    explain: "The attestation verifies, and it names a builder that is not one of the policy's \
              `builder`s.\n\n\
              Usual causes: builds were moved to other runners; a build on a machine of \
              somebody's own.\n\n\
              What to do: find out where it was built; name the builder in the policy if it is \
              yours.",
    judge: Judge::Whole(judge),
};

fn judge(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    departed(
        &RULE,
        scene,
        What::Builder,
        "find out where it was built; name the builder in the policy if it is yours",
        findings,
    );
}
