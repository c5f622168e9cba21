//! `release-yanked`: a release was withdrawn in a channel but is still there.

use crate::decide::rule::{Judge, Rests, Rule};
use crate::decide::scene::{Case, Scene};
use crate::model::{Finding, Level, Severity, visible_line};

pub(super) const RULE: Rule = Rule {
    code: "release-yanked",
    severity: Severity::Deny,
    mismatch: Level::Low,
    suspicion: Level::None,
    conflict: false,
    set_apart: false,
    title: "a release was withdrawn",
    explain: "All files of this version are yanked (PEP 592): the publisher asks that nobody \
              installs it any more. Where only some files are, this is a warning.\n\n\
              What to do: deploy another version.",
    judge: Judge::Each(judge),
};

fn judge(scene: &Scene<'_>, cases: &[Case<'_>], findings: &mut Vec<Finding>) {
    for case in cases {
        for standing in case.required() {
            let Some(found) = standing.found() else {
                continue;
            };
            let yanked = found
                .entry
                .files
                .values()
                .filter(|file| file.yanked)
                .count();
            if yanked == 0 {
                continue;
            }
            let all = found.entry.is_yanked();
            let message = format!(
                "{}: {} files of `{}` {} yanked",
                standing.channel.name,
                if all {
                    "all".to_owned()
                } else {
                    format!("{yanked} of {}", found.entry.files.len())
                },
                visible_line(found.name),
                if yanked == 1 && !all { "is" } else { "are" },
            );
            let mut finding = RULE
                .about_standing(scene, case, standing, message)
                .because(found.because())
                .digests(found.digests())
                .hint("deploy another version");
            if !all {
                finding.severity = Severity::Warn;
            }
            findings.push(finding);
        }
    }
}
