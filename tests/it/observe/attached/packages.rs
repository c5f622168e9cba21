//! PyPI's integrity API (PEP 740) and npm's attestations endpoint, in fakes: no server that can be
//! run here has either.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lockstep::model::{ArtifactDigest, Digest, FailureKind};
use lockstep::observe::attached::{PackageFile, PackageVersion, of_npm, of_pypi_file};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha512};

use super::{ask, attested, documents, unknown, wanted};
use crate::observe::asking::{World, configure, runtime, short};
use crate::observe::loopback::{Loopback, answer};

const JSON: (&str, &str) = ("content-type", "application/json");
const FILE: &str = "x-1.0.tar.gz";

/// An index that has one file, says this of its provenance, and answers questions about it so.
fn index(provenance: Option<Value>, status: &'static str, body: &'static str) -> Loopback {
    Loopback::start(move |heard| match heard.target.as_str() {
        "/simple/x/" => {
            let hex = Digest::of(b"bytes").hex();
            let mut file = json!({"filename": FILE, "url": FILE, "hashes": {"sha256": hex}});
            if let Some(provenance) = &provenance {
                file["provenance"] = provenance.clone();
            }
            let page = json!({"meta": {"api-version": "1.3"}, "name": "x", "versions": ["1.0"], "files": [file]});
            let media = [("content-type", "application/vnd.pypi.simple.v1+json")];
            answer("200 OK", &media, page.to_string().as_bytes())
        }
        "/integrity/x/1.0/x-1.0.tar.gz/provenance" => {
            assert_eq!(
                heard.header("accept"),
                Some("application/vnd.pypi.integrity.v1+json")
            );
            let media = [("content-type", "application/vnd.pypi.integrity.v1+json")];
            answer(status, &media, body.as_bytes())
        }
        _ => answer("404 Not Found", &[], b""),
    })
}

const TWO: &str = r#"{"version":1,"attestation_bundles":[{"publisher":{"kind":"GitHub","repository":"acme/x"},"attestations":[{"version":1, "envelope":{"statement":"a"}}, {"version":1,"envelope":{"statement":"b"}}]}]}"#;

fn of_index(server: &Loopback) -> super::Attached {
    let world = World::new(short());
    let channel = configure(
        "pypi",
        None,
        &[("project", "x"), ("index", &server.url("/simple/"))],
    );
    let file: ArtifactDigest = Digest::of(b"bytes").into();
    ask(&world, &channel.unwrap(), &[wanted("1.0", &[(FILE, file)])])
}

