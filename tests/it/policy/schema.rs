//! The JSON Schema and the documentation say what the reader checks.
//!
//! With `LOCKSTEP_WRITE_DOCS=1` these tests write the generated files instead of comparing them.

use std::path::{Path, PathBuf};

use lockstep::policy::{reference, schema};
use serde_json::{Value, json};

use super::{CODES, examples};

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs")
}

/// Compares a generated file, or writes it where that was asked for.
fn current(path: &Path, wanted: &str) {
    if std::env::var_os("LOCKSTEP_WRITE_DOCS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, wanted).unwrap();
    }
    let found = std::fs::read_to_string(path).unwrap_or_default();
    let path = path.display();
    assert!(
        found == wanted,
        "{path} is out of date: run this test with LOCKSTEP_WRITE_DOCS=1"
    );
}

fn json_of(item: &toml_edit::Item) -> Value {
    match item {
        toml_edit::Item::None => Value::Null,
        toml_edit::Item::Value(value) => json_of_value(value),
        toml_edit::Item::Table(table) => table
            .iter()
            .map(|(k, v)| (k.to_owned(), json_of(v)))
            .collect(),
        toml_edit::Item::ArrayOfTables(tables) => tables
            .iter()
            .map(|table| json_of(&toml_edit::Item::Table(table.clone())))
            .collect(),
    }
}

fn json_of_value(value: &toml_edit::Value) -> Value {
    match value {
        toml_edit::Value::String(text) => json!(text.value()),
        toml_edit::Value::Integer(number) => json!(number.value()),
        toml_edit::Value::Float(number) => json!(number.value()),
        toml_edit::Value::Boolean(truth) => json!(truth.value()),
        toml_edit::Value::Datetime(date) => json!(date.value().to_string()),
        toml_edit::Value::Array(items) => items.iter().map(json_of_value).collect(),
        toml_edit::Value::InlineTable(table) => table
            .iter()
            .map(|(k, v)| (k.to_owned(), json_of_value(v)))
            .collect(),
    }
}

fn as_json(text: &str) -> Value {
    json_of(toml_edit::Document::parse(text).unwrap().as_item())
}

#[test]
fn the_schema_in_the_repository_is_current() {
    let text = format!("{}\n", serde_json::to_string_pretty(&schema()).unwrap());
    current(&docs().join("schema/policy.schema.json"), &text);
}

#[test]
fn every_example_is_valid_by_the_schema() {
    let validator = jsonschema::draft202012::new(&schema()).unwrap();
    let mut count = 0;
    for entry in std::fs::read_dir(examples()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let json = as_json(&std::fs::read_to_string(&path).unwrap());
        let errors: Vec<String> = validator
            .iter_errors(&json)
            .map(|e| e.to_string())
            .collect();
        assert_eq!(errors, Vec::<String>::new(), "{}", path.display());
        count += 1;
    }
    assert!(count >= 7);
}

#[test]
fn what_the_schema_refuses_the_reader_refuses() {
    let validator = jsonschema::draft202012::new(&schema()).unwrap();
    let good = super::valid::SMALL;
    for (from, to) in [
        ("name = \"api\"", "nam = \"api\""),
        ("name = \"api\"", "name = 1"),
        ("[line.release]\nscheme = \"semver\"", ""),
        ("\"semver\"", "\"semantic\""),
        ("kind = \"pypi\"", "kind = \"pypy\""),
        (
            "kind = \"pypi\"",
            "kind = \"pypi\"\nimage = \"docker.io/a/b\"",
        ),
        ("kind = \"pypi\"", "kind = \"pypi\"\nmay-lag = \"1 hour\""),
        ("tag = \"v{version}\"", ""),
    ] {
        let text = good.replacen(from, to, 1);
        assert_ne!(text, good);
        assert!(!validator.is_valid(&as_json(&text)), "{to}");
        let folder = super::Folder::of(&[("p.toml", &text)]);
        assert!(
            lockstep::policy::load(&folder.path("p.toml"), CODES).is_err(),
            "{to}"
        );
    }
    assert!(validator.is_valid(&as_json(good)));
}

#[test]
fn every_key_is_documented_in_the_table_of_its_section() {
    let path = docs().join("policy.md");
    let mut text = std::fs::read_to_string(&path).unwrap_or_default();
    for table in reference() {
        let begin = format!("<!-- keys: {} -->\n", table.title);
        let end = "<!-- end of keys -->";
        let Some(start) = text.find(&begin).map(|at| at + begin.len()) else {
            panic!("docs/policy.md has no `{}`", begin.trim());
        };
        let length = text[start..].find(end).unwrap();
        text.replace_range(start..start + length, &table.markdown());
    }
    current(&path, &text);
}
