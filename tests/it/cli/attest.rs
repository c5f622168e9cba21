//! `lockstep attest` with keys: what is written where, what is left as it is, and what is refused.

use std::net::TcpListener;

use lockstep::model::{ArtifactDigest, Digest, Leniency, TrustDomain, TrustMaterial};
use lockstep::observe::now;
use lockstep::verify::{UnverifiedBundle, Verified, Verifier};

use super::{Folder, Ran, Run};

pub(super) const BUILDER: &[&str] = &[
    "--builder-id",
    "https://builder.example/one",
    "--source-repository",
    "https://git.example/acme/lib",
    "--source-commit",
    "0e58ed8671d6b60d0890c21b07f8835ace038e67",
];

pub(super) fn world(algorithm: &str) -> Folder {
    let folder = Folder::new();
    let ran = Run::new(&["key", "generate", "--unencrypted", "--algorithm", algorithm])
        .within(folder.path())
        .run();
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    folder.file("dist/lib-1.0.tar.gz", "source");
    folder.file("dist/lib-1.0-py3-none-any.whl", "wheel");
    folder
}

pub(super) fn attest(folder: &Folder, arguments: &[&str]) -> Run {
    let mut all = vec!["attest", "--key", "lockstep.key", "--no-log", "--offline"];
    all.extend(arguments);
    Run::new(&all).within(folder.path())
}

fn verified(folder: &Folder, bundle: &str, artifact: &[u8]) -> Verified {
    let pem = std::fs::read_to_string(folder.path().join("lockstep.pub")).unwrap();
    let verifier = Verifier::new(&TrustDomain {
        label: "test".to_owned(),
        material: TrustMaterial::Key {
            pem: pem.into(),
            root: None,
        },
        leniency: Leniency {
            unsafe_no_log: true,
            ..Leniency::default()
        },
    });
    let bytes = std::fs::read(folder.path().join(bundle)).unwrap();
    let bundle = UnverifiedBundle::read(&bytes).unwrap();
    let artifact = ArtifactDigest::from(Digest::of(artifact));
    verifier.unwrap().verify(&bundle, &artifact, now()).unwrap()
}

#[track_caller]
pub(super) fn fine(ran: &Ran) {
    assert_eq!(ran.code, Some(0), "{ran:#?}");
}

#[test]
fn the_bundle_stands_beside_every_artifact_and_verifies_for_it() {
    for algorithm in ["ecdsa-p256", "ed25519"] {
        let folder = world(algorithm);
        let ran = attest(&folder, &[&["dist"], BUILDER].concat()).run();
        fine(&ran);
        for (name, bytes) in [
            ("lib-1.0.tar.gz", &b"source"[..]),
            ("lib-1.0-py3-none-any.whl", b"wheel"),
        ] {
            let verified = verified(&folder, &format!("dist/{name}.sigstore.json"), bytes);
            let statement = verified.statement().unwrap().statement();
            assert_eq!(statement.subject.len(), 2);
            assert_eq!(statement.predicate_type, "https://slsa.dev/provenance/v1");
        }
    }
}

#[test]
fn a_second_run_signs_nothing_and_another_statement_is_not_lost() {
    let folder = world("ecdsa-p256");
    let arguments = [&["dist/*.whl"], BUILDER].concat();
    fine(&attest(&folder, &arguments).run());
    let file = folder
        .path()
        .join("dist/lib-1.0-py3-none-any.whl.sigstore.json");
    let first = std::fs::read(&file).unwrap();
    let again = attest(&folder, &arguments).run();
    fine(&again);
    assert!(again.out.contains("already attested in"), "{again:#?}");
    assert_eq!(std::fs::read(&file).unwrap(), first);

    let other = ["dist/*.whl", "--builder-id", "https://builder.example/two"];
    attest(&folder, &other)
        .run()
        .refuses(&["another document is there", "--force"]);
    assert_eq!(std::fs::read(&file).unwrap(), first);
    fine(&attest(&folder, &[&other[..], &["--force"]].concat()).run());
    assert_ne!(std::fs::read(&file).unwrap(), first);
}

