//! `lockstep check --emit-vsa` and `lockstep verify --vsa`: a verdict that is signed, handed on and
//! believed only as far as it goes.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lockstep::model::Digest;
use serde_json::{Value, json};

use super::live::{Live, live};
use super::{Ran, Run, library_evidence};
use crate::authority::Authority;

pub(super) const GATE: &str = "https://example.com/release-gate";
pub(super) const SUMMARY: &str = "https://slsa.dev/verification_summary/v1";
const OLD: &str = "2026-01-01T00:00:00Z";

/// What the index of [`live`] has.
fn file() -> String {
    format!("sha256:{}", "11".repeat(32))
}

/// Channels that answer, keys, and the place of the summary.
struct World {
    live: Live,
}

impl World {
    fn new(tags: &[&str]) -> Self {
        let live = live(OLD.to_owned());
        for tag in tags {
            live.git(&["-C", "repository", "tag", tag]);
        }
        for name in ["lockstep", "other"] {
            let ran = Run::new(&["key", "generate", "--unencrypted", "--output-prefix", name])
                .within(live.folder.path())
                .run();
            assert_eq!(ran.code, Some(0), "{ran:#?}");
        }
        Self { live }
    }

    fn summary(&self) -> PathBuf {
        self.live.folder.path().join("vsa.json")
    }

    fn check(&self, more: &[&str]) -> Ran {
        let head = ["--emit-vsa", "vsa.json", "--vsa-verifier", GATE];
        let run = self.live.check(&[&head[..], more].concat());
        run.within(self.live.folder.path()).run()
    }

    fn by_key(&self, more: &[&str]) -> Ran {
        self.check(&[&["--key", "lockstep.key", "--no-log"], more].concat())
    }

    fn verify(&self, more: &[&str]) -> Ran {
        let head = ["verify", "--vsa", "--bundle", "vsa.json", "--unsafe-no-log"];
        let run = Run::new(&[&head[..], more].concat());
        run.within(self.live.folder.path()).run()
    }

    /// What the summary claims.
    fn predicate(&self) -> Value {
        let ran = Run::new(&["inspect", "--format", "json", "vsa.json"])
            .within(self.live.folder.path())
            .run();
        assert_eq!(ran.code, Some(0), "{ran:#?}");
        let text = std::fs::read(self.summary()).unwrap();
        let read: Value = serde_json::from_slice(&text).unwrap();
        let envelope = read.get("dsseEnvelope").unwrap_or(&read);
        let payload = decoded(envelope["payload"].as_str().unwrap());
        let statement: Value = serde_json::from_slice(&payload).unwrap();
        assert_eq!(statement["predicateType"], SUMMARY);
        statement
    }
}

fn decoded(text: &str) -> Vec<u8> {
    STANDARD.decode(text).unwrap()
}

#[track_caller]
pub(super) fn denies(ran: &Ran, words: &[&str]) {
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    let flat = ran.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains("not verified"), "{ran:#?}");
    for word in words {
        assert!(flat.contains(word), "no `{word}` in {ran:#?}");
    }
}

