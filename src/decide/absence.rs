//! Absence of a release in a channel: whose fault it is, and whether its window is still open.

use crate::model::{Digest, Time};

use super::scene::{Case, Scene};
use super::standing::{Presence, Standing, window_end};

/// What the absence of a release in a required channel comes to.
pub(crate) enum Absence<'c, 'a> {
    /// No required channel has it either: nothing is missing.
    Nowhere,
    /// Another entry stands for it (see `release-deleted`).
    Excused,
    /// Still within its window.
    Pending { until: Time, because: Vec<Digest> },
    /// After the window, or without a clock.
    Over {
        having: Vec<&'c Standing<'a>>,
        because: Vec<Digest>,
    },
}

/// Judges the absence of a release in a required channel; nothing where it is not absent.
///
/// The leader is pending while every follower that has the release is within its own `may-lead`;
/// a follower is pending within its `may-lag`. Age is taken at the observation that found the
/// absence, never at the time of judging.
pub(crate) fn absence<'c, 'a>(
    scene: &Scene<'_>,
    case: &'c Case<'a>,
    standing: &Standing<'_>,
) -> Option<Absence<'c, 'a>> {
    let Presence::Absent { at, because } = &standing.presence else {
        return None;
    };
    if !standing.required {
        return None;
    }
    // A draft announces nothing: `release-draft` judges it.
    let has = |it: &&Standing<'a>| it.found().is_some_and(|found| !found.entry.draft);
    let having: Vec<&Standing<'a>> = case.required().filter(has).collect();
    if having.is_empty() {
        return Some(Absence::Nowhere);
    }
    if super::rules::release_deleted::stands_for(scene, case, standing) {
        return Some(Absence::Excused);
    }
    let mut ids = vec![*because];
    ids.extend(
        having
            .iter()
            .filter_map(|it| it.found())
            .flat_map(|found| found.because()),
    );
    let until = if standing.leads {
        let ends = having
            .iter()
            .map(|it| Some(window_end(it.clock()?, it.channel.may_lead)));
        ends.min().flatten()
    } else {
        case.started()
            .map(|start| window_end(start, standing.channel.may_lag))
    };
    Some(match until {
        Some(until) if *at < until => Absence::Pending {
            until,
            because: ids,
        },
        _ => Absence::Over {
            having,
            because: ids,
        },
    })
}

/// Whether followers have the release and the leading channel, after its window, does not announce
/// it. Not so for a release that is older than `judge-since`: there that is history.
pub(crate) fn is_unannounced(scene: &Scene<'_>, case: &Case<'_>) -> bool {
    !case.older
        && case
            .leader()
            .and_then(|leader| absence(scene, case, leader))
            .is_some_and(|absence| matches!(absence, Absence::Over { .. }))
}
