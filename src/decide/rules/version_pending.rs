//! `version-pending`: a release is not everywhere yet, and its window is still open.

use crate::decide::absence::{Absence, absence};
use crate::decide::rule::{Judge, Rests, Rule};
use crate::decide::scene::{Case, Scene};
use crate::model::{Finding, Level, Severity, visible_line};

/// The code, for those who look for it.
pub(crate) const CODE: &str = "version-pending";

pub(super) const RULE: Rule = Rule {
    code: CODE,
    severity: Severity::Indeterminate,
    mismatch: Level::None,
    suspicion: Level::None,
    conflict: false,
    set_apart: true,
    title: "a release is not everywhere yet",
    explain: "A channel lacks the release and is still within its window: `may-lag` for a \
              follower, `may-lead` of the followers for the leading channel. The time at which \
              the window ends is given.\n\n\
              What to do: wait (`--wait` does), or ask again then.",
    judge: Judge::Each(judge),
};

fn judge(scene: &Scene<'_>, cases: &[Case<'_>], findings: &mut Vec<Finding>) {
    for case in cases {
        for standing in case.required() {
            let Some(Absence::Pending { until, because }) = absence(scene, case, standing) else {
                continue;
            };
            let name = standing.shown_name().unwrap_or_default();
            let message = format!(
                "{} has no `{}` yet; its window ends at {until}",
                standing.channel.name,
                visible_line(&name),
            );
            let finding = RULE
                .about_standing(scene, case, standing, message)
                .because(because)
                .retry_at(Some(until))
                .hint("ask again then, or let --wait do it");
            findings.push(finding);
        }
    }
}
