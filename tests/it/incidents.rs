//! The attestations in the incidents under `fixtures/`: made by an authority of the tests.
//!
//! `LOCKSTEP_WRITE_FIXTURES=1 cargo test --test it incidents` makes them anew: a `trusted_root.json`
//! beside each policy, the bundles of the versions that were attested, and what each place answered
//! about the others. Without the variable the same test holds the files to what it would say, but
//! for the signatures, which are never twice the same.

#![allow(clippy::unwrap_used, reason = "the fixtures are known")]

use std::path::{Path, PathBuf};

use lockstep::model::{Digest, Time};
use serde_json::{Value, json};

use crate::authority::{Authority, Claims, Options};

/// An incident whose releases were attested, or no longer.
struct Attested {
    folder: &'static str,
    channel: &'static str,
    repository: &'static str,
    workflow: &'static str,
    moments: &'static [&'static str],
    /// Version, commit's number (see the fixture's tags), whether it was attested, when published.
    versions: &'static [(&'static str, u8, bool, &'static str)],
}

const ALL: &[Attested] = &[
    Attested {
        folder: "axios-1.14.1",
        channel: "npm",
        repository: "axios/axios",
        workflow: "publish.yml",
        moments: &[
            "evidence-T+0.json",
            "evidence-T+10.json",
            "evidence-T+60.json",
        ],
        versions: &[
            ("1.13.4", 1, true, "2026-01-27T08:00:00Z"),
            ("1.13.5", 2, true, "2026-02-08T08:00:00Z"),
            ("1.14.0", 3, true, "2026-03-27T08:00:00Z"),
            ("1.14.1", 0, false, "2026-03-31T00:21:00Z"),
        ],
    },
    Attested {
        folder: "ultralytics-8.3.45",
        channel: "pypi",
        repository: "ultralytics/ultralytics",
        workflow: "publish.yml",
        moments: &[
            "evidence-T+0.json",
            "evidence-T+10.json",
            "evidence-T+60.json",
        ],
        versions: &[
            ("8.3.43", 5, true, "2024-12-05T19:49:17Z"),
            ("8.3.44", 6, true, "2024-12-06T12:10:00Z"),
            ("8.3.45", 0, false, ""),
            ("8.3.46", 0, false, ""),
        ],
    },
    Attested {
        folder: "tanstack",
        channel: "npm",
        repository: "TanStack/router",
        workflow: "release.yml",
        moments: &["evidence-T+60.json"],
        versions: &[
            ("1.169.1", 1, true, "2026-05-04T08:00:00Z"),
            ("1.169.2", 2, true, "2026-05-05T08:00:00Z"),
            ("1.169.5", 3, true, "2026-05-11T19:20:00Z"),
            ("1.169.8", 4, true, "2026-05-11T19:26:00Z"),
        ],
    },
];

fn folder(incident: &Attested) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/incidents")
        .join(incident.folder)
}

/// What an evidence file says with its attestations.
fn filled(incident: &Attested, authority: &Authority, root: &str, evidence: &Value) -> Value {
    let mut evidence = evidence.clone();
    evidence["bundles"] = json!({});
    evidence["trust"] = json!({ Digest::of(root.as_bytes()).to_string(): root });
    let mut observations = evidence["observations"].as_array().unwrap().clone();
    observations.retain(|it| it["query"].get("attestations").is_none());
    let is_listing = |it: &Value| it["channel"] == incident.channel && it["query"] == "listing";
    let at = observations.iter().rposition(is_listing).unwrap();
    let mut added = Vec::new();
    for (version, number, attested, published) in incident.versions {
        let listing = &mut observations[at]["answer"]["seen"]["facts"]["listing"];
        let Some(entry) = listing["entries"].get_mut(version) else {
            continue;
        };
        // npm states SHA-512 of one tarball; of PyPI's files digests stand in the fixture.
        if incident.channel == "npm" {
            let name = format!("{}-{version}.tgz", incident.folder);
            let stated = format!("sha512:{}{number:04}", "d".repeat(124));
            entry["files"] = json!({ name: {"stated": stated} });
        }
        let files = entry["files"].as_object_mut().unwrap();
        let mut artifacts = serde_json::Map::new();
        for file in files.values_mut() {
            file["attested"] = json!(attested);
            let digest = file.get("stated").or(file.get("digest")).unwrap();
            let digest = digest.as_str().unwrap().to_owned();
            let mut named = Vec::new();
            if *attested {
                let bundle = bundle(incident, authority, version, *number, &digest, published);
                let id = Digest::of(bundle.as_bytes()).to_string();
                evidence["bundles"][&id] = json!(bundle);
                named.push(id);
            }
            artifacts.insert(digest, json!(named));
        }
        added.push(json!({
            "at": observations[at]["at"],
            "round": observations[at]["round"],
            "channel": incident.channel,
            "credential": "anonymous",
            "endpoint": match incident.channel {
                "npm" => format!("https://registry.npmjs.org/-/npm/v1/attestations/{}@{version}", incident.folder),
                _ => format!("https://pypi.org/integrity/ultralytics/{version}/"),
            },
            "query": {"attestations": version},
            "answer": {"seen": {"facts": {"attestations": {"artifacts": artifacts}}, "coverage": "complete"}},
        }));
    }
    observations.extend(added);
    evidence["observations"] = json!(observations);
    evidence
}

