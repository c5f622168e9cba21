//! `waiver-unused`: a waiver for a judged release met no open finding.

use crate::decide::rule::{Judge, Rests, Rule};
use crate::decide::scene::Scene;
use crate::model::{Finding, Level, Severity, Waiver, visible_line};

pub(super) const RULE: Rule = Rule {
    code: "waiver-unused",
    severity: Severity::Note,
    mismatch: Level::None,
    suspicion: Level::None,
    conflict: false,
    set_apart: false,
    title: "a waiver met no open finding",
    explain: "The release was judged and nothing needed this waiver: what it excused is mended, \
              or its digests are not those of the finding.\n\n\
              What to do: delete it, or correct it.",
    judge: Judge::Whole(|_, _| ()),
};

/// The finding; made while waivers are settled.
pub(crate) fn found(scene: &Scene<'_>, waiver: &Waiver) -> Finding {
    let message = format!(
        "the waiver of `{}` for {} met no open finding (line {} of the policy)",
        waiver.code,
        visible_line(&waiver.version),
        waiver.declared_at,
    );
    let mut finding = RULE.about_component(scene, message);
    finding.version = Some(visible_line(&waiver.version));
    finding.waiver = scene.number_of(waiver);
    finding.hint("delete it, or check its code, version and digests")
}
