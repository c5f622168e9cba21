//! The evidence schema accepts what the reader accepts and refuses what it refuses for its shape.

use std::path::Path;

use lockstep::model::{Evidence, canonical_json};
use serde_json::{Value, json};

use super::{schema, valid};
use crate::model::evidence::{absent, document, documented, listing, observation};

pub(super) const SCHEMA: &str = include_str!("../../../docs/schema/evidence.schema.json");

fn fixtures() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/incidents");
    let mut found = Vec::new();
    for incident in std::fs::read_dir(folder).unwrap() {
        let incident = incident.unwrap().path();
        if !incident.is_dir() {
            continue;
        }
        for file in std::fs::read_dir(incident).unwrap() {
            let path = file.unwrap().path();
            let is_root = path.file_name().is_some_and(|it| it == "trusted_root.json");
            if path.extension().is_some_and(|it| it == "json") && !is_root {
                let text = std::fs::read_to_string(&path).unwrap();
                found.push((path.display().to_string(), text));
            }
        }
    }
    assert!(found.len() >= 60, "{} fixtures", found.len());
    found
}

#[test]
fn every_incident_and_every_documented_document_is_valid_and_reads_back_to_the_same_ids() {
    let validator = schema(SCHEMA);
    for (name, text) in fixtures().into_iter().chain(documented()) {
        valid(&validator, &serde_json::from_str(&text).unwrap(), &name);
        for evidence in Evidence::read_all(&text).unwrap() {
            let canonical = String::from_utf8(canonical_json(&evidence).unwrap()).unwrap();
            valid(
                &validator,
                &serde_json::from_str(&canonical).unwrap(),
                &name,
            );
            let again = Evidence::read_all(&canonical).unwrap().remove(0);
            assert_eq!(again, evidence, "{name}");
        }
    }
}

/// Every leaf and every object of a document, changed in ways that the reader may refuse.
fn damaged(whole: &Value) -> Vec<(String, Value)> {
    let mut pointers = Vec::new();
    collect(whole, "", &mut pointers);
    let mut found = Vec::new();
    for pointer in pointers {
        for new in [
            json!(7),
            json!(-1),
            json!("no such"),
            json!([]),
            json!({}),
            json!(true),
        ] {
            let mut changed = whole.clone();
            *changed.pointer_mut(&pointer).unwrap() = new.clone();
            found.push((format!("{pointer} is {new}"), changed));
        }
        let mut changed = whole.clone();
        if let Some(object) = changed.pointer_mut(&pointer).unwrap().as_object_mut() {
            object.insert("no-such-field".to_owned(), json!(1));
            found.push((format!("{pointer} has an unknown field"), changed));
            let keys: Vec<String> = whole
                .pointer(&pointer)
                .unwrap()
                .as_object()
                .unwrap()
                .keys()
                .cloned()
                .collect();
            for key in keys {
                let mut changed = whole.clone();
                changed
                    .pointer_mut(&pointer)
                    .unwrap()
                    .as_object_mut()
                    .unwrap()
                    .remove(&key);
                found.push((format!("{pointer} lacks {key}"), changed));
            }
        }
    }
    found
}

fn collect(value: &Value, pointer: &str, found: &mut Vec<String>) {
    found.push(pointer.to_owned());
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                let key = key.replace('~', "~0").replace('/', "~1");
                collect(value, &format!("{pointer}/{key}"), found);
            }
        }
        Value::Array(items) => {
            for (at, value) in items.iter().enumerate() {
                collect(value, &format!("{pointer}/{at}"), found);
            }
        }
        _ => {}
    }
}

#[test]
fn what_the_reader_refuses_for_its_shape_the_schema_refuses_too() {
    let validator = schema(SCHEMA);
    let mut refused = 0;
    for (kind, text) in documented() {
        let whole: Value = serde_json::from_str(&text).unwrap();
        for (what, changed) in damaged(&whole) {
            let Err(error) = Evidence::read_all(&changed.to_string()) else {
                continue;
            };
            // What refers to another observation is no question of shape.
            if error.message.contains("names no earlier") || error.message.contains("used twice") {
                continue;
            }
            refused += 1;
            assert!(!validator.is_valid(&changed), "{kind}: {what}: {error}");
        }
    }
    assert!(refused > 1_000, "{refused} documents were refused");
}

#[test]
fn what_the_schema_accepts_the_reader_accepts() {
    let validator = schema(SCHEMA);
    let mut accepted = 0;
    for (kind, text) in documented() {
        let whole: Value = serde_json::from_str(&text).unwrap();
        for (what, changed) in damaged(&whole) {
            if !validator.is_valid(&changed) {
                continue;
            }
            accepted += 1;
            if let Err(error) = Evidence::read_all(&changed.to_string()) {
                let refers = error.message.contains("names no earlier")
                    || error.message.contains("used twice");
                assert!(refers, "{kind}: {what}: {error}");
            }
        }
    }
    assert!(accepted > 100, "{accepted} documents were accepted");
}

#[test]
fn facts_must_answer_the_question() {
    let validator = schema(SCHEMA);
    let is_valid = |one: &Value| {
        let text = document(&[listing(), one.clone()]);
        validator.is_valid(&serde_json::from_str(&text).unwrap())
    };
    let seen = |facts: Value| json!({"seen": {"facts": facts, "coverage": "complete"}});
    let entry = seen(json!({"entry": {}}));
    let project = seen(json!({"project": {}}));
    assert!(is_valid(&observation(&json!({"entry": "v1"}), &entry)));
    assert!(is_valid(&observation(&json!("project"), &project)));
    assert!(is_valid(&absent("list")));
    assert!(!is_valid(&observation(&json!("listing"), &entry)));
    assert!(!is_valid(&observation(&json!("project"), &entry)));
    assert!(!is_valid(&observation(&json!({"entry": "v1"}), &project)));
    let gone = json!({"absent": {"parent-read": "list"}});
    assert!(!is_valid(&observation(&json!("listing"), &gone)));
}
