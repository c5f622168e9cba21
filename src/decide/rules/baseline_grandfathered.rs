//! `baseline-grandfathered`: findings about releases older than `judge-since` were set apart.

use crate::decide::rule::{Judge, Rule};
use crate::decide::scene::Scene;
use crate::model::{Finding, Level, Severity};

pub(super) const RULE: Rule = Rule {
    code: "baseline-grandfathered",
    severity: Severity::Note,
    mismatch: Level::None,
    suspicion: Level::None,
    conflict: false,
    set_apart: false,
    title: "findings about old releases were set apart",
    explain: "The policy's `judge-since` says from which release on presence, names and files \
              are judged. Older findings of that sort are listed and do not count. Findings drawn \
              from two observations, such as a moved tag, always count; so does everything about \
              a release that is named.\n\n\
              What to do: nothing, or move `judge-since` back.",
    judge: Judge::Whole(|_, _| ()),
};

/// The note; made while findings are settled.
pub(crate) fn note(scene: &Scene<'_>, grandfathered: usize) -> Option<Finding> {
    if grandfathered == 0 {
        return None;
    }
    let message =
        format!("{grandfathered} findings about releases before `judge-since` are set apart");
    Some(RULE.about_component(scene, message))
}
