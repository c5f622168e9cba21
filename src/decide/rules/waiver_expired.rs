//! `waiver-expired`: a waiver would hold for an open finding, but its time is over.

use crate::decide::rule::{Judge, Rests, Rule};
use crate::decide::scene::Scene;
use crate::model::{Finding, Level, Severity, Waiver, visible_line};

pub(super) const RULE: Rule = Rule {
    code: "waiver-expired",
    severity: Severity::Warn,
    mismatch: Level::None,
    suspicion: Level::None,
    conflict: false,
    set_apart: false,
    title: "a waiver's time is over",
    explain: "The waiver fits the finding and has expired, so the finding counts again.\n\n\
              What to do: mend what was waived, or renew the waiver with a new reason.",
    judge: Judge::Whole(|_, _| ()),
};

/// The finding; made while waivers are settled.
pub(crate) fn found(scene: &Scene<'_>, waiver: &Waiver, of: &Finding) -> Finding {
    let message = format!(
        "the waiver of `{}` for {} expired at {} (line {} of the policy, approved by {})",
        waiver.code,
        visible_line(&waiver.version),
        waiver.expires,
        waiver.declared_at,
        visible_line(&waiver.approved_by),
    );
    let mut finding = RULE
        .about_component(scene, message)
        .because(of.because.iter().copied());
    finding.version.clone_from(&of.version);
    finding.line.clone_from(&of.line);
    finding.channel.clone_from(&of.channel);
    finding.waiver = scene.number_of(waiver);
    finding.hint("mend it, or renew the waiver")
}