#[test]
fn an_allow_is_signed_and_believed_about_what_it_approves() {
    let world = World::new(&["1.0"]);
    let plain = world
        .live
        .check(&["--version", "1.0", "--format", "json"])
        .run();
    let ran = world.by_key(&["--version", "1.0", "--format", "json"]);
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    assert!(ran.err.contains("PASSED"), "{ran:#?}");
    // The verdict itself is the same document with a summary and without.
    for same in ["schema", "verdict", "policy", "cells", "digests"] {
        assert_eq!(plain.json()[same], ran.json()[same], "{same}");
    }
    let statement = world.predicate();
    let predicate = &statement["predicate"];
    assert_eq!(predicate["verifier"]["id"], GATE);
    assert_eq!(predicate["verificationResult"], "PASSED");
    assert_eq!(predicate["resourceUri"], "pkg:generic/lib@1.0");
    let digests = statement["subject"].as_array().unwrap();
    assert!(
        digests
            .iter()
            .any(|it| it["digest"]["gitCommit"].is_string())
    );
    let policy = ran.json()["policy"].as_str().unwrap().to_owned();

    let key = ["--key", "lockstep.pub"];
    let said = [&key[..], &["--vsa-verifier", GATE]].concat();
    let all = [
        "--vsa-resource",
        "pkg:generic/lib@1.0",
        "--vsa-level",
        "LOCKSTEP_CHANNELS_AGREE",
        "--vsa-policy",
        &policy,
        "--vsa-max-age",
        "1h",
    ];
    let ran = world.verify(&[&said[..], &all, &["--format", "json", &file()]].concat());
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    let proof = &ran.json()["subjects"][0]["proofs"][0];
    assert_eq!(proof["summary"]["resource"], "pkg:generic/lib@1.0");
    let met: Vec<&str> = proof["met"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["what"].as_str().unwrap())
        .collect();
    assert_eq!(
        met,
        [
            "predicate-type",
            "vsa-verifier",
            "vsa",
            "vsa-resource",
            "vsa-level",
            "vsa-policy",
            "vsa-max-age"
        ]
    );
    let schema: Value = serde_json::from_str(crate::schemas::verification::SCHEMA).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    assert!(validator.is_valid(&ran.json()), "{}", ran.out);

    let human = world.verify(&[&said[..], &[&file()]].concat());
    assert!(
        human.out.contains(&format!("decided by: {GATE}")),
        "{human:#?}"
    );

    let other_policy = format!("sha256:{}", "ab".repeat(32));
    for (option, value, words) in [
        ("--vsa-resource", "pkg:generic/lib@1.1", "resourceUri"),
        ("--vsa-level", "SLSA_BUILD_LEVEL_3", "verifiedLevels"),
        ("--vsa-policy", &other_policy, "policy"),
    ] {
        let ran = world.verify(&[&said[..], &[option, value, &file()]].concat());
        denies(&ran, &[words, value]);
    }
    let other = [
        &key[..],
        &[
            "--vsa-verifier",
            "https://example.com/release-gate/",
            &file(),
        ],
    ];
    denies(&world.verify(&other.concat()), &["verifier.id"]);
    let unapproved = format!("sha256:{}", "22".repeat(32));
    denies(
        &world.verify(&[&said[..], &[&unapproved]].concat()),
        &[&unapproved],
    );
    // The verifier's name is only worth what its signer is.
    let theirs = ["--key", "other.pub", "--vsa-verifier", GATE];
    denies(&world.verify(&[&theirs[..], &[&file()]].concat()), &[]);
    // Without `--vsa` a summary is no provenance.
    let ran = Run::new(&[
        "verify",
        "--key",
        "lockstep.pub",
        "--unsafe-no-log",
        "--bundle",
        "vsa.json",
        &file(),
    ])
    .within(world.live.folder.path())
    .run();
    denies(&ran, &["predicate-type"]);
}

/// The envelope that slsa-verifier reads: `verify-vsa --attestation-path --public-key-path
/// --public-key-id`. OpenSSL is the second reader here.
#[test]
fn an_envelope_alone_is_one_that_openssl_and_this_verify() {
    let world = World::new(&["1.0"]);
    let ran = world.by_key(&["--version", "1.0", "--vsa-format", "envelope"]);
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    let envelope: Value = serde_json::from_slice(&std::fs::read(world.summary()).unwrap()).unwrap();
    let fields: Vec<&String> = envelope.as_object().unwrap().keys().collect();
    assert_eq!(fields, ["payload", "payloadType", "signatures"]);
    let payload = decoded(envelope["payload"].as_str().unwrap());
    let kind = envelope["payloadType"].as_str().unwrap();
    let mut signed = format!("DSSEv1 {} {kind} {} ", kind.len(), payload.len()).into_bytes();
    signed.extend(&payload);
    let signature = &envelope["signatures"][0];
    let folder = &world.live.folder;
    folder.file("signed", &signed);
    folder.file("signature", decoded(signature["sig"].as_str().unwrap()));
    let openssl = |arguments: &[&str]| {
        let ran = Command::new("openssl")
            .args(arguments)
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(ran.status.success(), "{ran:?}");
        ran.stdout
    };
    openssl(&[
        "dgst",
        "-sha256",
        "-verify",
        "lockstep.pub",
        "-signature",
        "signature",
        "signed",
    ]);
    let der = openssl(&["pkey", "-pubin", "-in", "lockstep.pub", "-outform", "DER"]);
    let keyid = decoded(signature["keyid"].as_str().unwrap());
    assert_eq!(keyid, decoded_hex(&Digest::of(&der).hex()));

    let said = ["--key", "lockstep.pub", "--vsa-verifier", GATE];
    let ran = world.verify(&[&said[..], &[&file()]].concat());
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    let without = ["verify", "--vsa", "--bundle", "vsa.json"];
    let ran = Run::new(&[&without[..], &said, &[&file()]].concat())
        .within(folder.path())
        .run();
    denies(&ran, &[]);
    // A changed word is another payload.
    let text = std::fs::read_to_string(world.summary()).unwrap();
    let forged = String::from_utf8(payload)
        .unwrap()
        .replace("lib@1.0", "lib@6.6");
    let forged = text.replace(
        envelope["payload"].as_str().unwrap(),
        &encoded(forged.as_bytes()),
    );
    assert_ne!(forged, text);
    std::fs::write(world.summary(), forged).unwrap();
    denies(&world.verify(&[&said[..], &[&file()]].concat()), &[]);
}

