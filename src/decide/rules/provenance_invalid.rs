//! `provenance-invalid`: something that is attached is no sound attestation.

use std::collections::BTreeSet;

use crate::decide::attested::{each, texts};
use crate::decide::rule::{Judge, Rests, Rule, some_of};
use crate::decide::scene::Scene;
use crate::model::{Finding, Level, Severity};

pub(super) const RULE: Rule = Rule {
    code: "provenance-invalid",
    severity: Severity::Deny,
    mismatch: Level::High,
    suspicion: Level::High,
    conflict: true,
    set_apart: false,
    title: "an attestation does not verify, or contradicts itself",
    explain: "Something is attached to these artifacts that claims to be their provenance and is \
              not: its signature, certificate, log entry or timestamp does not verify under any \
              trusted root or key, it is about another artifact, or its certificate and its \
              predicate say different things. Each of several attestations is verified, and one \
              that is wrong is reported beside others that are right.\n\n\
              Passed over are documents that are no provenance (a bill of materials, a \
              signature without a statement), and those that a key signed where the policy \
              names no key.\n\n\
              Usual causes: an attestation copied from another artifact; a private Sigstore \
              instance that the policy does not name (`trusted-root`); an attacker who hopes that \
              nobody verifies.\n\n\
              What to do: look at it (`lockstep inspect`), and at who could put it there.",
    judge: Judge::Whole(judge),
};

fn judge(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    for (case, standing, about) in each(scene) {
        let mut reasons: BTreeSet<String> = BTreeSet::new();
        let mut wrong = Vec::new();
        for artifact in &about.artifacts {
            let invalid = artifact.invalid();
            if !invalid.is_empty() {
                reasons.extend(invalid);
                wrong.push(artifact);
            }
        }
        let Some(first) = reasons.first() else {
            continue;
        };
        let names: Vec<String> = wrong.iter().map(|it| it.name()).collect();
        let mut message = format!(
            "{}: an attestation of {} is not sound: {first}",
            standing.channel.name,
            some_of(names.iter().map(String::as_str)),
        );
        if reasons.len() > 1 {
            message.push_str(&format!(" (and {} more reasons)", reasons.len() - 1));
        }
        let finding = RULE
            .about_standing(scene, case, standing, message)
            .because(wrong.iter().flat_map(|it| it.because().iter().copied()))
            .digests(wrong.iter().flat_map(|it| texts(&it.digests)))
            .hint("look at it with `lockstep inspect`, and at who could put it there");
        findings.push(finding);
    }
}