#[test]
fn each_attestation_of_a_distribution_is_kept_as_it_is_written() {
    let server = index(Some(json!("https://h/x")), "200 OK", TWO);
    let attached = of_index(&server);
    let facts = attested(&attached.observations[0]);
    assert_eq!(facts.artifacts.len(), 1);
    let texts: Vec<&str> = attached.bundles.values().map(String::as_str).collect();
    assert!(texts.contains(&r#"{"version":1, "envelope":{"statement":"a"}}"#));
    assert_eq!(texts.len(), 2);

    let world = World::new(short());
    let mut file = PackageFile {
        project: "X".to_owned(),
        version: "1.0.0".to_owned(),
        file: None,
        index: Some(server.url("/simple/").parse().unwrap()),
    };
    let found = runtime()
        .block_on(of_pypi_file(&world.client, &file))
        .unwrap();
    assert_eq!(found.artifacts[FILE], Digest::of(b"bytes").into());
    assert_eq!(documents(&found.places[0]).len(), 2);
    file.file = Some("other.whl".to_owned());
    let none = runtime()
        .block_on(of_pypi_file(&world.client, &file))
        .unwrap_err();
    assert_eq!(none.failure.kind, FailureKind::NotFound);
}

/// An index without the integrity API answers 404 to everything: only its own word, in the listing of
/// the same round, makes that none.
#[test]
fn not_found_is_none_only_where_the_index_says_that_there_is_none() {
    let not_found = "404 Not Found";
    let none = of_index(&index(Some(Value::Null), not_found, "{}"));
    let facts = attested(&none.observations[0]);
    assert!(facts.artifacts.values().all(|it| it.is_empty()));
    for (provenance, status, kind) in [
        (None, not_found, FailureKind::Unsupported),
        (Some(json!("https://h/x")), not_found, FailureKind::Stale),
        (Some(Value::Null), "403 Forbidden", FailureKind::Forbidden),
        (
            Some(Value::Null),
            "503 Unavailable",
            FailureKind::ServerError,
        ),
    ] {
        let attached = of_index(&index(provenance, status, "{}"));
        assert_eq!(unknown(&attached.observations[0]).unwrap().kind, kind);
    }
    for broken in ["", "{}", "[]", r#"{"version":2,"attestation_bundles":[]}"#] {
        let attached = of_index(&index(Some(Value::Null), "200 OK", broken));
        let why = unknown(&attached.observations[0]).unwrap();
        assert_eq!(why.kind, FailureKind::Malformed, "{broken}");
    }
}

#[test]
fn a_file_that_the_round_did_not_list_is_unknown() {
    let server = index(Some(Value::Null), "404 Not Found", "{}");
    let world = World::new(short());
    let channel = configure(
        "pypi",
        None,
        &[("project", "x"), ("index", &server.url("/simple/"))],
    );
    let file: ArtifactDigest = Digest::of(b"bytes").into();
    let asked = [wanted("1.0", &[(FILE, file)])];
    let attached = super::ask_listed(&world, &channel.unwrap(), &[], &asked);
    assert_eq!(
        unknown(&attached.observations[0]).unwrap().kind,
        FailureKind::NotFound
    );
}

fn integrity() -> String {
    format!("sha512-{}", STANDARD.encode(Sha512::digest(b"tarball")))
}

/// A registry with one version, which is attested to or not, and answers questions about that so.
fn registry(attested: bool, status: &'static str, body: &'static str) -> Loopback {
    Loopback::start(move |heard| match heard.target.as_str() {
        "/npm/@acme%2fui" => {
            let mut dist =
                json!({"tarball": "https://cdn.example/ui-1.0.0.tgz", "integrity": integrity()});
            if attested {
                dist["attestations"] = json!({"url": "https://r/x", "provenance": {}});
            }
            let page = json!({"name": "@acme/ui", "versions": {"1.0.0": {"version": "1.0.0", "dist": dist}}});
            answer("200 OK", &[JSON], page.to_string().as_bytes())
        }
        "/npm/-/npm/v1/attestations/@acme%2fui@1.0.0" => answer(status, &[JSON], body.as_bytes()),
        _ => answer("404 Not Found", &[], b""),
    })
}

#[test]
fn npms_bundles_are_attached_to_the_sha512_that_the_registry_states() {
    let body = r#"{"attestations":[{"predicateType":"p","bundle":{"a": 1}},{"predicateType":"q","bundle":{"b":2}}]}"#;
    let server = registry(true, "200 OK", body);
    let world = World::new(short());
    let version = PackageVersion {
        package: "@acme/ui".to_owned(),
        version: "1.0.0".to_owned(),
        registry: Some(server.url("/npm/").parse().unwrap()),
    };
    let found = runtime().block_on(of_npm(&world.client, &version)).unwrap();
    let artifact = found.artifacts["ui-1.0.0.tgz"];
    let stated: String = Sha512::digest(b"tarball")
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    assert_eq!(artifact.to_string(), format!("sha512:{stated}"));
    let mut texts = documents(&found.places[0]);
    texts.sort_unstable();
    assert_eq!(texts, [r#"{"a": 1}"#, r#"{"b":2}"#]);

    let keys = [("package", "@acme/ui"), ("registry", &*server.url("/npm/"))];
    let channel = configure("npm", None, &keys).unwrap();
    let listed = world.ask_many(vec![channel.clone()]).remove(0);
    let file = &crate::observe::asking::whole(&listed[0]).entries["1.0.0"].files["ui-1.0.0.tgz"];
    assert_eq!((file.stated, file.attested), (Some(artifact), Some(true)));
    let attached = ask(
        &world,
        &channel,
        &[wanted("1.0.0", &[("ui-1.0.0.tgz", artifact)])],
    );
    assert_eq!(
        attested(&attached.observations[0]).artifacts[&artifact].len(),
        2
    );
}

#[test]
fn npms_not_found_is_none_only_of_a_version_without_attestations() {
    let of = |server: &Loopback, version: &str| {
        let world = World::new(short());
        let keys = [("package", "@acme/ui"), ("registry", &*server.url("/npm/"))];
        let channel = configure("npm", None, &keys).unwrap();
        let artifact: ArtifactDigest = Digest::of(b"x").into();
        ask(&world, &channel, &[wanted(version, &[("a", artifact)])])
    };
    let none = of(&registry(false, "404 Not Found", "{}"), "1.0.0");
    assert!(
        attested(&none.observations[0])
            .artifacts
            .values()
            .all(|it| it.is_empty())
    );
    for (attested, status, body, version, kind) in [
        (true, "404 Not Found", "{}", "1.0.0", FailureKind::Stale),
        (false, "404 Not Found", "{}", "2.0.0", FailureKind::NotFound),
        (true, "200 OK", "{}", "1.0.0", FailureKind::Malformed),
        (true, "500 Oh", "{}", "1.0.0", FailureKind::ServerError),
    ] {
        let attached = of(&registry(attested, status, body), version);
        assert_eq!(unknown(&attached.observations[0]).unwrap().kind, kind);
    }
}
