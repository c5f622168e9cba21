//! `source-mismatch`: it was built or published from another source.

use crate::decide::attested::{What, departed};
use crate::decide::rule::{Judge, Rule};
use crate::decide::scene::Scene;
use crate::model::{Finding, Level, Severity};

pub(super) const RULE: Rule = Rule {
    code: "source-mismatch",
    severity: Severity::Deny,
    mismatch: Level::Low,
    suspicion: Level::High,
    conflict: true,
    set_apart: false,
    title: "built or published from another source than the policy names",
    explain: "The attestation verifies, and it is from another repository (by name or by the \
              host's number) or another git reference than the policy says. A publish \
              attestation from another repository is found even where the policy asks for build \
              attestations alone: a stranger has uploaded it.\n\n\
              Usual causes: the repository was renamed or moved; a fork or another project \
              published under this name; a release was built from a branch.\n\n\
              What to do: find out who published; if it was you, write the repository into \
              `source` of `[[provenance]]`.",
    judge: Judge::Whole(judge),
};

fn judge(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    departed(
        &RULE,
        scene,
        What::Source,
        "find out who published; write the repository into `source` of [[provenance]] if it is yours",
        findings,
    );
}
