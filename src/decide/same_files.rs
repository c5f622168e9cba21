//! The sides of a `same-files` agreement: which channels have the release, and which of their files count.

use crate::model::{AgreeOn, FileFact, Finding, Name};

use super::files::Selection;
use super::rule::{Rests, Rule, some_of};
use super::scene::{Case, Scene};
use super::standing::{Found, Standing};

/// The channels of one `same-files` agreement, each with the files that count.
pub(crate) type Members = Vec<(Name, Selection)>;

/// One channel of an agreement that has the release and states files.
pub(crate) struct Side<'c, 'a> {
    pub(crate) standing: &'c Standing<'a>,
    pub(crate) found: &'c Found<'a>,
    selection: &'c Selection,
}

/// The `same-files` agreements that have at least two required channels.
pub(crate) fn agreements(scene: &Scene<'_>) -> Vec<Members> {
    scene
        .agreements
        .iter()
        .filter(|agreement| agreement.on == AgreeOn::SameFiles)
        .map(|agreement| {
            let members = agreement.channels.iter().filter_map(|name| {
                let selection = Selection::of(scene.policy.channel(name)?);
                Some((name.clone(), selection))
            });
            members.collect()
        })
        .collect()
}

/// The channels that have the release and state files; the leader first, else as listed. The first
/// is what the others are compared with.
///
/// A release without any file is not stated, which is indeterminate and no difference.
pub(crate) fn sides<'c, 'a>(case: &'c Case<'a>, members: &'c Members) -> Vec<Side<'c, 'a>> {
    let mut sides: Vec<Side<'c, 'a>> = members
        .iter()
        .filter_map(|(name, selection)| {
            let standing = case.standing(name)?;
            let found = standing.found()?;
            (!found.entry.files.is_empty()).then_some(Side {
                standing,
                found,
                selection,
            })
        })
        .collect();
    sides.sort_by_key(|side| !side.standing.leads);
    sides
}

impl<'c> Side<'c, '_> {
    /// The files that count.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&'c str, &'c FileFact)> {
        self.selection.of_entry(&self.found.entry)
    }

    /// The files of this side that the other does not have under any selection.
    ///
    /// Nothing where the other's answer broke off: what was not read is not absent.
    fn beyond(&self, other: &Self) -> Vec<(&'c str, &'c FileFact)> {
        if !other.found.is_whole() {
            return Vec::new();
        }
        self.files()
            .filter(|(name, _)| !other.found.entry.files.contains_key(*name))
            .collect()
    }
}

/// Which of two directions a rule looks in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    /// The first side has files that another lacks.
    Missing,
    /// Another side has files that the first lacks.
    Unexpected,
}

/// One finding for each channel whose files are fewer, or more, than those of the first side.
pub(crate) fn compare(
    rule: &Rule,
    scene: &Scene<'_>,
    direction: Direction,
    hint: &str,
    findings: &mut Vec<Finding>,
) {
    let agreements = agreements(scene);
    if agreements.is_empty() {
        return;
    }
    for case in &scene.cases {
        for members in &agreements {
            let sides = sides(case, members);
            let Some((first, others)) = sides.split_first() else {
                continue;
            };
            for other in others {
                let (files, verb, reference) = match direction {
                    Direction::Missing => (first.beyond(other), "lacks", "has"),
                    Direction::Unexpected => (other.beyond(first), "has", "lacks"),
                };
                if files.is_empty() {
                    continue;
                }
                let message = format!(
                    "{} {verb} {}, which {} {reference}",
                    other.standing.channel.name,
                    some_of(files.iter().map(|(name, _)| *name)),
                    first.standing.channel.name,
                );
                let digests = files.iter().filter_map(|(_, file)| file.digest);
                let because = first.found.because().into_iter();
                let finding = rule
                    .about_standing(scene, case, other.standing, message)
                    .because(because.chain(other.found.because()))
                    .digests(digests.map(|digest| digest.to_string()))
                    .hint(hint);
                findings.push(finding);
            }
        }
    }
}
