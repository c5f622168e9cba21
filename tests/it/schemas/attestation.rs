//! The schema of `lockstep attest --format json` describes what it writes.

use serde_json::{Value, json};

use super::{schema, valid};
use crate::cli::{Folder, Run};

pub(super) const SCHEMA: &str = include_str!("../../../docs/schema/attestation.schema.json");

fn document(folder: &Folder) -> Value {
    let arguments = [
        "attest",
        "--key",
        "lockstep.key",
        "--no-log",
        "--offline",
        "--format",
        "json",
        "--builder-id",
        "https://builder.example/one",
        "a.zip",
        "b.zip",
    ];
    Run::new(&arguments).within(folder.path()).run().json()
}

#[test]
fn what_is_written_is_what_the_schema_describes() {
    let validator = schema(SCHEMA);
    let folder = Folder::new();
    let made = Run::new(&["key", "generate", "--unencrypted"]);
    assert_eq!(made.within(folder.path()).run().code, Some(0));
    folder.file("a.zip", "one");
    folder.file("b.zip", "two");
    let fresh = document(&folder);
    valid(&validator, &fresh, "two bundles that are written");
    assert_eq!(fresh["attestations"][1]["outcome"], "attested");
    let again = document(&folder);
    valid(&validator, &again, "two bundles that are there already");
    assert_eq!(again["attestations"][1]["outcome"], "already-attested");
    for (path, value) in [
        ("/schema", json!("lockstep-attestation/2")),
        ("/subjects", json!([])),
        ("/subjects/0/digest/sha256", json!("00")),
        ("/subjects/0/digest", json!({})),
        ("/predicate-type", Value::Null),
        ("/signer", json!("")),
        ("/attestations", json!([])),
        ("/attestations/0/outcome", json!("already-attested")),
        ("/attestations/0/digest", json!("sha256:00")),
        ("/attestations/0/place", json!(1)),
    ] {
        let mut wrong = fresh.clone();
        *wrong.pointer_mut(path).unwrap() = value;
        assert!(!validator.is_valid(&wrong), "{path}");
    }
}
