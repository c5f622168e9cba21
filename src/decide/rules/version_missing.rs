//! `version-missing`: a required follower lacks a release that another required channel has.

use crate::decide::absence::{Absence, absence};
use crate::decide::rule::{Judge, Rests, Rule};
use crate::decide::scene::{Case, Scene};
use crate::model::{Finding, Level, Severity, visible_line};

pub(super) const RULE: Rule = Rule {
    code: "version-missing",
    severity: Severity::Deny,
    mismatch: Level::High,
    suspicion: Level::Low,
    conflict: false,
    set_apart: true,
    title: "a channel lacks a release that another one has",
    explain: "A required channel has this release and this one does not, although its window \
              (`may-lag`) is over.\n\n\
              Usual causes: an upload that failed half way (an expired token, a full quota), a \
              workflow that was not triggered, a release that was never meant for this channel.\n\n\
              What to do: finish the publication, or leave the channel out of the environment's \
              `requires`, or start judging later with `judge-since`.",
    judge: Judge::Each(judge),
};

fn judge(scene: &Scene<'_>, cases: &[Case<'_>], findings: &mut Vec<Finding>) {
    for case in cases {
        for standing in case.followers() {
            let Some(Absence::Over { having, because }) = absence(scene, case, standing) else {
                continue;
            };
            let elsewhere: Vec<&str> = having
                .iter()
                .map(|other| other.channel.name.as_str())
                .collect();
            let name = standing.shown_name().unwrap_or_default();
            let message = format!(
                "{} has no `{}`, which {} {}",
                standing.channel.name,
                visible_line(&name),
                elsewhere.join(", "),
                if elsewhere.len() == 1 { "has" } else { "have" },
            );
            let finding = RULE
                .about_standing(scene, case, standing, message)
                .because(because)
                .hint("publish it there, or find out why the publication failed");
            findings.push(finding);
        }
    }
}
