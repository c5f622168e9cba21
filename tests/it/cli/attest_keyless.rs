//! `lockstep attest` without a key, against a Sigstore instance on loopback: files, several subjects,
//! attestations for package indexes, and repeated runs.

use lockstep::model::TrustMaterial;

use super::{Folder, Ran, Run};
use crate::attest::keyless_authority::{Instance, Lie, token};
use crate::observe::loopback::{Loopback, answer};

const HOLDER: &str = "https://ci.example/acme";
const BUILDER: &[&str] = &["--builder-id", "https://builder.example/one"];

struct World {
    folder: Folder,
    instance: Instance,
}

impl World {
    fn new() -> Self {
        let (folder, instance) = (Folder::new(), Instance::with(Lie::None, false));
        let TrustMaterial::TrustedRoot(root) = &instance.trust.material else {
            panic!("no trusted root");
        };
        folder.file("root.json", root.as_bytes());
        folder.file("dist/lib-1.0.tar.gz", "source");
        folder.file("dist/lib-1.0-py3-none-any.whl", "wheel");
        Self { folder, instance }
    }

    fn attest_at(&self, services: &str, holder: &str, arguments: &[&str]) -> Ran {
        let head = [
            "attest",
            "--format",
            "json",
            "--trusted-root",
            "root.json",
            "--fulcio-url",
            services,
            "--rekor-url",
            services,
            "--rekor-version",
            "1",
        ];
        Run::new(&[&head[..], arguments].concat())
            .within(self.folder.path())
            .env("SIGSTORE_ID_TOKEN", &token(holder))
            .run()
    }

    fn attest(&self, holder: &str, arguments: &[&str]) -> Ran {
        self.attest_at(&self.instance.server.url("/"), holder, arguments)
    }

    fn verify(&self, holder: &str, arguments: &[&str]) -> Option<i32> {
        let head = [
            "verify",
            "--trusted-root",
            "root.json",
            "--certificate-oidc-issuer",
            "https://issuer.example",
            "--certificate-identity",
            holder,
        ];
        let run = Run::new(&[&head[..], arguments].concat());
        run.within(self.folder.path()).run().code
    }
}