/// A build attestation by the incident's real workflow, as far as an authority of ours can know it.
fn bundle(
    incident: &Attested,
    authority: &Authority,
    version: &str,
    number: u8,
    digest: &str,
    published: &str,
) -> String {
    let commit = format!("{}{number:04}", "a".repeat(36));
    let reference = format!("refs/tags/v{version}");
    let mut claims = Claims::github(incident.repository, &reference, &commit);
    for text in [
        Some(&mut claims.identity),
        claims.build_config_uri.as_mut(),
        claims.build_signer_uri.as_mut(),
    ] {
        let text = text.unwrap();
        *text = text.replace("release.yml", incident.workflow);
    }
    let (algorithm, hex) = digest.split_once(':').unwrap();
    let statement = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": format!("{}@{version}", incident.folder), "digest": {algorithm: hex}}],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {"buildType": "https://build.test/synthetic/v1", "externalParameters": {}},
            "runDetails": {"builder": {"id": "https://build.test/synthetic"}},
        },
    });
    let time: Time = published.parse().unwrap();
    let seconds = time.since(Time::from_unix_seconds(0)).seconds();
    let signed = i64::try_from(seconds).unwrap() - 60;
    authority.sign(&statement.to_string(), &claims, &Options::at(signed))
}

/// A document without what no two runs make alike: bundles and the names that follow from them.
fn unsigned(evidence: &Value) -> Value {
    let mut evidence = evidence.clone();
    let count = evidence["bundles"]
        .as_object()
        .map_or(0, serde_json::Map::len);
    evidence["bundles"] = json!(count);
    for observation in evidence["observations"].as_array_mut().unwrap() {
        if observation["query"].get("attestations").is_none() {
            continue;
        }
        let facts = &mut observation["answer"]["seen"]["facts"]["attestations"]["artifacts"];
        for named in facts.as_object_mut().unwrap().values_mut() {
            *named = json!(named.as_array().unwrap().len());
        }
    }
    evidence
}

#[test]
fn the_attestations_of_the_incidents_are_those_that_the_tests_authority_makes() {
    let write = std::env::var_os("LOCKSTEP_WRITE_FIXTURES").is_some();
    for incident in ALL {
        let authority = Authority::new("incidents");
        let path = folder(incident).join("trusted_root.json");
        if write {
            std::fs::write(&path, authority.trusted_root_json()).unwrap();
        }
        let root = std::fs::read_to_string(&path).unwrap();
        for moment in incident.moments {
            let path = folder(incident).join(moment);
            let evidence: Value =
                serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
            let filled = filled(incident, &authority, &root, &evidence);
            if write {
                let text = serde_json::to_string_pretty(&filled).unwrap();
                std::fs::write(&path, format!("{text}\n")).unwrap();
                continue;
            }
            assert_eq!(unsigned(&evidence), unsigned(&filled), "{}", path.display());
        }
    }
}

/// What is made up is said in two places, for programs and for people.
#[test]
fn the_table_of_incidents_names_what_each_of_them_makes_up() {
    let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/incidents");
    let readme = std::fs::read_to_string(all.join("README.md")).unwrap();
    let mut incidents = 0;
    for entry in std::fs::read_dir(&all).unwrap() {
        let folder = entry.unwrap().path();
        let Ok(expected) = std::fs::read_to_string(folder.join("expected.toml")) else {
            continue;
        };
        let expected: toml_edit::DocumentMut = expected.parse().unwrap();
        let synthetic = expected["synthetic"].as_array().unwrap().iter();
        let synthetic: Vec<&str> = synthetic.map(|it| it.as_str().unwrap()).collect();
        let name = folder.file_name().unwrap().to_str().unwrap();
        let row = readme
            .lines()
            .find(|it| it.contains(&format!("]({name}) |")));
        let told = row.and_then(|it| it.trim_end_matches(" |").rsplit_once("| "));
        assert_eq!(told.unwrap().1, synthetic.join("; "), "{name}");
        incidents += 1;
    }
    assert!(incidents >= 28, "{incidents}");
}
