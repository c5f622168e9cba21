//! The schema of `lockstep verify --format json` describes what it writes: proofs and rejections.

use serde_json::{Value, json};

use super::{schema, valid};
use crate::authority::{Authority, Claims, Options, statement};
use crate::cli::{Folder, Run};
use lockstep::model::Digest;

pub(crate) const SCHEMA: &str = include_str!("../../../docs/schema/verification.schema.json");

/// The schema describes this document.
#[track_caller]
pub(crate) fn describes(document: &Value) {
    valid(&schema(SCHEMA), document, "a verification");
}

/// What is written about one file that verifies and one that does not.
fn document(arguments: &[&str]) -> Value {
    let folder = Folder::new();
    let authority = Authority::new("schema");
    folder.file("a.zip", "artifact");
    folder.file("b.zip", "another");
    folder.file("root.json", authority.trusted_root_json());
    let claims = Claims::github("acme/api", "refs/tags/v1", &"a".repeat(40));
    let digest = Digest::of(b"artifact");
    let said = statement("a.zip", digest, "https://example.com/x", &json!({}));
    let bundle = authority.sign(&said, &claims, &Options::at(1_750_000_000));
    folder.file("bundles.jsonl", format!("{bundle}\n{{}}\n"));
    let head = [
        "verify",
        "--format",
        "json",
        "--trusted-root",
        "root.json",
        "--unsafe-any-identity",
        "--bundle",
        "bundles.jsonl",
    ];
    let all: Vec<&str> = head.iter().chain(arguments).copied().collect();
    Run::new(&all).within(folder.path()).run().json()
}

#[test]
fn what_is_written_is_what_the_schema_describes() {
    let validator = schema(SCHEMA);
    let proved = document(&["--predicate-type", "any", "a.zip", "b.zip"]);
    valid(&validator, &proved, "a proof and rejections");
    assert_eq!(proved["subjects"][0]["verified"], true);
    assert_eq!(proved["subjects"][1]["verified"], false);
    let denied = document(&["a.zip"]);
    valid(&validator, &denied, "rejections alone");
    for (path, value) in [
        ("/schema", json!("lockstep-verification/2")),
        ("/verified", Value::Null),
        ("/subjects", json!([])),
        ("/subjects/0/proofs/0/signature/signer", json!({})),
        ("/subjects/0/proofs/0/build/kind", json!("trusted")),
        ("/subjects/0/proofs/0/artifact", Value::Null),
        ("/trust/0/source", json!("found")),
        ("/subjects/0/rejections/0/fault", json!("none")),
    ] {
        let mut wrong = proved.clone();
        *wrong.pointer_mut(path).unwrap() = value;
        assert!(!validator.is_valid(&wrong), "{path}");
    }
}
