//! Less evidence never allows more: what fails, breaks off or is not asked stops, it never passes.

use lockstep::model::{
    Answer, Coverage, Disposition, Facts, Name, Observation, Outcome, Query, Unreachable, Verdict,
};
use proptest::prelude::*;

use super::drawn::{Tape, World, cases, changed, named_worlds, replaced};
use super::drawn_answers::failure;

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn a_required_channel_that_says_less_never_turns_a_refusal_into_an_allow(world in named_worlds()) {
        let before = world.judge();
        prop_assume!(before.as_ref().is_some_and(|it| it.outcome != Outcome::Allow));
        let mut tape = world.tape();
        for channel in world.required() {
            for (what, less) in less(&world, channel, &mut tape) {
                let less = world.with(less);
                let Some(after) = less.judge() else { continue };
                if after.outcome == Outcome::Allow && !is_reapproved(&less, &after) {
                    prop_assert!(false, "{channel}: {what}\n{}\n{}", shown(&before), shown(&Some(after)));
                }
            }
        }
    }

    #[test]
    fn what_is_approved_again_was_allowed_by_an_earlier_round_alone(world in named_worlds()) {
        let Some(verdict) = world.judge() else { return Ok(()) };
        let open = |it: &Disposition| matches!(it, Disposition::LastKnownGood { .. });
        if verdict.findings.iter().any(|it| open(&it.disposition)) {
            prop_assert_eq!(verdict.outcome, Outcome::Allow);
            prop_assert!(is_reapproved(&world, &verdict), "{}", shown(&Some(verdict)));
        }
    }
}

/// Everything that may befall one channel in the present round.
fn less(world: &World, channel: &Name, tape: &mut Tape) -> Vec<(&'static str, Vec<Observation>)> {
    let all = &world.observations;
    let round = world.round();
    let present = |it: &&Observation| Some(it.round) == round && it.channel == *channel;
    let others = |it: &&Observation| !present(it);
    let mut less = Vec::new();
    // A round that nobody was asked in is no round: then the one before it is the present.
    let stays = |it: &Observation| Some(it.round) == round && it.channel != *channel;
    if all.iter().any(stays) {
        less.push(("not asked", all.iter().filter(others).cloned().collect()));
    }
    let failing = |it: &Observation, tape: &mut Tape| {
        let why = failure(tape);
        changed(it, |draft| {
            draft.answer = Answer::Failed {
                why,
                retry_at: None,
            };
        })
    };
    let failed = all.iter().map(|it| match present(&it) {
        true => failing(it, tape),
        false => it.clone(),
    });
    less.push(("every question failed", failed.collect()));
    for (at, one) in all.iter().enumerate().filter(|(_, it)| present(it)) {
        less.push(("one question failed", replaced(all, at, failing(one, tape))));
        let Some(listing) = listed(one) else { continue };
        let names: Vec<&String> = listing.keys().collect();
        let why = failure(tape);
        let mask = tape.pick(1 << 8);
        let mut kept: Vec<Vec<&String>> = vec![names.clone(), Vec::new()];
        kept.extend((0..names.len()).map(|cut| {
            let rest = names.iter().enumerate().filter(|(at, _)| *at != cut);
            rest.map(|(_, name)| *name).collect()
        }));
        kept.extend((1..names.len()).map(|length| names[..length].to_vec()));
        kept.push(
            (names.iter().enumerate())
                .filter(|(at, _)| mask >> (at % 8) & 1 == 1)
                .map(|(_, name)| *name)
                .collect(),
        );
        for kept in kept {
            let shorter = changed(one, |draft| {
                let Answer::Seen {
                    facts: Facts::Listing(listing),
                    coverage,
                    ..
                } = &mut draft.answer
                else {
                    return;
                };
                listing.entries.retain(|name, _| kept.contains(&name));
                *coverage = Coverage::Partial {
                    stopped_at: "page 3".to_owned(),
                    why: why.clone(),
                };
            });
            less.push(("a listing broke off", replaced(all, at, shorter)));
        }
    }
    less
}

fn listed(
    observation: &Observation,
) -> Option<&std::collections::BTreeMap<String, lockstep::model::Entry>> {
    match (&observation.query, &observation.answer) {
        (
            Query::Listing,
            Answer::Seen {
                facts: Facts::Listing(listing),
                ..
            },
        ) => Some(&listing.entries),
        _ => None,
    }
}

/// Whether an allow is `last-known-good` at its word: some earlier round, with nothing later known
/// and nothing approved again, allows the same digests.
fn is_reapproved(world: &World, verdict: &Verdict) -> bool {
    let round = verdict.findings.iter().find_map(|it| match it.disposition {
        Disposition::LastKnownGood { round } => Some(round),
        _ => None,
    });
    let Some(round) = round else { return false };
    let until = world.observations.iter().filter(|it| it.round <= round);
    let mut earlier = world.with(until.cloned().collect());
    for environment in &mut earlier.policy.environments {
        environment.when_unreachable = Unreachable::Indeterminate;
    }
    Some(round) < world.round()
        && earlier.judge().is_some_and(|it| {
            it.outcome == Outcome::Allow && it.digests == verdict.digests && !it.digests.is_empty()
        })
}

/// What decided, for the message of a test that fails.
pub(super) fn shown(verdict: &Option<Verdict>) -> String {
    let Some(verdict) = verdict else {
        return "refused".to_owned();
    };
    let findings: Vec<String> = verdict
        .findings
        .iter()
        .map(|it| {
            format!(
                "  {} {} {} {:?}",
                it.severity, it.code, it.message, it.disposition
            )
        })
        .collect();
    let cells: Vec<String> = verdict
        .cells
        .iter()
        .map(|it| {
            format!(
                "  {} {} {} required={} {:?}",
                it.line, it.version, it.channel, it.required, it.state
            )
        })
        .collect();
    format!(
        "{}\n{}\n{}",
        verdict.outcome,
        findings.join("\n"),
        cells.join("\n")
    )
}
