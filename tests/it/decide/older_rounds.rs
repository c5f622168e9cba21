//! History proves what was seen then: forgetting it loses what it proved, and nothing else.

use std::collections::BTreeSet;

use lockstep::model::{Cell, CellState, Finding, Severity, Time, Unreachable, Verdict};
use proptest::prelude::*;

use super::drawn::{World, cases, named_worlds};
use super::less_evidence::shown;

/// Findings about absence: a round that is forgotten may have been the clock of their window, or
/// have excused them.
const ABSENCE: [&str; 5] = [
    "version-missing",
    "version-unannounced",
    "version-pending",
    "release-draft",
    "release-deleted",
];

/// What is said only after all else is settled.
const AFTERWARDS: [&str; 4] = [
    "nothing-to-compare",
    "waiver-unused",
    "waiver-expired",
    "baseline-grandfathered",
];

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn forgetting_older_rounds_loses_only_what_rests_on_them(mut world in named_worlds()) {
        for environment in &mut world.policy.environments {
            environment.when_unreachable = Unreachable::Indeterminate;
        }
        let Some(before) = world.judge() else { return Ok(()) };
        let rounds: BTreeSet<Time> = world.observations.iter().map(|it| it.round).collect();
        let older: Vec<Time> = rounds.into_iter().filter(|it| Some(*it) != world.round()).collect();
        for mask in 1..1usize << older.len() {
            let gone = |round: &Time| older.iter().position(|it| it == round).is_some_and(|at| mask >> at & 1 == 1);
            let kept = world.observations.iter().filter(|it| !gone(&it.round));
            let after = world.with(kept.cloned().collect()).judge();
            prop_assert!(after.is_some(), "evidence without a round is refused");
            let after = after.unwrap();
            if let Err(what) = loses_only_history(&world, &before, &after, gone) {
                prop_assert!(false, "{what}\n{}\n{}", shown(&Some(before)), shown(&Some(after)));
            }
        }
    }
}

fn loses_only_history(
    world: &World,
    before: &Verdict,
    after: &Verdict,
    gone: impl Fn(&Time) -> bool,
) -> Result<(), String> {
    let removed: BTreeSet<_> = world
        .observations
        .iter()
        .filter(|it| gone(&it.round))
        .map(|it| it.id)
        .collect();
    let on_history = |it: &Finding| it.because.iter().any(|id| removed.contains(id));
    let stays = |it: &&Finding| {
        let code = it.code.as_str();
        !on_history(it) && !ABSENCE.contains(&code) && !AFTERWARDS.contains(&code)
    };
    for finding in before.findings.iter().filter(stays) {
        let same = |it: &&Finding| {
            (&it.code, &it.version, &it.line, &it.channel)
                == (
                    &finding.code,
                    &finding.version,
                    &finding.line,
                    &finding.channel,
                )
        };
        let found = after
            .findings
            .iter()
            .filter(same)
            .any(|it| it.severity >= finding.severity);
        // A burst is the graver where the release is unannounced, which history may excuse.
        if !found && finding.severity > Severity::Warn {
            return Err(format!("lost: {} {}", finding.code, finding.message));
        }
    }
    // What is less grave for it has lost a finding that history proved; what was a matter of
    // absence still stops.
    let stopping = |it: &&Finding| it.is_open() && it.severity >= Severity::Indeterminate;
    if after.outcome < before.outcome {
        let lost_proof = before.findings.iter().filter(stopping).any(on_history);
        let clock = |it: &Finding| ABSENCE.contains(&it.code.as_str());
        let windows = before.findings.iter().filter(stopping).any(clock)
            && after.findings.iter().filter(stopping).any(clock);
        // A later round that showed other digests beside the entry proved that all is not as it was.
        let excused = after
            .findings
            .iter()
            .any(|it| it.code.as_str() == "release-deleted");
        if !lost_proof && !windows && !excused {
            return Err("less grave without the loss of what history proved".to_owned());
        }
    }
    let fixed = |it: &&Cell| {
        use CellState::{Incomparable, NotRequired, Unknown};
        matches!(
            it.state,
            Unknown { .. } | Incomparable { .. } | NotRequired { .. }
        )
    };
    let pairs = || before.cells.iter().zip(&after.cells);
    let same_place = |(one, other): (&Cell, &Cell)| {
        (&one.version, &one.line, &one.channel, one.required)
            == (&other.version, &other.line, &other.channel, other.required)
    };
    if before.cells.len() != after.cells.len() || !pairs().all(same_place) {
        return Err("other cells".to_owned());
    }
    if pairs().any(|(one, other)| fixed(&one) && one != other) {
        return Err("a cell that says nothing of facts changed".to_owned());
    }
    if (&before.endpoints, &before.limits) != (&after.endpoints, &after.limits) {
        return Err("endpoints or limits changed".to_owned());
    }
    Ok(())
}