#[test]
fn a_bundle_that_only_claims_to_say_the_same_is_not_taken_for_one() {
    let folder = world("ecdsa-p256");
    let arguments = [&["dist/*.whl"], BUILDER].concat();
    fine(&attest(&folder, &arguments).run());
    let file = folder
        .path()
        .join("dist/lib-1.0-py3-none-any.whl.sigstore.json");
    let text = std::fs::read_to_string(&file).unwrap();
    let mut bundle: serde_json::Value = serde_json::from_str(&text).unwrap();
    bundle["dsseEnvelope"]["signatures"][0]["sig"] = "AAAA".into();
    std::fs::write(&file, bundle.to_string()).unwrap();
    attest(&folder, &arguments)
        .run()
        .refuses(&["another document is there"]);
}

#[test]
fn offline_and_without_a_log_no_connection_is_opened() {
    let trap = TcpListener::bind("127.0.0.1:0").unwrap();
    trap.set_nonblocking(true).unwrap();
    let address = format!("http://{}", trap.local_addr().unwrap());
    let folder = world("ecdsa-p256");
    let mut run = attest(&folder, &[&["dist"], BUILDER].concat());
    for variable in [
        "http_proxy",
        "https_proxy",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "SIGSTORE_REKOR_URL",
    ] {
        run = run.env(variable, &address);
    }
    fine(&run.run());
    assert!(trap.accept().is_err(), "a connection was opened");
    let offline = |arguments: &[&str]| Run::new(arguments).within(folder.path()).run();
    offline(&[
        "attest",
        "--offline",
        "dist",
        "--builder-id",
        "https://b.example",
    ])
    .refuses(&["--offline", "--key"]);
    offline(&["attest", "--offline", "dist", "--key", "lockstep.key"])
        .refuses(&["--offline", "--no-log"]);
    offline(&[
        "attest",
        "--offline",
        "oci:ghcr.io/acme/api:1.0",
        "--key",
        "lockstep.key",
        "--no-log",
    ])
    .refuses(&["--offline", "registry"]);
}

