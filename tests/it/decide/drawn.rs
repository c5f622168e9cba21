//! Worlds drawn at random: a policy and what its channels answered in one to three rounds, from
//! good through torn to contradictory.
//!
//! Everything is read off a tape of numbers. Zero is the good choice everywhere (a complete listing
//! that has the release, with the right facts), so that shrinking a tape mends the world piece by
//! piece until only what breaks a property is left.

use lockstep::decide::{Question, Which, codes, evaluate};
use lockstep::model::{
    Answer, EVIDENCE_SCHEMA, Evidence, Name, Observation, ObservationDraft, Policy, Time, Verdict,
};
use lockstep::verify::{Origin, check};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::drawn_answers::answers;
use super::drawn_policy::policy;

/// How many cases a property tries, unless `PROPTEST_CASES` says otherwise.
pub(super) fn cases() -> ProptestConfig {
    let wanted = std::env::var("PROPTEST_CASES").ok();
    // The usual run draws the same worlds each time: it proves the same of every commit. A run with
    // PROPTEST_CASES goes looking for new ones.
    let rng_seed = match wanted {
        Some(_) => RngSeed::Random,
        None => RngSeed::Fixed(20_261_121),
    };
    let cases = wanted.and_then(|it| it.parse().ok()).unwrap_or(256);
    ProptestConfig {
        cases,
        rng_seed,
        // A property about refusals passes the worlds over that are allowed.
        max_global_rejects: cases.saturating_mul(4).max(1_024),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// The numbers from which a world is read.
pub(super) struct Tape {
    numbers: std::vec::IntoIter<u16>,
}

impl Tape {
    /// A tape of these numbers.
    pub(super) fn of_numbers(numbers: Vec<u16>) -> Self {
        Self {
            numbers: numbers.into_iter(),
        }
    }

    /// One of `count`, 0 where the tape is at its end.
    pub(super) fn pick(&mut self, count: usize) -> usize {
        usize::from(self.numbers.next().unwrap_or(0)) % count
    }

    /// True once in `every` times; never for a zero.
    pub(super) fn odd(&mut self, every: usize) -> bool {
        self.pick(every) == every - 1
    }

    /// One of some values; the first is the good one.
    pub(super) fn of<T: Clone>(&mut self, values: &[T]) -> T {
        values[self.pick(values.len())].clone()
    }
}

/// A policy, evidence and a question, with a few numbers left for what is done to them.
#[derive(Clone, Debug)]
pub(super) struct World {
    pub(super) policy: Policy,
    pub(super) observations: Vec<Observation>,
    pub(super) environment: Option<Name>,
    pub(super) fail_on: Vec<&'static str>,
    pub(super) which: Which,
    pub(super) now: Time,
    /// What is left of the tape.
    pub(super) rest: Vec<u16>,
}

/// Worlds in which a release is named.
pub(super) fn named_worlds() -> impl Strategy<Value = World> {
    worlds().prop_map(|mut world| {
        world.which = Which::Named(vec!["1.2.0".to_owned()]);
        world
    })
}

/// Worlds with any question.
pub(super) fn worlds() -> impl Strategy<Value = World> {
    let number = prop_oneof![2 => Just(0u16), 3 => any::<u16>()];
    proptest::collection::vec(number, 0..700).prop_map(read)
}

fn read(numbers: Vec<u16>) -> World {
    let rest: Vec<u16> = numbers.iter().rev().take(24).copied().collect();
    let mut tape = Tape {
        numbers: numbers.into_iter(),
    };
    let policy = policy(&mut tape);
    let which = match tape.pick(6) {
        4 => Which::Newest,
        5 => Which::All { since: None },
        _ => Which::Named(vec!["1.2.0".to_owned()]),
    };
    let environments = policy.environments.first().map(|it| it.name.clone());
    let environment = environments.filter(|_| tape.pick(3) > 0);
    let all = codes();
    let mut fail_on = Vec::new();
    if tape.odd(6) {
        fail_on.push(tape.of(&all));
        fail_on.push(tape.of(&all));
    }
    let observations = answers(&policy, &mut tape);
    let latest = observations.iter().map(|it| it.at).max();
    let start: Time = "2026-03-01T00:00:00Z".parse().unwrap();
    let now = latest.unwrap_or(start);
    World {
        policy,
        observations,
        environment,
        fail_on,
        which,
        now,
        rest,
    }
}

impl World {
    /// The verdict; nothing where the evidence or the question is refused, which is no allow.
    pub(super) fn judge(&self) -> Option<Verdict> {
        let evidence = Evidence {
            schema: EVIDENCE_SCHEMA.to_owned(),
            component: self.policy.component.name.clone(),
            observations: self.observations.clone(),
            bundles: Default::default(),
            trust: Default::default(),
            decided_at: "2030-01-01T00:00:00Z".parse().unwrap(),
        };
        let checked = check(evidence, Origin::Asked, &self.policy.trust).ok()?;
        let question = Question {
            which: self.which.clone(),
            environment: self.environment.clone(),
            fail_on: self.fail_on.iter().map(|it| it.parse().unwrap()).collect(),
        };
        evaluate(&self.policy, &checked, &question, self.now).ok()
    }

    /// The same world with other observations.
    pub(super) fn with(&self, observations: Vec<Observation>) -> Self {
        Self {
            observations,
            ..self.clone()
        }
    }

    /// The numbers that are left.
    pub(super) fn tape(&self) -> Tape {
        Tape {
            numbers: self.rest.clone().into_iter(),
        }
    }

    /// The start of the present round.
    pub(super) fn round(&self) -> Option<Time> {
        let visible = self.observations.iter().filter(|it| it.at <= self.now);
        visible.map(|it| it.round).max()
    }

    pub(super) fn requires(&self, channel: &Name) -> bool {
        let environment = self.environment.as_ref();
        let environment = environment.and_then(|name| self.policy.environment(name));
        *channel == self.policy.announced_by
            || environment.is_none_or(|it| it.requires.contains(channel))
    }

    /// The required channels.
    pub(super) fn required(&self) -> Vec<&Name> {
        let names = self.policy.channels.iter().map(|it| &it.name);
        names.filter(|name| self.requires(name)).collect()
    }
}

/// An observation, changed and sealed anew.
pub(super) fn changed(
    observation: &Observation,
    change: impl FnOnce(&mut ObservationDraft),
) -> Observation {
    let mut draft = observation.draft();
    change(&mut draft);
    Observation::seal(draft).unwrap()
}

/// The observations with one of them replaced; an absence that named it names its successor.
pub(super) fn replaced(all: &[Observation], at: usize, by: Observation) -> Vec<Observation> {
    let old = all[at].id;
    let new = by.id;
    let mut observations: Vec<Observation> = all
        .iter()
        .map(|it| match &it.answer {
            Answer::Absent { parent_read } if *parent_read == old => changed(it, |draft| {
                draft.answer = Answer::Absent { parent_read: new };
            }),
            _ => it.clone(),
        })
        .collect();
    observations[at] = by;
    observations
}