#[track_caller]
fn outcomes(ran: &Ran) -> Vec<String> {
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    let told = ran.json();
    let places = told["attestations"].as_array().unwrap();
    places
        .iter()
        .map(|it| it["outcome"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn one_certificate_and_one_entry_are_for_all_subjects_and_a_second_run_asks_for_none() {
    let world = World::new();
    let arguments = [&["dist", "--to", "file"], BUILDER].concat();
    let ran = world.attest(HOLDER, &arguments);
    assert_eq!(outcomes(&ran), ["attested", "attested"]);
    assert_eq!(ran.json()["signer"], HOLDER);
    assert_eq!(world.instance.server.heard().len(), 2);
    let subjects = ["dist/lib-1.0.tar.gz", "dist/lib-1.0-py3-none-any.whl"];
    assert_eq!(world.verify(HOLDER, &subjects), Some(0));
    assert_eq!(world.verify("https://ci.example/other", &subjects), Some(1));
    world.folder.file("dist/lib-1.0.tar.gz", "changed");
    assert_eq!(world.verify(HOLDER, &subjects), Some(1));
    world.folder.file("dist/lib-1.0.tar.gz", "source");

    let again = world.attest(HOLDER, &arguments);
    assert_eq!(outcomes(&again), ["already-attested", "already-attested"]);
    assert_eq!(world.instance.server.heard().len(), 2);
    let other = world.attest("https://ci.example/other", &arguments);
    other.refuses(&["another document is there"]);
}

#[test]
fn attestations_for_package_indexes_verify_and_are_left_by_a_second_run() {
    let world = World::new();
    let arguments = ["dist", "--pep740"];
    let ran = world.attest(HOLDER, &arguments);
    assert_eq!(outcomes(&ran), ["attested", "attested"]);
    // Each has a certificate and an entry of its own.
    assert_eq!(world.instance.server.heard().len(), 4);
    let verify = |bundle: &str, subject: &str| {
        let arguments = ["--predicate-type", "publish", "--bundle", bundle, subject];
        world.verify(HOLDER, &arguments)
    };
    let (source, wheel) = ("dist/lib-1.0.tar.gz", "dist/lib-1.0-py3-none-any.whl");
    for name in [source, wheel] {
        assert_eq!(
            verify(&format!("{name}.publish.attestation"), name),
            Some(0)
        );
    }
    assert_eq!(
        verify(&format!("{source}.publish.attestation"), wheel),
        Some(1)
    );

    let file = world
        .folder
        .path()
        .join(format!("{source}.publish.attestation"));
    let before = std::fs::read(&file).unwrap();
    let again = world.attest(HOLDER, &arguments);
    assert_eq!(outcomes(&again), ["already-attested", "already-attested"]);
    assert_eq!(std::fs::read(&file).unwrap(), before);
    assert_eq!(world.instance.server.heard().len(), 4);
    world
        .attest("https://ci.example/other", &arguments)
        .refuses(&["another document is there"]);
    // One that only claims the same is none.
    let text = String::from_utf8(before).unwrap();
    let mut attestation: serde_json::Value = serde_json::from_str(&text).unwrap();
    attestation["envelope"]["signature"] = "AAAA".into();
    std::fs::write(&file, attestation.to_string()).unwrap();
    world
        .attest(HOLDER, &arguments)
        .refuses(&["another document is there"]);
}

#[test]
fn a_service_that_refuses_ends_with_2_and_one_that_gives_no_answer_with_3() {
    let world = World::new();
    for (status, body, code) in [
        ("400 Bad Request", r#"{"message":"invalid signature"}"#, 2),
        ("401 Unauthorized", r#"{"message":"bad token"}"#, 2),
        ("503 Unavailable", "", 3),
        ("201 Created", "<html>", 3),
    ] {
        let server = Loopback::start(move |_| answer(status, &[], body.as_bytes()));
        let arguments = [&["dist"], BUILDER].concat();
        let ran = world.attest_at(&server.url("/"), HOLDER, &arguments);
        assert_eq!(ran.code, Some(code), "{status}: {ran:#?}");
        assert_eq!(ran.out, "");
        assert!(ran.err.contains("Fulcio"), "{ran:#?}");
    }
    assert!(
        !world
            .folder
            .path()
            .join("dist/lib-1.0.tar.gz.sigstore.json")
            .exists()
    );
}

fn services(world: &World, versions: &[u32]) -> String {
    let service = |version: u32, path: &str| {
        serde_json::json!({"url": world.instance.server.url(path), "majorApiVersion": version,
            "operator": "a", "validFor": {"start": "2020-01-01T00:00:00Z"}})
    };
    let logs: Vec<_> = versions.iter().map(|it| service(*it, "/")).collect();
    let config = serde_json::json!({
        "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
        "caUrls": [service(1, "/")], "rekorTlogUrls": logs, "rekorTlogConfig": {"selector": "ANY"},
        "tsaUrls": [service(1, "/timestamp")], "tsaConfig": {"selector": "ANY"},
    });
    world.folder.file("config.json", config.to_string())
}

fn attest_with(world: &World, config: &str, arguments: &[&str]) -> Ran {
    let head = ["attest", "--format", "json", "--trusted-root", "root.json"];
    Run::new(&[&head[..], &["--signing-config", config], arguments].concat())
        .within(world.folder.path())
        .env("SIGSTORE_ID_TOKEN", &token(HOLDER))
        .run()
}

/// The form has no room for the timestamp that a log of version 2 needs beside it.
#[test]
fn attestations_for_package_indexes_go_to_a_log_of_version_1_or_nowhere() {
    let world = World::new();
    let pep740 = ["dist", "--pep740"];
    let config = services(&world, &[2]);
    attest_with(&world, &config, &pep740)
        .refuses(&["no log with Rekor's interface v1", "--pep740"]);
    attest_with(
        &world,
        &config,
        &[&pep740[..], &["--rekor-version", "2"]].concat(),
    )
    .refuses(&["--pep740 and --rekor-version 2", "timestamp"]);
    assert_eq!(world.instance.server.heard().len(), 0);

    let config = services(&world, &[2, 1]);
    let ran = attest_with(&world, &config, &pep740);
    assert_eq!(outcomes(&ran), ["attested", "attested"]);
    let wheel = "dist/lib-1.0-py3-none-any.whl";
    let attestation = format!("{wheel}.publish.attestation");
    let verify = [
        "--predicate-type",
        "publish",
        "--bundle",
        &attestation,
        wheel,
    ];
    assert_eq!(world.verify(HOLDER, &verify), Some(0));
}

#[test]
fn a_predicate_that_no_verifier_reads_is_refused_before_anything_is_published() {
    let world = World::new();
    let deep = format!(r#"{{"a":{}{}}}"#, "[".repeat(101), "]".repeat(101));
    let large = format!(r#"{{"a":"{}"}}"#, "x".repeat(13 << 20));
    for (text, word) in [
        (r#"{"a":1,"a":2}"#, "`a` stands twice"),
        (deep.as_str(), "nested too deeply"),
        (large.as_str(), "which no bundle holds"),
        ("[1]", "no JSON object"),
        ("\"text\"", "no JSON object"),
    ] {
        let file = world.folder.file("predicate.json", text);
        let arguments = ["dist", "--predicate", &file, "--type", "spdxjson"];
        world
            .attest(HOLDER, &arguments)
            .refuses(&[word, "predicate"]);
    }
    assert_eq!(world.instance.server.heard().len(), 0);
}

/// What is signed may stand in a public log forever.
#[test]
fn places_are_looked_at_before_anything_is_signed_for_any_of_them() {
    let world = World::new();
    let wheel = "dist/lib-1.0-py3-none-any.whl";
    let bundle = "none/b.json";
    let nowhere = [&["dist", "--bundle", bundle], BUILDER].concat();
    world
        .attest(HOLDER, &nowhere)
        .refuses(&["none/b.json: cannot be written: there is no such folder"]);
    // The last in order: those before it would have been signed and written.
    for (ending, option) in [
        (".sigstore.json", BUILDER),
        (".publish.attestation", &["--pep740"]),
    ] {
        let other = world
            .folder
            .file(&format!("dist/lib-1.0.tar.gz{ending}"), "other");
        let arguments = [&["dist"][..], option].concat();
        world
            .attest(HOLDER, &arguments)
            .refuses(&["another document is there"]);
        assert_eq!(
            std::fs::read(world.folder.path().join(other)).unwrap(),
            b"other"
        );
        assert!(
            !world
                .folder
                .path()
                .join(format!("{wheel}{ending}"))
                .exists()
        );
    }
    assert_eq!(world.instance.server.heard().len(), 0);
}
