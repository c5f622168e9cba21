//! Drawn answers about attestations: less of them never allows more, and equal ones give equal bytes.

use std::sync::LazyLock;

use lockstep::decide::evaluate;
use lockstep::model::{Digest, Evidence, Outcome, Policy, Verdict};
use lockstep::verify::{Origin, check};
use proptest::prelude::*;
use serde_json::json;

use super::attacks::told_by_its_writer;
use super::attesting::{
    AUTHORITY, BUILD, SIGNED, Told, built, commit, digest, load, published, release, statement,
};
use super::drawn::{Tape, cases};
use super::images::{TWO, image, tag};
use super::world::{LATER, NOW, broken_off, failed, question};
use crate::authority::{Authority, Claims, Options};

const CHANNELS: [&str; 2] = ["hub", "ghcr"];

/// The policies that are drawn from.
static POLICIES: LazyLock<Vec<Policy>> = LazyLock::new(|| {
    let with = |more: &str| load(&format!("{TWO}{more}"));
    let mut policies = vec![
        with(""),
        load(&TWO.replace("commit = \"any\"\n", "")),
        load(&TWO.replace("kind = \"build\"\n", "kind = \"publish\"\n")),
        with("builder = \"https://github.com/acme/api/.github/workflows/release.yml\"\n"),
        with("since = \"2.0.0\"\n"),
    ];
    // Everything here is signed under one root; more of them cost time and show nothing.
    for policy in &mut policies {
        policy.trust.retain(|it| it.label == "root.json");
    }
    policies
});

/// Everything that may be attached to an image of one registry; the first is right.
static DOCUMENTS: LazyLock<Vec<[String; 11]>> = LazyLock::new(|| {
    let of = |channel: &&str| {
        let about = [digest(channel)];
        let own = release("1.2.0", 'a');
        let stranger = Claims::github("mallory/api", "refs/tags/v1.2.0", &commit('a'));
        let good = built(&own, &about);
        let sbom = statement("https://spdx.dev/Document", &json!({}), &about);
        let elsewhere = Authority::new("stranger");
        // Who could have a certificate of the same issuer without a repository.
        let mallory = Claims::person("mallory@evil.example", &own.issuer);
        let said = told_by_its_writer("https://github.com/acme/api", "1.2.0", 'a');
        let own_word = statement(BUILD, &said, &about);
        [
            good.clone(),
            published(&own, &about),
            built(&release("1.2.0", 'b'), &about),
            built(&stranger, &about),
            published(&stranger, &about),
            built(&own, &[digest("stray")]),
            AUTHORITY.sign(&sbom, &own, &Options::at(SIGNED)),
            elsewhere.sign(&sbom, &own, &Options::at(SIGNED)),
            elsewhere.sign_artifact(b"x", &own, &Options::at(SIGNED)),
            good.replace("sha", "sho")
                .replacen("\"sig\":\"", "\"sig\":\"AA", 1),
            AUTHORITY.sign(&own_word, &mallory, &Options::at(SIGNED)),
        ]
    };
    CHANNELS.iter().map(of).collect()
});

#[derive(Clone, Debug)]
struct World {
    policy: usize,
    observations: Vec<String>,
    told: Vec<(Digest, String)>,
}

fn missing(verdict: &Verdict) -> usize {
    let codes = verdict.findings.iter().map(|it| it.code.as_str());
    codes.filter(|it| *it == "provenance-missing").count()
}

fn worlds() -> impl Strategy<Value = World> {
    let number = prop_oneof![3 => Just(0u16), 2 => any::<u16>()];
    proptest::collection::vec(number, 0..60).prop_map(|numbers| read(Tape::of_numbers(numbers)))
}

fn read(mut tape: Tape) -> World {
    let policy = tape.pick(POLICIES.len());
    let mut told = Told::default();
    told.observations.push(tag());
    for (channel, documents) in CHANNELS.iter().zip(DOCUMENTS.iter()) {
        let index = digest(channel);
        told.observations.extend(image(channel, index, &[]));
        for _ in 0..=tape.pick(2) {
            let mut attached = vec![&documents[tape.pick(documents.len())]];
            if tape.odd(3) {
                attached.push(&documents[tape.pick(documents.len())]);
            }
            if tape.odd(6) {
                attached.clear();
            }
            told.attach(channel, "1.2.0", &[(index, &attached)]);
        }
    }
    World {
        policy,
        observations: told.observations,
        told: told.bundles.into_iter().collect(),
    }
}

impl World {
    fn evidence(&self) -> Evidence {
        let told = Told {
            observations: self.observations.clone(),
            bundles: self.told.iter().cloned().collect(),
        };
        told.evidence(LATER)
    }

    fn judge(&self) -> Verdict {
        self.judge_at(LATER)
    }

    fn judge_at(&self, now: &str) -> Verdict {
        let policy = &POLICIES[self.policy];
        let checked = check(self.evidence(), Origin::Asked, &policy.trust).unwrap();
        let question = question(Some("1.2.0"), None);
        evaluate(policy, &checked, &question, now.parse().unwrap()).unwrap()
    }

