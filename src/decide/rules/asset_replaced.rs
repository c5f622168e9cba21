//! `asset-replaced`: a published file is not the one that an earlier round showed.

use crate::decide::files::Selection;
use crate::decide::history::{History, changed};
use crate::decide::rule::{Judge, Rests, Rule, some_of};
use crate::decide::scene::{Case, Scene};
use crate::decide::standing::{Found, Standing};
use crate::decide::view::Source;
use crate::model::{Content, Digest, FileFact, Finding, Level, Severity, visible_line};

pub(super) const RULE: Rule = Rule {
    code: "asset-replaced",
    severity: Severity::Deny,
    mismatch: Level::High,
    suspicion: Level::High,
    conflict: true,
    set_apart: false,
    title: "a published file was replaced under its name",
    explain: "An earlier round showed this file with another content. A published file must never \
              change: whoever pinned its hash is broken, and whoever did not installs something \
              else than what was reviewed.\n\n\
              Usual causes: a release workflow that ran twice and overwrites its assets; somebody \
              who repaired a release by hand; somebody who took it over.\n\n\
              What to do: compare both files; restore the first or publish a new version. Use \
              immutable releases.",
    judge: Judge::Each(judge),
};

/// Replaced means another digest than at first. Where a digest is not known on both sides, the
/// server's number of the upload decides, and without one the size: equal bytes that were
/// uploaded again are not a replacement. Files that describe others (checksums, signatures) grow
/// with a release and are passed over unless the channel's `assets` names them.
fn judge(scene: &Scene<'_>, cases: &[Case<'_>], findings: &mut Vec<Finding>) {
    let histories = scene.histories();
    if histories.is_empty() {
        return;
    }
    let selections: Vec<(&History<'_>, Selection, _)> = scene
        .required_views()
        .filter_map(|view| {
            let history = histories.get(&view.channel.name)?;
            Some((history, Selection::of(view.channel), &view.channel.name))
        })
        .collect();
    for case in cases {
        for (history, selection, channel) in &selections {
            let Some(standing) = case.standing(channel) else {
                continue;
            };
            let Some(found) = standing.found() else {
                continue;
            };
            if found.entry.draft {
                continue;
            }
            findings.extend(files(scene, case, standing, found, history, selection));
            findings.extend(object(scene, case, standing, history));
        }
    }
}

fn files(
    scene: &Scene<'_>,
    case: &Case<'_>,
    standing: &Standing<'_>,
    found: &Found<'_>,
    history: &History<'_>,
    selection: &Selection,
) -> Option<Finding> {
    if found.entry.files.is_empty() {
        return None;
    }
    let mut earlier: Vec<Source<'_>> = history
        .about(found.name)
        .filter(|source| !source.entry.draft && !source.entry.files.is_empty())
        .collect();
    earlier.sort_by_key(|source| (source.observation.round, source.observation.at));
    let mut names: Vec<&str> = Vec::new();
    let mut digests: Vec<Digest> = Vec::new();
    let mut because: Vec<Digest> = Vec::new();
    for (name, file) in selection.watched(&found.entry) {
        let then = || {
            earlier
                .iter()
                .filter_map(|source| Some((source.entry.files.get(name)?, *source)))
        };
        let Some((first, source)) = replaced(then, file) else {
            continue;
        };
        names.push(name);
        digests.extend(first.digest);
        digests.extend(file.digest);
        because.push(source.observation.id);
    }
    if names.is_empty() {
        return None;
    }
    let message = format!(
        "{}: {} of `{}` {} not what an earlier round showed",
        standing.channel.name,
        some_of(names.iter().copied()),
        visible_line(found.name),
        if names.len() == 1 { "is" } else { "are" },
    );
    Some(
        RULE.about_standing(scene, case, standing, message)
            .because(because.into_iter().chain(found.because()))
            .digests(digests.iter().map(Digest::to_string))
            .hint("compare both files; publish a new version instead of replacing one"),
    )
}

/// What the file was at first, where it is another one now. Each fact is taken from the earliest
/// observation that states it.
fn replaced<'a, I>(then: impl Fn() -> I, now: &FileFact) -> Option<(&'a FileFact, Source<'a>)>
where
    I: Iterator<Item = (&'a FileFact, Source<'a>)>,
{
    let first = |states: fn(&FileFact) -> bool| then().find(|(file, _)| states(file));
    if now.digest.is_some()
        && let Some(stated) = first(|file| file.digest.is_some())
    {
        return (stated.0.digest != now.digest).then_some(stated);
    }
    if now.id.is_some()
        && let Some(stated) = first(|file| file.id.is_some())
    {
        return (stated.0.id != now.id).then_some(stated);
    }
    let stated = first(|file| file.size.is_some())?;
    (now.size.is_some() && stated.0.size != now.size).then_some(stated)
}

/// A release that is one object (a zip in a bucket, a function's code) and no image.
fn object<'a>(
    scene: &Scene<'_>,
    case: &Case<'_>,
    standing: &Standing<'a>,
    history: &History<'a>,
) -> Option<Finding> {
    if matches!(standing.channel.traits.content, Content::Image) {
        return None;
    }
    let change = changed(Some(history), standing, |entry| entry.digest)
        .into_iter()
        .next()?;
    let message = format!(
        "{}: `{}` was {} at {} and is {}",
        standing.channel.name,
        visible_line(&change.name),
        change.first.0,
        change.first.1.observation.at,
        change.now.0,
    );
    let because = [change.first.1.observation.id, change.now.1.observation.id];
    Some(
        RULE.about_standing(scene, case, standing, message)
            .because(because)
            .digests([change.first.0.to_string(), change.now.0.to_string()])
            .hint("compare both objects; publish a new version instead of replacing one"),
    )
}
