//! `image-rebuilt`: an image tag shows another image of the same commit, by the same builder.

use crate::decide::attested::{Held, earlier};
use crate::decide::rule::{Judge, Rests, Rule};
use crate::decide::scene::Scene;
use crate::model::{Finding, Level, ProvenanceKind, Severity};

pub(super) const RULE: Rule = Rule {
    code: "image-rebuilt",
    severity: Severity::Warn,
    mismatch: Level::Low,
    suspicion: Level::Low,
    conflict: false,
    set_apart: false,
    title: "an image tag was moved to another build of the same commit",
    explain: "When this tag was first seen it was another image, and both images are attested to \
              one commit and one builder, as the policy wants it. Without that it is \
              `image-tag-moved`, which denies.\n\n\
              Usual causes: the release workflow ran again; base images were refreshed.\n\n\
              What to do: deploy by digest; build once. Tags that cannot be moved can be had from \
              every registry.",
    judge: Judge::Whole(judge),
};

fn judge(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    for moved in super::image_tag_moved::moves(scene) {
        if !is_rebuilt(scene, &moved) {
            continue;
        }
        let finding = RULE
            .about_standing(scene, moved.case, moved.standing, moved.message())
            .because(moved.because)
            .digests([moved.before.to_string(), moved.now.to_string()])
            .hint("deploy by digest; make tags immutable in the registry");
        findings.push(finding);
    }
}

/// Whether what a tag was and what it is are attested to one commit and builder, each by an
/// attestation that is as the policy says. Only the release's own tag is looked at: of its variants
/// nobody is asked.
pub(super) fn is_rebuilt(scene: &Scene<'_>, moved: &super::image_tag_moved::Moved<'_, '_>) -> bool {
    let Some(found) = moved.standing.found() else {
        return false;
    };
    let is_own = found.name == moved.name && found.entry.digest == Some(moved.now);
    let provenances = scene.provenances();
    let Some(about) = provenances
        .about(moved.case, moved.standing)
        .filter(|_| is_own)
    else {
        return false;
    };
    let ledger = scene.ledger();
    // Who uploaded an image says nothing about how it was built.
    let builds = |at: usize| provenances.tables[at].kind == ProvenanceKind::Build;
    let mut met = about.met.iter().filter(|(table, _)| builds(*table));
    met.any(|(table, met)| {
        let [one] = met.as_slice() else { return false };
        let Held::Passed(now) = &one.held else {
            return false;
        };
        let digests = &about.artifacts[one.artifact].digests;
        if digests.first() != Some(&moved.now.into()) {
            return false;
        }
        let table = &provenances.tables[*table];
        let then = earlier(
            ledger,
            scene,
            moved.case,
            table,
            moved.standing,
            moved.before,
        );
        let alike = |it: &crate::decide::attested::Claims| {
            let known = it.build.commit.is_some() && it.build.builder.is_some();
            known
                && now.iter().any(|now| {
                    now.build.commit == it.build.commit && now.build.builder == it.build.builder
                })
        };
        then.iter().any(alike)
    })
}