#[test]
fn lists_digests_predicates_and_standard_output_go_together() {
    let folder = world("ecdsa-p256");
    let hex = "ab".repeat(32);
    let list = folder.file("SHA256SUMS", format!("{hex}  one.zip\n{hex} *two.zip\n"));
    let sbom = folder.file("sbom.json", r#"{"b":1.50,"a":2}"#);
    let digest = format!("sha256:{}", "cd".repeat(32));
    let ran = attest(
        &folder,
        &[
            "--checksums",
            &list,
            &digest,
            "--subject-name",
            "three.zip",
            "--predicate",
            &sbom,
            "--type",
            "spdxjson",
            "--dry-run",
        ],
    )
    .run();
    fine(&ran);
    let statement = ran.json();
    let names: Vec<&str> = statement["subject"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["one.zip", "three.zip", "two.zip"]);
    assert_eq!(statement["predicateType"], "https://spdx.dev/Document");
    // As it stands in the file: a number is not rewritten.
    assert!(ran.out.contains(r#"{"b":1.50,"a":2}"#), "{}", ran.out);
    let ran = attest(
        &folder,
        &[
            "dist",
            "--predicate",
            &sbom,
            "--type",
            "spdxjson",
            "--bundle",
            "-",
        ],
    )
    .run();
    fine(&ran);
    assert_eq!(
        ran.json()["mediaType"],
        "application/vnd.dev.sigstore.bundle.v0.3+json"
    );
}

#[test]
fn pep_740_says_one_statement_for_each_distribution_without_a_predicate() {
    let folder = world("ecdsa-p256");
    let ran = Run::new(&["attest", "dist", "--pep740", "--dry-run", "--offline"])
        .within(folder.path())
        .run();
    fine(&ran);
    let statements: Vec<serde_json::Value> = ran
        .out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(statements.len(), 2);
    for statement in statements {
        assert_eq!(statement["subject"].as_array().unwrap().len(), 1);
        assert_eq!(
            statement["predicateType"],
            "https://docs.pypi.org/attestations/publish/v1"
        );
        assert!(statement.as_object().unwrap()["predicate"].is_null());
    }
    folder.file("dist/notes.txt", "no distribution");
    Run::new(&["attest", "dist", "--pep740", "--dry-run", "--offline"])
        .within(folder.path())
        .run()
        .refuses(&["notes.txt", "no distribution"]);
}

#[test]
fn what_cannot_be_attested_is_refused_with_what_to_do() {
    let folder = world("ecdsa-p256");
    let digest = format!("sha256:{}", "cd".repeat(32));
    for (arguments, words) in [
        (&["missing.whl"][..], &["missing.whl", "cannot be read"][..]),
        (&["*.whl"], &["no file fits"]),
        (&[digest.as_str()], &["--subject-name"]),
        (&["sha256:00", "--subject-name", "a"], &["sha256:00"]),
        (&["dist"], &["--builder-id"]),
        (
            &[
                digest.as_str(),
                "--subject-name",
                "a",
                "--builder-id",
                "https://b.example",
            ],
            &["--bundle FILE"],
        ),
        (
            &[
                "dist",
                "--builder-id",
                "https://b.example",
                "--source-commit",
                "HEAD",
            ],
            &["--source-commit"],
        ),
        (
            &["dist", "--predicate", "lockstep.key", "--type", "vuln"],
            &["no JSON"],
        ),
        (
            &[
                "dist",
                "--to",
                "registry",
                "--builder-id",
                "https://b.example",
            ],
            &["not every subject is an image"],
        ),
    ] {
        attest(&folder, arguments).run().refuses(words);
    }
}

/// As a shell expands `dist/*` when the job runs again.
#[test]
fn what_an_earlier_run_wrote_beside_an_artifact_is_no_artifact_of_the_next() {
    let folder = world("ecdsa-p256");
    let (source, wheel) = ("dist/lib-1.0.tar.gz", "dist/lib-1.0-py3-none-any.whl");
    fine(&attest(&folder, &[&[source, wheel], BUILDER].concat()).run());
    let bundles = [source, wheel].map(|name| format!("{name}.sigstore.json"));
    let expanded = [source, &bundles[0], wheel, &bundles[1]];
    let again = attest(&folder, &[&expanded, BUILDER].concat()).run();
    fine(&again);
    assert_eq!(again.out.matches("already attested in").count(), 2);
    // By itself it is a file like any other.
    let alone = attest(
        &folder,
        &[&[bundles[0].as_str(), "--dry-run"], BUILDER].concat(),
    )
    .run();
    fine(&alone);
    assert_eq!(
        alone.json()["subject"][0]["name"],
        "lib-1.0.tar.gz.sigstore.json"
    );
}

#[cfg(unix)]
#[test]
fn pipes_and_devices_are_neither_waited_for_nor_replaced() {
    let folder = world("ecdsa-p256");
    let made = std::process::Command::new("mkfifo")
        .arg(folder.path().join("pipe"))
        .status();
    assert!(made.unwrap().success());
    attest(&folder, &[&["pipe"], BUILDER].concat())
        .run()
        .refuses(&["pipe: is no regular file"]);
    let socket = folder.path().join("socket");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    for place in ["pipe", "socket"] {
        for force in [&[][..], &["--force"]] {
            let arguments = [&["dist", "--bundle", place], BUILDER, force].concat();
            attest(&folder, &arguments)
                .run()
                .refuses(&["it is no regular file", "`-`"]);
        }
        assert!(!folder.path().join(place).metadata().unwrap().is_file());
    }
}

#[test]
fn an_image_that_is_named_without_its_scheme_is_told_how_to_write_it() {
    let folder = world("ecdsa-p256");
    for (subject, hint) in [
        ("ghcr.io/acme/api:1.2.3", "oci:HOST/NAME:TAG"),
        ("dist/none.whl", "name files that are there"),
    ] {
        attest(&folder, &[&[subject], BUILDER].concat())
            .run()
            .refuses(&[subject, "cannot be read", hint]);
    }
}
