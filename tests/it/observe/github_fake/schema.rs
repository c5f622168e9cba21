//! Whether answers are what GitHub's own description of its API says.

use std::collections::BTreeMap;

use jsonschema::Validator;
use serde_json::{Map, Value, json};

const DESCRIPTION: &str = include_str!("../../../../fixtures/github-openapi/schemas.json");

/// Fails where an answer does not fit the schema that it claims.
pub(super) fn check(said: &[(&'static str, Value)]) {
    let mut validators: BTreeMap<&str, Validator> = BTreeMap::new();
    for (name, answer) in said {
        let validator = validators.entry(name).or_insert_with(|| validator(name));
        let errors = validator.iter_errors(answer);
        let errors: Vec<String> = errors
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{name}: {errors:#?} in {answer:#}");
    }
}

fn validator(name: &str) -> Validator {
    let mut document: Value = serde_json::from_str(DESCRIPTION).unwrap();
    let schemas = document["components"]["schemas"].as_object_mut().unwrap();
    assert!(schemas.contains_key(name), "{name}");
    schemas.values_mut().for_each(translate);
    let all = schemas.clone();
    jsonschema::validator_for(&json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$ref": format!("#/components/schemas/{name}"),
        "components": {"schemas": all},
    }))
    .unwrap()
}

/// OpenAPI 3.0 to JSON Schema: `nullable` allows null beside what else is said.
fn translate(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            fields.values_mut().for_each(translate);
            // A property may be called `nullable`; the word of the schema is a boolean.
            if fields.get("nullable") == Some(&Value::Bool(true)) {
                let inner: Map<String, Value> = std::mem::take(fields);
                fields.insert("anyOf".to_owned(), json!([{"type": "null"}, inner]));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(translate),
        _ => {}
    }
}

#[test]
fn the_description_refuses_what_github_would_not_say() {
    let release = validator("release");
    assert!(!release.is_valid(&json!({"id": 1, "tag_name": "v1"})));
    let branch = validator("short-branch");
    let good =
        json!({"name": "main", "protected": true, "commit": {"sha": "1", "url": "http://h/"}});
    assert!(branch.is_valid(&good));
    assert!(!branch.is_valid(&json!({"name": "main", "protected": true, "commit": {}})));
}
