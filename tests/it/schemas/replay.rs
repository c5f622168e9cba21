//! The replay schema describes what a replay writes.

use lockstep::model::{JudgedCase, Level, Outcome, ReplayRow, replay_totals};
use lockstep::report::json_replay;
use serde_json::Value;

use super::{schema, valid};

pub(super) const SCHEMA: &str = include_str!("../../../docs/schema/replay.schema.json");

fn row(incident: &str, attack: bool, verdict: Outcome, limit: Option<&str>) -> ReplayRow {
    ReplayRow {
        incident: incident.to_owned(),
        title: "an incident".to_owned(),
        what: "what happened".to_owned(),
        sources: vec!["https://example.com/".to_owned()],
        synthetic: vec!["digests".to_owned()],
        attack,
        signals: vec!["S1".to_owned()],
        limit: limit.map(str::to_owned),
        needs_provenance: false,
        as_expected: true,
        cases: vec![JudgedCase {
            name: "T+60".to_owned(),
            verdict,
            codes: vec!["version-missing".to_owned()],
            mismatch: Level::High,
            suspicion: Level::Low,
            surprises: Vec::new(),
            decisive: true,
        }],
    }
}

#[test]
fn a_replay_is_valid_and_no_field_of_it_is_unknown() {
    let rows = [
        row("one", true, Outcome::Deny, None),
        row("two", true, Outcome::Allow, Some("S7")),
        row("three", false, Outcome::Indeterminate, None),
    ];
    let text = json_replay(&rows, &replay_totals(&rows)).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    let validator = schema(SCHEMA);
    valid(&validator, &document, "replay");
    assert_eq!(document["caught"], 1);
    let mut changed = document.clone();
    changed["rows"][0]["verdict"] = Value::from("maybe");
    assert!(!validator.is_valid(&changed));
    let mut changed = document;
    changed["caught"].take();
    assert!(!validator.is_valid(&changed));
}
