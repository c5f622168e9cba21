//! Signing without a key where something is wrong: every error is clear, and none shows a secret.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use lockstep::attest::keyless::{
    Keyless, KeylessOptions, RekorVersion, ServiceOptions, SigstoreWitness,
};
use lockstep::attest::{Sign, SignError};
use lockstep::observe::Environment;
use lockstep::observe::http::{Client, Limits, Silent};
use lockstep::verify::public_good;

use crate::observe::loopback::{Heard, Loopback, Step, answer};

/// Stands in every token that these tests plant.
const PLANTED: &str = "s3cr3t-identity";

fn token(expires: i64) -> String {
    let claims = format!(
        r#"{{"iss":"https://issuer.example","sub":"{PLANTED}","aud":"sigstore","exp":{expires}}}"#
    );
    let claims = URL_SAFE_NO_PAD.encode(claims);
    format!(
        "eyJhbGciOiJSUzI1NiJ9.{claims}.{}",
        "c2lnbmF0dXJl".repeat(20)
    )
}

const FAR: i64 = 4_000_000_000;

fn statement() -> Vec<u8> {
    let hex = "11".repeat(32);
    format!(
        r#"{{"_type":"https://in-toto.io/Statement/v1","subject":[{{"name":"a","digest":{{"sha256":"{hex}"}}}}],"predicateType":"https://slsa.dev/provenance/v1","predicate":{{}}}}"#
    )
    .into_bytes()
}

fn client(environment: &Environment) -> Client {
    let limits = Limits {
        tries: 1,
        total: std::time::Duration::from_secs(3),
        ..Limits::default()
    };
    Client::new(environment.clone(), limits, Arc::new(Silent)).unwrap()
}

async fn keyless(environment: Environment, options: KeylessOptions) -> Result<Keyless, SignError> {
    let client = client(&environment);
    Keyless::of_environment(&environment, &client, &options).await
}

fn refused(made: Result<Keyless, SignError>) -> String {
    match made {
        Ok(_) => panic!("it has an identity"),
        Err(why) => {
            let shown = format!("{} / {}", why.message, why.hint.unwrap_or_default());
            assert!(
                !shown.contains(PLANTED) && !shown.contains("eyJhbG"),
                "{shown}"
            );
            shown
        }
    }
}

fn json(status: &str, body: &str) -> Vec<Step> {
    answer(
        status,
        &[("content-type", "application/json")],
        body.as_bytes(),
    )
}

#[tokio::test]
async fn without_an_identity_the_error_says_what_to_set_in_each_ci_system() {
    for (variables, wanted) in [
        (vec![], "--identity-token or SIGSTORE_ID_TOKEN"),
        (vec![("GITHUB_ACTIONS", "true")], "id-token: write"),
        (
            vec![("GITLAB_CI", "true")],
            "id_tokens: {SIGSTORE_ID_TOKEN: {aud: sigstore}}",
        ),
        (
            vec![("CIRCLECI", "true"), ("PATH", "/nowhere")],
            "the program circleci",
        ),
        (
            vec![("BUILDKITE", "true"), ("PATH", "/nowhere")],
            "the program buildkite-agent",
        ),
    ] {
        let environment = variables
            .iter()
            .fold(Environment::empty(), |all, (name, value)| {
                all.with(*name, *value)
            });
        let shown = refused(keyless(environment, KeylessOptions::default()).await);
        assert!(shown.contains(wanted), "{shown}");
    }
}

