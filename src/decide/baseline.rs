//! `judge-since`: which releases are older than the point from which a line is judged.

use std::cmp::Ordering;

use crate::model::{Anchor, Line, Time};

use super::scene::Case;
use super::standing::Standing;

/// The point from which a line is judged.
pub(super) enum Baseline<'a> {
    /// All of it.
    None,
    /// A time.
    Time(Time),
    /// A version, and the earliest time that a channel asserts for it.
    Version(&'a crate::model::version::Version, Option<Time>),
}

impl<'a> Baseline<'a> {
    /// Of a line; `stand` says how its version stands everywhere.
    pub(super) fn of<'v>(
        line: &'a Line,
        stand: impl FnOnce(&crate::model::version::Version) -> Case<'v>,
    ) -> Self {
        match &line.judge_since {
            None => Self::None,
            Some(Anchor::Time(since)) => Self::Time(*since),
            Some(Anchor::Version(since)) => {
                let earliest = stand(since)
                    .standings
                    .iter()
                    .filter_map(earliest_time)
                    .min();
                Self::Version(since, earliest)
            }
        }
    }

    /// Whether a release is older.
    ///
    /// With a version: it is lower in the line's order, and no channel asserts a later time for it
    /// than the earliest for that version: a low number uploaded today is news. With a date: some
    /// channel asserts a time, and all are before it. What nothing is known of is not older.
    pub(super) fn is_after(&self, case: &Case<'_>) -> bool {
        let latest = || case.standings.iter().filter_map(latest_time).max();
        match self {
            Self::None => false,
            Self::Time(since) => latest().is_some_and(|latest| latest < *since),
            Self::Version(since, earliest) => {
                case.version.precedence(since) == Some(Ordering::Less)
                    && latest().is_none_or(|latest| earliest.is_some_and(|it| latest <= it))
            }
        }
    }
}

fn latest_time(standing: &Standing<'_>) -> Option<Time> {
    let entry = &standing.found()?.entry;
    let files = entry.files.values().filter_map(|file| file.uploaded);
    entry.published.into_iter().chain(files).max()
}

fn earliest_time(standing: &Standing<'_>) -> Option<Time> {
    standing.found()?.entry.earliest_time()
}
