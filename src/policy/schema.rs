//! The JSON Schema of policy files, for editors and for checks without Lockstep.

use serde_json::{Map, Value, json};

use super::{KEYS, channel};
use crate::model::settings::{Key, Shape};
use crate::observe::KINDS;

/// The schema (JSON Schema 2020-12) of a policy file read as JSON, dates being strings.
///
/// It is made from the same declarations of keys that the reader checks. It cannot say everything:
/// references, templates and versions are checked by [`super::load`] alone.
pub fn schema() -> Value {
    let (properties, required) = properties(&[KEYS]);
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Lockstep policy",
        "description": "What is released together, where it appears, what must agree.",
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
        // What a policy extends may hold whole tables.
        "if": {
            "required": ["component"],
            "properties": { "component": { "type": "object", "required": ["extends"] } },
        },
        "else": { "required": required },
    })
}

fn properties(groups: &[&[Key]]) -> (Map<String, Value>, Vec<&'static str>) {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for key in groups.iter().flat_map(|group| group.iter()) {
        let mut shape = shape(key.shape);
        if let Value::Object(shape) = &mut shape {
            shape.insert("description".to_owned(), key.about.into());
        }
        properties.insert(key.name.to_owned(), shape);
        if key.required {
            required.push(key.name);
        }
    }
    (properties, required)
}

fn object(keys: &[Key]) -> Value {
    let (properties, required) = properties(&[keys]);
    let mut object = json!({
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    });
    if !required.is_empty() {
        object["required"] = required.into();
    }
    object
}

fn shape(shape: Shape) -> Value {
    let texts = || json!({ "type": "array", "items": { "type": "string" } });
    match shape {
        Shape::Text | Shape::TextOrDate => json!({ "type": "string" }),
        Shape::Choice(words) => json!({ "enum": words }),
        Shape::Duration => json!({ "type": "string", "pattern": "^[0-9]{1,10}[smhd]$" }),
        Shape::Date => json!({ "type": "string", "format": "date" }),
        Shape::Integer => json!({ "type": "integer", "minimum": 0 }),
        Shape::Boolean => json!({ "type": "boolean" }),
        Shape::Texts => texts(),
        Shape::TextOrTexts => json!({ "anyOf": [{ "type": "string" }, texts()] }),
        Shape::Table(keys) => object(keys),
        Shape::Tables(keys) => json!({ "type": "array", "items": object(keys) }),
        Shape::Named(keys) => named(object(keys)),
        Shape::Channels => named(json!({ "oneOf": channels() })),
        Shape::ChoiceOrTable(words, keys) => {
            json!({ "anyOf": [{ "enum": words }, object(keys)] })
        }
    }
}

fn named(table: Value) -> Value {
    json!({
        "type": "object",
        "propertyNames": { "pattern": "^[A-Za-z0-9._/@-]{1,128}$" },
        "additionalProperties": table,
        "minProperties": 1,
    })
}

fn channels() -> Vec<Value> {
    let one = |kind: &&dyn crate::observe::Kind| {
        let (mut properties, required) = properties(&[channel::KEYS, kind.keys()]);
        properties.insert(
            "kind".to_owned(),
            json!({ "const": kind.name(), "description": "the kind of channel" }),
        );
        json!({
            "title": kind.name(),
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": false,
        })
    };
    KINDS.iter().map(one).collect()
}