#[tokio::test]
async fn github_actions_is_asked_for_the_audience_and_its_token_is_taken() {
    let server = Loopback::start(|_| json("200 OK", &format!(r#"{{"value":"{}"}}"#, token(FAR))));
    let environment = Environment::empty()
        .with("GITHUB_ACTIONS", "true")
        .with("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "request-s3cr3t")
        .with(
            "ACTIONS_ID_TOKEN_REQUEST_URL",
            server.url("/id?api-version=2"),
        );
    let signer = keyless(environment, KeylessOptions::default())
        .await
        .unwrap();
    assert_eq!(signer.identity(), PLANTED);
    let heard = server.heard();
    assert_eq!(heard[0].target, "/id?api-version=2&audience=sigstore");
    assert_eq!(
        heard[0].header("authorization"),
        Some("Bearer request-s3cr3t")
    );
}

#[tokio::test]
async fn a_token_service_that_fails_redirects_or_lies_gives_no_identity_and_shows_no_secret() {
    type Script = fn(&Heard) -> Vec<Step>;
    let scripts: [(&str, Script); 5] = [
        ("403", |_| {
            json("403 Forbidden", r#"{"message":"eyJ s3cr3t-identity"}"#)
        }),
        ("another host", |_| {
            answer(
                "302 Found",
                &[("location", "https://elsewhere.example/")],
                b"",
            )
        }),
        ("no token", |_| {
            json("200 OK", r#"{"token":"s3cr3t-identity"}"#)
        }),
        ("no JSON Web Token", |_| {
            json("200 OK", r#"{"value":"s3cr3t-identity"}"#)
        }),
        ("connection", |_| vec![Step::Reset]),
    ];
    for (wanted, script) in scripts {
        let server = Loopback::start(script);
        let environment = Environment::empty()
            .with("GITHUB_ACTIONS", "true")
            .with("ACTIONS_ID_TOKEN_REQUEST_TOKEN", PLANTED)
            .with("ACTIONS_ID_TOKEN_REQUEST_URL", server.url("/id"));
        let shown = refused(keyless(environment, KeylessOptions::default()).await);
        assert!(shown.contains(wanted), "{wanted}: {shown}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn the_programs_of_circleci_and_buildkite_are_asked_and_their_complaints_not_shown() {
    use std::os::unix::fs::PermissionsExt as _;
    for (variable, program) in [("CIRCLECI", "circleci"), ("BUILDKITE", "buildkite-agent")] {
        let folder = tempfile::tempdir().unwrap();
        let write = |script: &str| {
            let path = folder.path().join(program);
            std::fs::write(&path, script).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        };
        let environment = Environment::empty()
            .with(variable, "true")
            .with("PATH", folder.path().to_str().unwrap());
        write(&format!(
            "#!/bin/sh\ncase \"$*\" in *sigstore*) echo {};; *) exit 1;; esac\n",
            token(FAR)
        ));
        let signer = keyless(environment.clone(), KeylessOptions::default()).await;
        assert_eq!(signer.unwrap().identity(), PLANTED);
        for script in [
            format!("#!/bin/sh\necho {PLANTED} >&2\nexit 1\n"),
            format!("#!/bin/sh\necho {PLANTED}\n"),
            "#!/bin/sh\nexec 0<&-; while :; do echo xxxxxxxxxxxxxxxxxxxxxxxx; done\n".to_owned(),
        ] {
            write(&script);
            refused(keyless(environment.clone(), KeylessOptions::default()).await);
        }
    }
}

#[tokio::test]
async fn a_named_token_beats_the_ci_systems_and_may_lie_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, format!("{}\n", token(FAR))).unwrap();
    let named = |named: &str| KeylessOptions {
        identity_token: Some(named.to_owned()),
        ..KeylessOptions::default()
    };
    let ci = Environment::empty().with("GITLAB_CI", "true");
    for text in [token(FAR), file.to_str().unwrap().to_owned()] {
        let signer = keyless(ci.clone(), named(&text)).await.unwrap();
        assert_eq!(signer.identity(), PLANTED);
    }
    let by_variable = ci.clone().with("SIGSTORE_ID_TOKEN", token(FAR));
    assert!(
        keyless(by_variable, KeylessOptions::default())
            .await
            .is_ok()
    );
    for wrong in [PLANTED, "eyJ.eyJ", "/dev/zero", "", &token(1)] {
        refused(keyless(ci.clone(), named(wrong)).await);
    }
}

fn private(server: &Loopback, version: RekorVersion) -> KeylessOptions {
    KeylessOptions {
        identity_token: Some(token(FAR)),
        services: ServiceOptions {
            fulcio_url: Some(server.url("/fulcio")),
            rekor_url: Some(server.url("/rekor")),
            timestamp_server: Some(server.url("/timestamp")),
            rekor_version: Some(version),
            ..ServiceOptions::default()
        },
        trust: Some(public_good()),
        ..KeylessOptions::default()
    }
}

/// A self-signed certificate: enough for the steps between Fulcio and verification.
fn certificate() -> String {
    let root = serde_json::from_str::<serde_json::Value>(
        sigstore_trust_root::SIGSTORE_PRODUCTION_TRUSTED_ROOT,
    )
    .unwrap();
    let raw = &root["certificateAuthorities"][0]["certChain"]["certificates"][0]["rawBytes"];
    let raw = raw.as_str().unwrap();
    let pem = format!("-----BEGIN CERTIFICATE-----\n{raw}\n-----END CERTIFICATE-----\n");
    serde_json::json!({"signedCertificateEmbeddedSct": {"chain": {"certificates": [pem]}}})
        .to_string()
}

#[tokio::test]
async fn whichever_service_fails_is_named_and_nothing_is_given_out() {
    type Fault = (&'static str, &'static str, fn() -> Vec<Step>, &'static str);
    let faults: [Fault; 8] = [
        (
            "/fulcio",
            "(Fulcio)",
            || {
                let message = format!("invalid token {}: no such issuer", token(FAR));
                json(
                    "400 Bad Request",
                    &serde_json::json!({"code": 3, "message": message}).to_string(),
                )
            },
            "no such issuer",
        ),
        (
            "/fulcio",
            "(Fulcio)",
            || json("200 OK", "{}"),
            "no certificate",
        ),
        (
            "/fulcio",
            "(Fulcio)",
            || json("200 OK", r#"{"signedCertificateDetachedSct":{}}"#),
            "SCT",
        ),
        (
            "/fulcio",
            "(Fulcio)",
            || {
                answer(
                    "307 Temporary Redirect",
                    &[("location", "https://elsewhere.example/")],
                    b"",
                )
            },
            "307",
        ),
        (
            "/rekor",
            "(Rekor)",
            || json("500 Internal Server Error", "{}"),
            "try again",
        ),
        (
            "/rekor",
            "(Rekor)",
            || json("201 Created", "[]"),
            "cannot be used",
        ),
        (
            "/rekor",
            "(Rekor)",
            || vec![Step::Repeat(vec![b' '; 1 << 16], 1 << 26)],
            "(Rekor)",
        ),
        (
            "/rekor",
            "(Rekor)",
            || {
                let place = [(
                    "location",
                    "https://elsewhere.example/api/v1/log/entries/00",
                )];
                answer("409 Conflict", &place, b"{}")
            },
            "",
        ),
    ];
    for version in [RekorVersion::V1, RekorVersion::V2] {
        for (path, service, fault, wanted) in &faults {
            let (path, fault) = (*path, *fault);
            let server = Loopback::start(move |heard| match &heard.target {
                target if target.starts_with(path) => fault(),
                target if target.starts_with("/fulcio") => json("201 Created", &certificate()),
                _ => json("404 Not Found", "{}"),
            });
            let options = private(&server, version);
            let signer = keyless(Environment::empty(), options).await.unwrap();
            let why = signer.sign(&statement()).await.unwrap_err();
            let shown = format!("{} / {}", why.message, why.hint.unwrap_or_default());
            assert!(shown.contains(service) && shown.contains(wanted), "{shown}");
            assert!(
                !shown.contains(PLANTED) && !shown.contains("eyJhbG"),
                "{shown}"
            );
            let heard = server.heard();
            assert!(
                heard
                    .iter()
                    .all(|heard| heard.header("authorization").is_none())
            );
            // The token goes to Fulcio alone.
            let others = heard
                .iter()
                .filter(|heard| !heard.target.starts_with("/fulcio"));
            for other in others {
                let body = String::from_utf8_lossy(&other.body);
                assert!(!body.contains(&token(FAR)), "{}", other.target);
            }
        }
    }
}

#[tokio::test]
async fn a_statement_that_nobody_would_read_costs_no_certificate_and_no_log_entry() {
    let server = Loopback::start(|_| json("500 Internal Server Error", "{}"));
    let options = private(&server, RekorVersion::V1);
    let signer = keyless(Environment::empty(), options).await.unwrap();
    let hex = "1".repeat(64);
    let unversioned = format!(r#"{{"_type":"x","subject":[{{"digest":{{"sha256":"{hex}"}}}}]}}"#);
    for nonsense in ["", "{}", "[]", &unversioned] {
        let why = signer.sign(nonsense.as_bytes()).await.unwrap_err();
        assert!(why.message.contains("Statement"), "{}", why.message);
    }
    assert!(server.heard().is_empty());
}

#[tokio::test]
async fn services_of_a_private_instance_need_its_trusted_root() {
    let server = Loopback::start(|_| json("500 Internal Server Error", "{}"));
    let mut options = private(&server, RekorVersion::V1);
    options.trust = None;
    let shown = refused(keyless(Environment::empty(), options.clone()).await);
    assert!(shown.contains("--trusted-root"), "{shown}");
    let environment = Environment::empty();
    let witness = SigstoreWitness::of_environment(
        &environment,
        &client(&environment),
        &options.services,
        None,
    );
    assert!(witness.is_err());
    options.services.timestamp_server = None;
    options.services.rekor_version = Some(RekorVersion::V2);
    options.trust = Some(public_good());
    let shown = refused(keyless(Environment::empty(), options).await);
    assert!(shown.contains("--timestamp-server"), "{shown}");
    assert!(server.heard().is_empty());
}
