//! Whether a protected branch contains a commit, as far as the answers decide it.

use globset::Glob;

use crate::model::Entry;

/// Whether one of the branches that match the policy's globs contains the entry's commit.
///
/// Nothing where the answers do not decide: no branch that matches was asked. A branch that
/// contains it decides at once; without one, what was asked and matches must all say no.
pub(crate) fn contains(globs: &[String], entry: &Entry) -> Option<bool> {
    let matchers: Vec<_> = globs
        .iter()
        .filter_map(|glob| Some(Glob::new(glob).ok()?.compile_matcher()))
        .collect();
    let mut asked = entry
        .branches
        .iter()
        .filter(|(branch, _)| matchers.iter().any(|matcher| matcher.is_match(branch)))
        .map(|(_, contains)| *contains)
        .peekable();
    asked.peek()?;
    Some(asked.any(|contains| contains))
}
