//! The schema of `lockstep doctor` describes what it writes: every sight, with and without a hint.

use lockstep::observe::{Examination, Examined, Sight};
use lockstep::report::json_examinations;
use serde_json::Value;

use super::{schema, valid};

pub(super) const SCHEMA: &str = include_str!("../../../docs/schema/doctor.schema.json");

fn document() -> Value {
    let unknown = Examined {
        sight: Sight::Unknown,
        ..Examined::sees("branches", "netrc", "nobody can tell")
    };
    let examination = |seen| Examination {
        component: "api".parse().unwrap(),
        channel: "release".parse().unwrap(),
        kind: "github-release",
        seen,
    };
    let blind = Examined::blind("drafts", "GITHUB_TOKEN", "hidden", "a token that may push");
    let written = json_examinations(&[
        examination(vec![unknown, blind.clone().optional(), blind]),
        examination(Vec::new()),
    ]);
    serde_json::from_str(&written.unwrap()).unwrap()
}

#[test]
fn what_is_written_is_what_the_schema_describes() {
    let validator = schema(SCHEMA);
    valid(&validator, &document(), "what doctor writes");
    assert_eq!(document()["sees-all"], false);
}

#[test]
fn the_schema_refuses_what_is_never_written() {
    let validator = schema(SCHEMA);
    for (path, value) in [
        ("/schema", Value::from("lockstep-doctor/2")),
        ("/channels/0/seen/0/sight", Value::from("maybe")),
        ("/channels/0/seen/0/credential", Value::Null),
        ("/sees-all", Value::Null),
    ] {
        let mut wrong = document();
        *wrong.pointer_mut(path).unwrap() = value;
        assert!(!validator.is_valid(&wrong), "{path}");
    }
}