fn encoded(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

fn decoded_hex(hex: &str) -> Vec<u8> {
    let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    (0..hex.len()).step_by(2).map(byte).collect()
}

#[test]
fn what_does_not_pass_leaves_no_summary_that_says_it_did() {
    let world = World::new(&["1.0"]);
    assert_eq!(world.by_key(&["--version", "1.0"]).code, Some(0));
    assert!(world.summary().exists());
    world.live.git(&["-C", "repository", "tag", "-d", "1.0"]);
    let ran = world.by_key(&["--version", "1.0"]);
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    let predicate = &world.predicate()["predicate"];
    assert_eq!(predicate["verificationResult"], "FAILED");
    assert_eq!(predicate["verifiedLevels"], json!(["FAILED"]));
    let said = ["--key", "lockstep.pub", "--vsa-verifier", GATE, &file()];
    denies(&world.verify(&said), &["verificationResult", "FAILED"]);

    // Nothing to speak of: a version that nobody has.
    world.live.git(&["-C", "repository", "tag", "1.0"]);
    assert_eq!(world.by_key(&["--version", "1.0"]).code, Some(0));
    let ran = world.by_key(&["--version", "7.0"]);
    assert_ne!(ran.code, Some(0), "{ran:#?}");
    assert!(!world.summary().exists(), "{ran:#?}");
    assert!(ran.err.contains("no verdict names a digest"), "{ran:#?}");

    // What cannot be signed is exit code 2, and an older summary is gone too.
    assert_eq!(world.by_key(&["--version", "1.0"]).code, Some(0));
    let ran = world.check(&["--key", "missing.key", "--no-log", "--version", "1.0"]);
    ran.refuses(&["missing.key"]);
    assert!(!world.summary().exists());
    let ran = world.check(&["--version", "1.0"]);
    assert_eq!(ran.code, Some(2), "nobody's identity: {ran:#?}");
    assert!(!world.summary().exists());
}

/// A log without an answer makes an allow uncertain; a deny stays one.
#[test]
fn a_log_without_an_answer_leaves_no_summary_and_makes_no_deny_less() {
    let world = World::new(&["1.0"]);
    let closed = TcpListener::bind("127.0.0.1:0").unwrap();
    let log = format!("http://{}/", closed.local_addr().unwrap());
    drop(closed);
    let root = Authority::new("silent").trusted_root_json();
    let root = world.live.folder.file("root.json", root);
    let logged = [
        "--key",
        "lockstep.key",
        "--trusted-root",
        &root,
        "--rekor-url",
        &log,
        "--version",
        "1.0",
    ];
    for (outcome, code) in [("allow", 3), ("deny", 1)] {
        if outcome == "deny" {
            world.live.git(&["-C", "repository", "tag", "-d", "1.0"]);
        }
        let ran = world.check(&logged);
        assert_eq!(ran.code, Some(code), "{ran:#?}");
        assert!(ran.out.contains(&format!("lib: {outcome}")), "{ran:#?}");
        assert!(ran.err.contains("did not answer"), "{ran:#?}");
        assert!(!world.summary().exists());
    }
}

#[test]
fn an_environment_and_unsigned_evidence_are_not_an_agreement_of_all_channels() {
    let world = World::new(&["1.0"]);
    let policy = std::fs::read_to_string(&world.live.policy).unwrap();
    let policy = format!("{policy}\n[environment.staging]\nrequires = \"pypi\"\n");
    std::fs::write(&world.live.policy, policy).unwrap();
    let ran = world.by_key(&["--version", "1.0", "--environment", "staging"]);
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    let statement = world.predicate();
    let resource = "pkg:generic/lib@1.0?environment=staging";
    assert_eq!(statement["predicate"]["resourceUri"], resource);
    let said = [
        "--key",
        "lockstep.pub",
        "--vsa-verifier",
        GATE,
        "--vsa-level",
    ];
    let level = |level: &str| world.verify(&[&said[..], &[level, &file()]].concat());
    denies(&level("LOCKSTEP_CHANNELS_AGREE"), &["verifiedLevels"]);
    assert_eq!(level("LOCKSTEP_CHANNELS_AGREE_FOR_staging").code, Some(0));

    let evidence = library_evidence(&["1.0"], &["1.0"]);
    world.live.folder.file("evidence.json", evidence);
    let replayed = ["--version", "1.0", "--evidence", "evidence.json"];
    world
        .by_key(&replayed)
        .refuses(&["nobody vouches", "--unsafe-unsigned-evidence"]);
    let ran = world.by_key(&[&replayed[..], &["--unsafe-unsigned-evidence"]].concat());
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    let levels = &world.predicate()["predicate"]["verifiedLevels"];
    assert_eq!(levels[1], "LOCKSTEP_UNSIGNED_EVIDENCE");
    assert_eq!(levels.as_array().unwrap().len(), 2);
}

#[test]
fn what_cannot_be_summed_up_is_refused_before_anything_is_asked() {
    let world = World::new(&["1.0"]);
    let key = ["--key", "lockstep.key", "--no-log"];
    for (arguments, words) in [
        (&[][..], &["one named release"][..]),
        (
            &["--version", "1.0", "--version", "1.1"],
            &["one named release"],
        ),
        (&["--all"], &["--all"]),
        (&["--local"], &["--local"]),
        (&["--version", "1.0", "pypi:lib"], &["guessed"]),
        (
            &["--version", "1.0", "--vsa-resource", "lib"],
            &["--vsa-resource"],
        ),
    ] {
        let ran = world.check(&[&key[..], arguments].concat());
        ran.refuses(words);
        assert!(!world.summary().exists());
    }
    let ran = world.check(&["--version", "1.0", "--vsa-format", "envelope"]);
    ran.refuses(&["no room for a certificate"]);
    let secret = [
        "--emit-vsa",
        "vsa.json",
        "--version",
        "1.0",
        "--vsa-verifier",
    ];
    let run = |more: &[&str]| {
        world
            .live
            .check(more)
            .within(world.live.folder.path())
            .run()
    };
    let ran = run(&[&secret[..], &["https://me:hidden@example.com"]].concat());
    ran.refuses(&["--vsa-verifier"]);
    assert!(!ran.err.contains("hidden"), "{ran:#?}");
    run(&["--emit-vsa", "vsa.json", "--version", "1.0"]).refuses(&["--vsa-verifier"]);
    run(&["--version", "1.0", "--key", "lockstep.key"]).refuses(&["nothing to sign"]);
    // Two components.
    let second = std::fs::read_to_string(&world.live.policy).unwrap();
    let second = second.replace("name = \"lib\"", "name = \"two\"");
    let second = world.live.folder.file("two.toml", second);
    world
        .by_key(&["--version", "1.0", &second])
        .refuses(&["one component, not 2"]);
    // Never over something else.
    world.live.folder.file("vsa.json", "my notes");
    world
        .by_key(&["--version", "1.0"])
        .refuses(&["something else than a summary"]);
    assert_eq!(std::fs::read(world.summary()).unwrap(), b"my notes");
}
