//! The replay schema describes what the replay of the incidents writes.

use std::path::Path;

use lockstep::check::replay::play;
use lockstep::model::replay_totals;
use lockstep::report::json_replay;
use serde_json::Value;

use super::{schema, valid};

pub(super) const SCHEMA: &str = include_str!("../../../docs/schema/replay.schema.json");

#[test]
fn the_replay_of_the_incidents_is_valid_and_a_changed_one_is_not() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/incidents");
    let rows = play(&folder).unwrap();
    let text = json_replay(&rows, &replay_totals(&rows)).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    let validator = schema(SCHEMA);
    valid(&validator, &document, "replay");
    assert!(document["rows"].as_array().unwrap().len() >= 28);
    assert!(text.contains("\"later\""), "some moment expects more later");
    for (pointer, new) in [
        ("/rows/0/cases/0/verdict", Value::from("maybe")),
        ("/caught", Value::Null),
        ("/rows/0/cases", Value::Array(Vec::new())),
        ("/schema", Value::from("lockstep-replay/2")),
    ] {
        let mut changed = document.clone();
        *changed.pointer_mut(pointer).unwrap() = new;
        assert!(!validator.is_valid(&changed), "{pointer}");
    }
}
