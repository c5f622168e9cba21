//! `lockstep attest`: what each option of services, builds and places does, and which do nothing
//! together and are therefore refused.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use lockstep::model::Digest;

use super::attest::{BUILDER, attest, fine, world};
use super::{Folder, Ran, Run};
use crate::authority::Authority;
use crate::observe::loopback::{Loopback, answer};
use crate::observe::oci::pusher::Pusher;
use crate::observe::oci::registries::{Demand, Registry};

/// Services that hear everything and refuse it.
fn services() -> Loopback {
    Loopback::start(|_| {
        let json = [("content-type", "application/json")];
        answer("400 Bad Request", &json, b"{}")
    })
}

/// Runs without `--no-log` against a private instance, whose services refuse: nothing is written.
fn asking(folder: &Folder, arguments: &[&str]) -> Ran {
    let root = Authority::new("attest options").trusted_root_json();
    let root = folder.file("root.json", root);
    let head = ["attest", "dist/lib-1.0.tar.gz", "--trusted-root", &root];
    let all = [&head[..], BUILDER, arguments].concat();
    let ran = Run::new(&all).within(folder.path()).run();
    let bundle = folder.path().join("dist/lib-1.0.tar.gz.sigstore.json");
    assert!(!bundle.exists(), "{ran:#?}");
    ran
}

#[track_caller]
fn asked(server: &Loopback, ran: &Ran, target: &str) {
    assert_ne!(ran.code, Some(0), "{ran:#?}");
    assert_eq!(ran.out, "", "{ran:#?}");
    let heard: Vec<String> = server.heard().into_iter().map(|it| it.target).collect();
    assert_eq!(heard.first().map(String::as_str), Some(target), "{ran:#?}");
}

#[test]
fn the_certificate_authority_that_is_named_gets_the_token_and_nobody_else_sees_it() {
    let folder = world("ecdsa-p256");
    let server = services();
    let claims =
        r#"{"iss":"https://issuer.example","sub":"s3cr3t","aud":"sigstore","exp":4000000000}"#;
    let claims = URL_SAFE_NO_PAD.encode(claims);
    let token = format!("eyJhbGciOiJSUzI1NiJ9.{claims}.{}", "c2ln".repeat(20));
    let file = folder.file("token", &token);
    for given in [&token, &file] {
        let server_url = server.url("/ca");
        let before = server.heard().len();
        let ran = asking(
            &folder,
            &[
                "--identity-token",
                given,
                "--fulcio-url",
                &server_url,
                "--rekor-url",
                &server.url("/log"),
            ],
        );
        asked(&server, &ran, "/ca/api/v2/signingCert");
        let body = &server.heard()[before].body;
        assert!(String::from_utf8_lossy(body).contains(&token));
        assert!(!ran.err.contains(&claims), "{ran:#?}");
    }
}

#[test]
fn the_log_that_is_named_is_asked_by_the_interface_that_is_named() {
    let folder = world("ecdsa-p256");
    let server = services();
    let log = server.url("/log");
    let key = ["--key", "lockstep.key", "--rekor-url", &log];
    let ran = asking(&folder, &[&key[..], &["--rekor-version", "1"]].concat());
    asked(&server, &ran, "/log/api/v1/log/entries");

    let server = services();
    let log = server.url("/log");
    let key = [
        "--key",
        "lockstep.key",
        "--rekor-url",
        &log,
        "--rekor-version",
        "2",
    ];
    asking(&folder, &key).refuses(&["--timestamp-server"]);
    assert!(server.heard().is_empty());
    let stamps = server.url("/stamps");
    let ran = asking(
        &folder,
        &[&key[..], &["--timestamp-server", &stamps]].concat(),
    );
    asked(&server, &ran, "/log/api/v2/log/entries");
}

#[test]
fn a_signing_config_names_the_services() {
    let folder = world("ecdsa-p256");
    let server = services();
    let service = |path: &str| {
        json!({"url": server.url(path), "majorApiVersion": 1, "operator": "a",
            "validFor": {"start": "2020-01-01T00:00:00Z"}})
    };
    let config = json!({
        "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
        "caUrls": [service("/ca")], "rekorTlogUrls": [service("/configured")],
        "rekorTlogConfig": {"selector": "ANY"},
    });
    let config = folder.file("config.json", config.to_string());
    let ran = asking(
        &folder,
        &["--key", "lockstep.key", "--signing-config", &config],
    );
    asked(&server, &ran, "/configured/api/v1/log/entries");
    for option in ["--fulcio-url", "--rekor-url", "--timestamp-server"] {
        let key = match option {
            "--fulcio-url" => &[][..],
            _ => &["--key", "lockstep.key"],
        };
        let both = [
            "--signing-config",
            &config,
            option,
            "https://other.example/",
        ];
        asking(&folder, &[key, &both].concat()).refuses(&["--signing-config", option]);
    }
}

fn statement(ran: &Ran) -> Value {
    fine(ran);
    ran.json()
}

