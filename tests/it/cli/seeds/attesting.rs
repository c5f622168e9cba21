//! Who signs in these tests, and how their evidence is judged a second time.

use lockstep::model::Digest;
use serde_json::{Value, json};

use super::super::{Folder, Ran};
use super::check;
use crate::authority::{Authority, Claims, Options, statement};

pub(super) const BUILD: &str = "https://slsa.dev/provenance/v1";
pub(super) const PUBLISH: &str = "https://docs.pypi.org/attestations/publish/v1";

/// 2026-03-02 in the morning, before the releases of the fake of GitHub.
const SIGNED: i64 = 1_772_435_000;

/// A workflow of a repository, run for a reference at a commit.
pub(super) fn workflow(repository: &str, file: &str, reference: &str, commit: &str) -> Claims {
    let mut claims = Claims::github(repository, reference, commit);
    let texts = [
        Some(&mut claims.identity),
        claims.build_signer_uri.as_mut(),
        claims.build_config_uri.as_mut(),
    ];
    for text in texts.into_iter().flatten() {
        *text = text.replace("release.yml", file);
    }
    claims
}

/// A bundle about one artifact; a publish attestation says nothing but who uploaded it.
pub(super) fn signed(
    authority: &Authority,
    (name, digest): (&str, Digest),
    predicate_type: &str,
    claims: &Claims,
) -> String {
    let predicate = match predicate_type {
        BUILD => json!({
            "buildDefinition": {"buildType": "https://build.test/v1", "externalParameters": {}},
            "runDetails": {"builder": {"id": "https://build.test/builder"}},
        }),
        _ => Value::Null,
    };
    let text = statement(name, digest, predicate_type, &predicate);
    authority.sign(&text, claims, &Options::at(SIGNED))
}

/// Keeps the evidence of a check, judges it again from the file, and once more as of the time when
/// it was judged: but for what it says of its origin, the verdict is the same.
#[track_caller]
pub(super) fn checked_again(
    folder: &Folder,
    policy: &str,
    more: &[&str],
    environment: &[(&str, &str)],
) -> Ran {
    let saved = folder.path().join("evidence.json");
    let saved = saved.to_str().unwrap();
    let asked = [more, &["--save-evidence", saved]].concat();
    let first = check(folder, policy, &asked, environment);
    let verdict = plain(&first);
    let at = first.json()["now"].as_str().unwrap().to_owned();
    for as_of in [&[][..], &["--as-of", at.as_str()]] {
        let again = [more, &["--evidence", saved], as_of].concat();
        let again = check(folder, policy, &again, &[]);
        assert!(again.json()["unsigned-evidence"].as_bool().unwrap());
        assert_eq!(plain(&again), verdict, "{as_of:?}");
    }
    // Before the round nothing was known.
    let early = [
        more,
        &["--evidence", saved, "--as-of", "2020-01-01T00:00:00Z"],
    ]
    .concat();
    let early = check(folder, policy, &early, &[]);
    assert_ne!(early.code, Some(0), "{early:#?}");
    first
}

/// A verdict without what differs by its origin.
fn plain(ran: &Ran) -> Value {
    let mut json = ran.json();
    let fields = json.as_object_mut().unwrap();
    fields.remove("unsigned-evidence").unwrap();
    json
}
