//! The JSON Schemas of `docs/schema` say the same as the code that reads and writes the documents.

mod doctor;
mod evidence;
mod replay;
pub(crate) mod trust;
mod verdict;
pub(crate) mod verification;

use jsonschema::Validator;
use serde_json::Value;

/// The validator of one schema, which is itself a valid schema.
fn schema(text: &str) -> Validator {
    let schema: Value = serde_json::from_str(text).unwrap();
    assert!(jsonschema::draft202012::meta::is_valid(&schema));
    jsonschema::validator_for(&schema).unwrap()
}

#[track_caller]
fn valid(validator: &Validator, document: &Value, what: &str) {
    let errors: Vec<String> = validator
        .iter_errors(document)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{what}: {}", errors.join("\n"));
}

/// Every object of the schema that is not a map says what it does with unknown fields, and every
/// field of it is described, here or where it refers to.
fn open_objects(schema: &Value, path: &str, found: &mut Vec<String>) {
    match schema {
        Value::Object(fields) => {
            let is_fragment =
                path.contains("/if") || path.contains("/then") || path.contains("/else");
            if fields.get("type") == Some(&Value::from("object"))
                && !fields.contains_key("additionalProperties")
                && !is_fragment
            {
                found.push(path.to_owned());
            }
            for (key, value) in fields {
                open_objects(value, &format!("{path}/{key}"), found);
            }
        }
        Value::Array(items) => {
            for (at, value) in items.iter().enumerate() {
                open_objects(value, &format!("{path}/{at}"), found);
            }
        }
        _ => {}
    }
}

#[test]
fn no_object_of_a_schema_takes_unknown_fields_by_oversight() {
    for text in [
        doctor::SCHEMA,
        evidence::SCHEMA,
        replay::SCHEMA,
        trust::SCHEMA,
        verdict::SCHEMA,
        verification::SCHEMA,
    ] {
        let mut found = Vec::new();
        open_objects(&serde_json::from_str(text).unwrap(), "", &mut found);
        assert!(found.is_empty(), "{found:?}");
    }
}
