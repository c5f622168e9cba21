//! THREATS row 3: whatever is missing, broken or failed in what a decision is made from, it is no
//! allow.

use lockstep::model::{Digest, Outcome};
use serde_json::Value;

use super::attesting::{PACKAGE, Told, built, release, wheel};
use super::world::{NOW, broken_off, failed};

fn package() -> Told {
    Told::packages(&[("1.2.0", 'a')])
}

fn bundle() -> String {
    built(&release("1.2.0", 'a'), &[wheel("1.2.0")])
}

fn outcome(told: &Told) -> Outcome {
    told.verdict(PACKAGE, "1.2.0").outcome
}

fn sound() -> Told {
    let mut told = package();
    told.wheel("1.2.0", &[&bundle()]);
    assert_eq!(outcome(&told), Outcome::Allow);
    told
}

#[test]
fn row_3_no_answer_that_is_missing_failed_or_broken_off_is_an_allow() {
    let sound = sound();
    let queries = [
        ("tag", r#""listing""#),
        ("pypi", r#""listing""#),
        ("pypi", r#"{"attestations":"1.2.0"}"#),
    ];
    assert_eq!(sound.observations.len(), queries.len());
    for (position, (channel, query)) in queries.into_iter().enumerate() {
        let mut without = sound.clone();
        without.observations.remove(position);
        assert_ne!(outcome(&without), Outcome::Allow, "without {position}");
        let mut torn = sound.clone();
        let one = &mut torn.observations[position];
        *one = broken_off(one);
        assert_ne!(outcome(&torn), Outcome::Allow, "{position} broken off");
        for kind in ["server-error", "timeout", "unauthorized", "malformed"] {
            for beside in [false, true] {
                let mut broken = sound.clone();
                if !beside {
                    broken.observations.remove(position);
                }
                broken.observations.push(failed(channel, NOW, query, kind));
                let outcome = outcome(&broken);
                assert_ne!(outcome, Outcome::Allow, "{position}, {kind}, {beside}");
            }
        }
    }
}

#[test]
fn row_3_no_bundle_that_is_missing_cut_or_other_is_an_allow() {
    let mut without = sound();
    without.bundles.clear();
    assert_ne!(outcome(&without), Outcome::Allow);
    let whole = bundle();
    let mut broken: Vec<String> = (0..16)
        .map(|part| whole[..whole.len() * part / 16].to_owned())
        .collect();
    broken.extend(["null", "[]", "{}", "0"].map(str::to_owned));
    broken.push(format!("{whole}x"));
    broken.push(format!("{whole}\0"));
    broken.push(format!("\u{feff}{whole}"));
    broken.push(format!("{whole}\n{}", bundle()));
    broken.push(built(&release("1.2.0", 'b'), &[wheel("1.2.0")]));
    broken.push(built(&release("1.2.0", 'a'), &[wheel("1.2.1")]));
    for text in broken {
        let told = package().wheel("1.2.0", &[&text]).clone();
        assert_ne!(outcome(&told), Outcome::Allow, "{text}");
    }
}

/// Each member of a bundle in turn: away, or of another type.
#[test]
fn row_3_no_member_that_is_missing_or_of_another_type_is_an_allow() {
    let whole: Value = serde_json::from_str(&bundle()).unwrap();
    let mut places = Vec::new();
    list(&whole, "", &mut places);
    assert!(places.len() > 25, "{places:?}");
    for place in places {
        for other in [None, Some(Value::Null), Some(Value::Bool(true))] {
            let mut broken = whole.clone();
            match &other {
                Some(value) => *broken.pointer_mut(&place).unwrap() = value.clone(),
                None => take(&mut broken, &place),
            }
            let text = broken.to_string();
            let told = package().wheel("1.2.0", &[&text]).clone();
            assert_ne!(outcome(&told), Outcome::Allow, "{place}: {other:?}");
        }
    }
}

fn list(value: &Value, at: &str, into: &mut Vec<String>) {
    let members: Vec<(String, &Value)> = match value {
        Value::Object(members) => members.iter().map(|it| (it.0.clone(), it.1)).collect(),
        Value::Array(items) => {
            let numbered = items.iter().enumerate();
            numbered.map(|(at, it)| (at.to_string(), it)).collect()
        }
        _ => Vec::new(),
    };
    for (name, member) in members {
        let place = format!("{at}/{name}");
        list(member, &place, into);
        into.push(place);
    }
}

fn take(value: &mut Value, place: &str) {
    let (parent, name) = place.rsplit_once('/').unwrap();
    match value.pointer_mut(parent).unwrap() {
        Value::Object(members) => drop(members.remove(name)),
        Value::Array(items) => drop(items.remove(name.parse().unwrap())),
        _ => {}
    }
}

/// What evidence holds under a digest is read under no other.
#[test]
fn row_17_a_bundle_under_another_digest_is_no_evidence() {
    let mut told = sound();
    let text = told.bundles.pop_first().unwrap().1;
    let forged = built(&release("1.2.0", 'b'), &[wheel("1.2.0")]);
    told.bundles.insert(Digest::of(text.as_bytes()), forged);
    let read = std::panic::catch_unwind(|| outcome(&told));
    assert!(read.is_err(), "evidence with a false key is refused");
}