#[test]
fn what_is_stated_of_the_build_stands_in_the_predicate() {
    let folder = world("ecdsa-p256");
    let stated = [
        "dist",
        "--dry-run",
        "--build-type",
        "https://build.example/v1",
        "--source-ref",
        "refs/tags/v1.0",
        "--invocation",
        "https://build.example/runs/7",
    ];
    let said = statement(&attest(&folder, &[&stated[..], BUILDER].concat()).run());
    let definition = &said["predicate"]["buildDefinition"];
    assert_eq!(definition["buildType"], "https://build.example/v1");
    assert_eq!(definition["externalParameters"]["ref"], "refs/tags/v1.0");
    let details = &said["predicate"]["runDetails"];
    let run = &details["metadata"]["invocationId"];
    assert_eq!(run, "https://build.example/runs/7");
    for (option, wrong) in [
        ("--builder-id", "me"),
        ("--build-type", "mine"),
        ("--source-ref", "v1.0"),
        ("--source-commit", "0e58ed8"),
    ] {
        let mut arguments = vec!["dist", "--dry-run", option, wrong];
        if option != "--builder-id" {
            arguments.extend(["--builder-id", "https://builder.example/one"]);
        }
        attest(&folder, &arguments)
            .run()
            .refuses(&[option, wrong, "hint"]);
    }
}

#[test]
fn the_images_of_every_platform_are_subjects_where_that_is_said() {
    let folder = world("ecdsa-p256");
    let Some(registry) = Registry::distribution(Demand::Nothing) else {
        return;
    };
    let pusher = Pusher::new(registry.port());
    let amd64 = pusher.image("acme/api", None, "linux/amd64", "one");
    pusher.index("acme/api", "1.0", std::slice::from_ref(&amd64));
    let subject = format!("oci:{}:1.0", registry.image("acme/api"));
    let subjects = |more: &[&str]| {
        let all = [&["attest", &subject, "--dry-run"], BUILDER, more].concat();
        let said = statement(&Run::new(&all).within(folder.path()).run());
        said["subject"].as_array().unwrap().clone()
    };
    assert_eq!(subjects(&[]).len(), 1);
    let both = subjects(&["--platforms"]);
    assert_eq!(both.len(), 2);
    let hex = amd64.digest.hex();
    assert!(
        both.iter().any(|it| it["digest"]["sha256"] == *hex),
        "{both:?}"
    );
}

#[test]
fn standard_output_and_other_places_do_not_take_each_other_away() {
    let folder = world("ecdsa-p256");
    let arguments = ["dist/lib-1.0.tar.gz", "--bundle", "-", "--to", "file"];
    let ran = attest(&folder, &[&arguments[..], BUILDER].concat()).run();
    fine(&ran);
    assert!(ran.json().get("dsseEnvelope").is_some(), "{ran:#?}");
    let beside = folder.path().join("dist/lib-1.0.tar.gz.sigstore.json");
    assert!(beside.exists() && !folder.path().join("-").exists());
    // Standard output alone writes no file.
    std::fs::remove_file(&beside).unwrap();
    fine(&attest(&folder, &[&arguments[..3], BUILDER].concat()).run());
    assert!(!beside.exists());
}

#[test]
fn an_option_that_would_do_nothing_is_refused() {
    let folder = world("ecdsa-p256");
    let address = "https://service.example/";
    for (arguments, words) in [
        (&["--platforms"][..], &["--platforms", "oci:"][..]),
        (
            &["--bundle", "b.json", "--to", "stdout"],
            &["--bundle FILE", "--to file"],
        ),
        (
            &["--fulcio-url", address],
            &["--fulcio-url", "no certificate authority"],
        ),
        (&["--rekor-url", address], &["--rekor-url", "--no-log"]),
        (&["--rekor-version", "2"], &["--rekor-version", "--no-log"]),
        (
            &["--timestamp-server", address],
            &["--timestamp-server", "--no-log"],
        ),
        (
            &["--signing-config", "none.json"],
            &["--signing-config", "--no-log"],
        ),
        (
            &["--trusted-root", "none.json"],
            &["--trusted-root", "--no-log"],
        ),
    ] {
        let all = [&["dist"], BUILDER, arguments].concat();
        attest(&folder, &all).run().refuses(words);
    }
    let files = std::fs::read_dir(folder.path().join("dist")).unwrap();
    assert_eq!(files.count(), 2, "something was written");
}

#[test]
fn the_result_as_json_names_every_file_with_its_digest() {
    let folder = world("ecdsa-p256");
    for outcome in ["attested", "already-attested"] {
        let all = [&["dist", "--format", "json"], BUILDER].concat();
        let told = statement(&attest(&folder, &all).run());
        assert_eq!(told["schema"], "lockstep-attestation/1");
        let attestations = told["attestations"].as_array().unwrap();
        assert_eq!(attestations.len(), 2);
        for one in attestations {
            assert_eq!(one["outcome"], outcome);
            let file = folder.path().join(one["place"].as_str().unwrap());
            let digest = Digest::of(&std::fs::read(file).unwrap());
            if outcome == "attested" {
                assert_eq!(one["digest"], digest.to_string());
            }
        }
    }
}
