//! `release-draft`: a release is still a draft while followers have the version.

use crate::decide::rule::{Judge, Rests, Rule};
use crate::decide::scene::{Case, Scene};
use crate::decide::standing::window_end;
use crate::model::{Finding, Level, Severity, Time, visible_line};

pub(super) const RULE: Rule = Rule {
    code: "release-draft",
    severity: Severity::Deny,
    mismatch: Level::Low,
    suspicion: Level::None,
    conflict: false,
    set_apart: true,
    title: "a release is still a draft",
    explain: "The release exists but only writers can see it. Within `may-lead` of the followers \
              that have the version this is indeterminate (a pipeline that drafts first and \
              publishes last is on its way); after that it denies.\n\n\
              What to do: publish the draft, or delete it.",
    judge: Judge::Each(judge),
};

fn judge(scene: &Scene<'_>, cases: &[Case<'_>], findings: &mut Vec<Finding>) {
    for case in cases {
        for standing in case.required() {
            let Some(found) = standing.found().filter(|found| found.entry.draft) else {
                continue;
            };
            let others = || {
                case.required().filter(|other| {
                    other.channel.name != standing.channel.name && other.found().is_some()
                })
            };
            let asked = found
                .sources
                .iter()
                .map(|source| source.observation.at)
                .min();
            let ends: Option<Option<Time>> = others()
                .map(|other| Some(window_end(other.clock()?, other.channel.may_lead)))
                .min();
            // Nobody else has it: the release is being made, and there is nothing to wait against.
            let until = match ends {
                None => Some(None),
                Some(None) => None,
                Some(Some(end)) => asked.filter(|at| *at < end).map(|_| Some(end)),
            };
            let message = format!(
                "{}: `{}` is a draft",
                standing.channel.name,
                visible_line(found.name)
            );
            let mut finding = RULE
                .about_standing(scene, case, standing, message)
                .because(found.because())
                .digests(found.digests())
                .hint("publish it, or delete it");
            if let Some(until) = until {
                finding.severity = Severity::Indeterminate;
                finding.retry_at = until;
            }
            findings.push(finding);
        }
    }
}
