//! `identity-mismatch`: an attestation is signed by another identity than the policy names.

use crate::decide::attested::{What, departed};
use crate::decide::rule::{Judge, Rule};
use crate::decide::scene::Scene;
use crate::model::{Finding, Level, Severity};

pub(super) const RULE: Rule = Rule {
    code: "identity-mismatch",
    severity: Severity::Deny,
    mismatch: Level::Low,
    suspicion: Level::High,
    conflict: true,
    set_apart: false,
    title: "signed by another identity than the policy names",
    explain: "The attestation verifies, and who signed it is not whom the policy names: another \
              issuer, another identity, another workflow file of the repository. It is also found \
              where the certificate names no repository (a mail address, a service account): what \
              was built is then its holder's own word, which counts where `identity` of \
              `[[provenance]]` names the holder. Where several \
              attestations are attached, one that is as the policy says is enough.\n\n\
              Usual causes: a workflow was renamed or a new one publishes now; somebody built or \
              published from a machine or workflow of their own; a stolen token.\n\n\
              What to do: find out who signed; add the workflow to the policy if it is yours.",
    judge: Judge::Whole(judge),
};

fn judge(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    departed(
        &RULE,
        scene,
        What::Identity,
        "find out who signed; add the workflow to the policy if it is yours",
        findings,
    );
}
