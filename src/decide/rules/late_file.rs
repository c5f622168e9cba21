//! `late-file`: a file was added to a version long after its first file.

use crate::decide::files::Selection;
use crate::decide::rule::{Judge, Rests, Rule, some_of};
use crate::decide::scene::{Case, Scene};
use crate::model::{Digest, Duration, Finding, Level, Severity, visible_line};

pub(super) const RULE: Rule = Rule {
    code: "late-file",
    severity: Severity::Warn,
    mismatch: Level::None,
    suspicion: Level::Low,
    conflict: false,
    set_apart: false,
    title: "a file was added to a version more than a day after its first",
    explain: "Installers take whatever file fits best, so a file that is added to an old version \
              reaches everybody who has pinned that version without hashes.\n\n\
              Usual causes: wheels for a new Python or a rare platform, built by hand later on.\n\n\
              What to do: find out who added it, and pin hashes.",
    judge: Judge::Each(judge),
};

const LATE: Duration = Duration::from_hours(24);

/// Only what servers say about uploads counts. Files that describe others (signatures, bills of
/// materials) are often added later and are passed over.
fn judge(scene: &Scene<'_>, cases: &[Case<'_>], findings: &mut Vec<Finding>) {
    let selections: Vec<_> = scene
        .required_views()
        .map(|view| (&view.channel.name, Selection::of(view.channel)))
        .collect();
    for case in cases {
        for (channel, selection) in &selections {
            let Some(standing) = case.standing(channel) else {
                continue;
            };
            let Some(found) = standing.found() else {
                continue;
            };
            // Only a second file can be late.
            if found.entry.files.len() < 2 {
                continue;
            }
            let uploads = || {
                selection
                    .watched(&found.entry)
                    .filter_map(|(name, file)| Some((name, file, file.uploaded?)))
            };
            let Some(first) = uploads().map(|(_, _, at)| at).min() else {
                continue;
            };
            let late: Vec<_> = uploads()
                .filter(|(_, _, at)| at.since(first) > LATE)
                .collect();
            if late.is_empty() {
                continue;
            }
            let message = format!(
                "{}: {} came more than a day after the first file of `{}` ({first})",
                standing.channel.name,
                some_of(late.iter().map(|(name, _, _)| *name)),
                visible_line(found.name),
            );
            let digests: Vec<Digest> = late.iter().filter_map(|(_, file, _)| file.digest).collect();
            let finding = RULE
                .about_standing(scene, case, standing, message)
                .because(found.because())
                .digests(digests.iter().map(Digest::to_string))
                .hint("find out who added it");
            findings.push(finding);
        }
    }
}
