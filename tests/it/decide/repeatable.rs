//! The same evidence, policy and time give the same bytes; what is later than the time of judging
//! is not there.

use lockstep::model::{Answer, Duration, Observation, Time, Verdict};
use proptest::prelude::*;

use super::drawn::{World, cases, changed, worlds};
use super::drawn_answers::failure;

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn equal_evidence_gives_equal_bytes_whatever_the_order_of_the_document(world in worlds()) {
        let first = world.judge();
        prop_assert_eq!(bytes(&first, true), bytes(&world.judge(), true));
        let mut tape = world.tape();
        let mut other = world.observations.clone();
        for at in (1..other.len()).rev() {
            other.swap(at, tape.pick(at + 1));
        }
        let second = world.with(other).judge();
        prop_assert_eq!(bytes(&first, false), bytes(&second, false));
    }

    #[test]
    fn what_is_later_than_the_time_of_judging_changes_nothing(world in worlds()) {
        let first = world.judge();
        let later = later(&world);
        let count = later.len();
        let both = world.observations.iter().cloned().chain(later).collect();
        let second = world.with(both).judge();
        prop_assert_eq!(bytes(&first, false), bytes(&second, false));
        if let (Some(first), Some(second)) = (first, second) {
            prop_assert_eq!(first.evidence == second.evidence, count == 0);
        }
    }
}

/// Answers after the time of judging: in the present round, in an older one, in one of their own.
fn later(world: &World) -> Vec<Observation> {
    let mut tape = world.tape();
    let mut later = Vec::new();
    for (at, one) in world.observations.iter().enumerate() {
        let seconds = u64::try_from(at).unwrap() + 1;
        let time = world.now.plus(Duration::from_seconds(seconds));
        let round: Option<Time> = tape.of(&[None, world.round(), Some(world.now), Some(time)]);
        let fails = tape.odd(2).then(|| failure(&mut tape));
        if matches!(one.answer, Answer::Absent { .. }) && fails.is_none() {
            continue;
        }
        later.push(changed(one, |draft| {
            draft.at = time;
            draft.round = round.unwrap_or(draft.round);
            if let Some(why) = fails {
                draft.answer = Answer::Failed {
                    why,
                    retry_at: None,
                };
            }
        }));
    }
    later
}

/// The verdict's JSON; without the digest of the evidence, which the document's order changes.
fn bytes(verdict: &Option<Verdict>, whole: bool) -> Option<String> {
    let mut verdict = verdict.clone()?;
    if !whole {
        verdict.evidence = verdict.policy;
    }
    Some(serde_json::to_string(&verdict).unwrap())
}