    /// The same where a server says that the release is a minute old.
    fn fresh(&self) -> Self {
        let mut fresh = self.clone();
        let published = r#""v1.2.0":{"published":"2026-03-04T07:59:00Z","#;
        for observation in &mut fresh.observations {
            *observation = observation.replace(r#""v1.2.0":{"#, published);
        }
        fresh
    }

    /// Everything that may befall what is known of attestations.
    fn less(&self) -> Vec<(&'static str, Self)> {
        let is_about = |it: &String| it.contains(r#""query":{"attestations""#);
        let mut less = Vec::new();
        for channel in CHANNELS {
            let mine = format!(r#""channel":"{channel}""#);
            let mut silent = self.clone();
            silent
                .observations
                .retain(|it| !(is_about(it) && it.contains(&mine)));
            less.push(("nobody was asked", silent));
        }
        for (at, one) in self
            .observations
            .iter()
            .enumerate()
            .filter(|it| is_about(it.1))
        {
            let with = |by: String| {
                let mut changed = self.clone();
                changed.observations[at] = by;
                changed
            };
            let channel = CHANNELS
                .iter()
                .find(|it| one.contains(&format!(r#""channel":"{it}""#)));
            let failure = failed(
                channel.unwrap(),
                NOW,
                r#"{"attestations":"1.2.0"}"#,
                "timeout",
            );
            less.push(("a place failed", with(failure)));
            less.push(("a place broke off", with(broken_off(one))));
            let (head, _) = one.split_once(r#""artifacts":{"#).unwrap();
            let nothing = format!(
                r#"{head}"artifacts":{{}}}}}},"coverage":{{"partial":{{"stopped-at":"page 2","why":{{"kind":"timeout","detail":"page 2"}}}}}}}}}}}}"#
            );
            less.push(("a place broke off at once", with(nothing)));
        }
        for at in 0..self.told.len() {
            let mut lost = self.clone();
            lost.told.remove(at);
            less.push(("a document is not there", lost));
        }
        less
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases().cases.min(16), ..cases() })]

    #[test]
    fn less_that_is_known_of_attestations_never_turns_a_refusal_into_an_allow(world in worlds()) {
        let before = world.judge();
        for (what, less) in world.less() {
            let after = less.judge();
            prop_assert!(missing(&after) <= missing(&before), "{what} is missing");
            prop_assert!(before.outcome == Outcome::Allow || after.outcome != Outcome::Allow, "{what}\n{:#?}\n{:#?}", before.findings, after.findings);
        }
    }

    /// A window turns refusals into waiting, and nothing into an allow.
    #[test]
    fn a_release_that_is_fresh_is_allowed_where_an_old_one_is(world in worlds()) {
        let (old, fresh) = (world.judge(), world.fresh().judge());
        prop_assert_eq!(old.outcome == Outcome::Allow, fresh.outcome == Outcome::Allow);
        prop_assert_eq!(missing(&old), missing(&fresh));
        for (what, less) in world.fresh().less() {
            prop_assert!(fresh.outcome == Outcome::Allow || less.judge().outcome != Outcome::Allow, "{what}");
        }
    }

    /// Whatever else is attached: without the own workflow's build of an image nothing is allowed.
    #[test]
    fn an_allow_needs_a_build_of_each_image_by_the_own_workflow(world in worlds()) {
        if world.judge().outcome == Outcome::Allow {
            for (channel, documents) in CHANNELS.iter().zip(DOCUMENTS.iter()) {
                // The third is of another commit, which most of these policies accept.
                let right = [&documents[0], &documents[2]].map(|it| Digest::of(it.as_bytes()).to_string());
                let mine = format!(r#""channel":"{channel}""#);
                let mut told = world.observations.iter().filter(|it| it.contains(&mine));
                prop_assert!(told.any(|it| right.iter().any(|id| it.contains(id.as_str()))), "{channel}");
            }
        }
    }

    #[test]
    fn neither_the_order_of_answers_nor_later_ones_change_a_byte(world in worlds()) {
        let bytes = |verdict: &Verdict| {
            let mut value = serde_json::to_value(verdict).unwrap();
            value["evidence"] = serde_json::Value::Null;
            value.to_string()
        };
        let first = bytes(&world.judge_at("2026-03-05T00:00:00Z"));
        let mut other = world.clone();
        other.observations.reverse();
        let stranger = DOCUMENTS[0][3].clone();
        let mut later = Told { observations: other.observations, bundles: Default::default() };
        later.attach_at("2026-03-06T00:00:00Z", "hub", "1.2.0", &[(digest("hub"), &[&stranger])]);
        other.observations = later.observations;
        other.told.extend(later.bundles);
        prop_assert_eq!(first, bytes(&other.judge_at("2026-03-05T00:00:00Z")));
    }
}

#[test]
fn the_drawn_answers_allow_and_refuse() {
    let good = read(Tape::of_numbers(Vec::new()));
    assert_eq!(
        good.judge().outcome,
        Outcome::Allow,
        "{:#?}",
        good.judge().findings
    );
    let bad = read(Tape::of_numbers(vec![0, 0, 3]));
    assert_eq!(bad.judge().outcome, Outcome::Deny);
    // An image without any attestation, old and fresh.
    let bare = read(Tape::of_numbers(vec![0, 0, 0, 0, 5]));
    assert_eq!(bare.judge().outcome, Outcome::Deny);
    assert_eq!(bare.fresh().judge().outcome, Outcome::Indeterminate);
}
