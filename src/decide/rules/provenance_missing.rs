//! `provenance-missing`: an attestation that the policy needs is not there.

use crate::decide::attested::{Held, each, is_optional, texts};
use crate::decide::awaited::awaited;
use crate::decide::rule::{Judge, Rests, Rule, some_of};
use crate::decide::scene::Scene;
use crate::model::{Digest, Finding, Level, ProvenanceKind, Severity};

/// The code, for those who look for it.
pub(crate) const CODE: &str = "provenance-missing";

pub(super) const RULE: Rule = Rule {
    code: CODE,
    severity: Severity::Deny,
    mismatch: Level::Low,
    suspicion: Level::Low,
    conflict: true,
    set_apart: true,
    title: "a required attestation is not there",
    explain: "The policy needs an attestation of these artifacts (`[[provenance]]`, or `same-commit`, \
              which needs to know from which commit each image was built), every place that could \
              have one was read whole, and none has one that verifies under the trusted roots or \
              keys. A publish attestation does not stand for a build attestation, nor the reverse. Within \
              the channel's `may-lag` after the release appeared this is indeterminate: the step \
              that attests may not have ended yet.\n\n\
              Usual causes: the step that attests was left out, failed, or came after the upload; \
              something was uploaded by hand; the attestation is in a place that this kind of \
              channel is not asked for.\n\n\
              What to do: attest in the workflow that builds (`lockstep attest`, or \
              actions/attest); start with a version from which it holds (`since`).",
    judge: Judge::Whole(judge),
};

fn judge(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    for (case, standing, about) in each(scene) {
        for (table, met) in &about.met {
            let table = &scene.provenances().tables[*table];
            if is_optional(table) {
                continue;
            }
            let lacking: Vec<_> = met
                .iter()
                .filter(|it| matches!(it.held, Held::Missing { .. }))
                .map(|it| (&about.artifacts[it.artifact], &it.held))
                .collect();
            if lacking.is_empty() {
                continue;
            }
            let (kind, other) = match table.kind {
                ProvenanceKind::Build => ("build", "publish"),
                ProvenanceKind::Publish => ("publish", "build"),
            };
            let names: Vec<String> = lacking.iter().map(|(it, _)| it.name()).collect();
            let only_other = lacking
                .iter()
                .all(|(_, held)| matches!(held, Held::Missing { other: true }));
            let mut message = format!(
                "{}: no {kind} attestation of {}",
                standing.channel.name,
                some_of(names.iter().map(String::as_str)),
            );
            if only_other {
                message.push_str(&format!(" (only a {other} attestation)"));
            }
            if table.declared_at == 0 {
                message.push_str(", which `same-commit` needs");
            }
            let because: Vec<Digest> = lacking
                .iter()
                .flat_map(|(it, _)| it.because().iter().copied())
                .collect();
            let until = awaited(case, standing, &because);
            if let Some(until) = until {
                message.push_str(&format!("; one may still come until {until}"));
            }
            let finding = RULE
                .about_standing(scene, case, standing, message)
                .because(because)
                .retry_at(until)
                .digests(lacking.iter().flat_map(|(it, _)| texts(&it.digests)))
                .hint("attest in the workflow that builds, before the release is published");
            findings.push(finding);
        }
    }
}
