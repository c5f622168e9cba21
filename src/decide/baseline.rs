//! `judge-since`: which releases are older than the point from which a line is judged.

use std::cmp::Ordering;

use crate::model::{Anchor, Environment, Policy, Time};

use super::scene::{Case, Names};
use super::standing::Standing;
use super::view::View;

/// Whether a release is older than its line's `judge-since`.
///
/// With a version: it is lower in the line's order, and no channel asserts a later time for it than
/// the earliest for that version: a low number uploaded today is news. With a date: some channel
/// asserts a time, and all are before it. What nothing is known of is not older.
pub(super) fn is_older<'a>(
    policy: &'a Policy,
    view: &'a View<'a>,
    names: &'a Names<'a>,
    environment: Option<&Environment>,
    case: &Case<'a>,
) -> bool {
    let latest = case.standings.iter().filter_map(latest_time).max();
    match &case.line.judge_since {
        None => false,
        Some(Anchor::Time(since)) => latest.is_some_and(|latest| latest < *since),
        Some(Anchor::Version(since)) => {
            if case.version.precedence(since) != Some(Ordering::Less) {
                return false;
            }
            let Some(latest) = latest else { return true };
            let anchor = Case::new(policy, view, names, environment, case.line, since.clone());
            let earliest = anchor.standings.iter().filter_map(earliest_time).min();
            earliest.is_some_and(|earliest| latest <= earliest)
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
