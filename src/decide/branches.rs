//! Whether a protected branch contains a commit, as far as the answers decide it.

use globset::{Glob, GlobMatcher};

use crate::model::Entry;

/// The branches from which releases are cut, as the policy's globs name them.
pub(crate) struct Protected(Vec<GlobMatcher>);

impl Protected {
    /// Compiled once for a decision: it is asked about every release.
    pub(crate) fn of(globs: &[String]) -> Self {
        let matchers = globs
            .iter()
            .filter_map(|glob| Some(Glob::new(glob).ok()?.compile_matcher()));
        Self(matchers.collect())
    }

    /// Whether one of the branches that match contains the entry's commit.
    ///
    /// Nothing where the answers do not decide: no branch that matches was asked. A branch that
    /// contains it decides at once; without one, what was asked and matches must all say no.
    pub(crate) fn contains(&self, entry: &Entry) -> Option<bool> {
        let mut asked = entry
            .branches
            .iter()
            .filter(|(branch, _)| self.0.iter().any(|matcher| matcher.is_match(branch)))
            .map(|(_, contains)| *contains)
            .peekable();
        asked.peek()?;
        Some(asked.any(|contains| contains))
    }
}
