//! `--key awskms://…`: keys that AWS KMS keeps, against moto, and against a service that signs
//! something else.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lockstep::attest::key::{Algorithm, PrivateKey};
use lockstep::model::Digest;
use serde_json::{Value, json};

use super::{Folder, Ran, Run};
use crate::observe::loopback::{Loopback, answer};
use crate::observe::moto::Moto;

const BUILDER: &[&str] = &["a.zip", "--builder-id", "https://builder.example/one"];

fn run(folder: &Folder, arguments: &[&str], endpoint: Option<&str>) -> Ran {
    let mut run = Run::new(arguments)
        .env("AWS_ACCESS_KEY_ID", "AKIATEST")
        .env("AWS_SECRET_ACCESS_KEY", "s3cr3t-planted")
        .env("AWS_REGION", "eu-west-1");
    if let Some(endpoint) = endpoint {
        run = run.env("AWS_ENDPOINT_URL", endpoint);
    }
    let ran = run.within(folder.path()).run();
    assert!(!ran.err.contains("s3cr3t"), "{ran:#?}");
    ran
}

fn attest(folder: &Folder, key: &str, more: &[&str], endpoint: Option<&str>) -> Ran {
    let head = ["attest", "--no-log", "--key", key];
    run(folder, &[&head[..], BUILDER, more].concat(), endpoint)
}

#[test]
fn a_key_of_kms_signs_what_its_public_key_verifies() {
    let Some(moto) = Moto::start(json!({"keys": ["alias/release"]})) else {
        return;
    };
    let folder = Folder::new();
    folder.file("a.zip", "artifact");
    let endpoint = moto.endpoint();
    let by_alias = "awskms:///alias/release";
    let here = format!(
        "awskms://{}/alias/release",
        endpoint.strip_prefix("http://").unwrap()
    );
    let public = run(&folder, &["key", "public", by_alias], Some(&endpoint));
    assert_eq!(public.code, Some(0), "{public:#?}");
    folder.file("kms.pub", &public.out);
    for (key, endpoint) in [(by_alias, Some(&*endpoint)), (&here, None)] {
        let ran = attest(&folder, key, &["--force"], endpoint);
        assert_eq!(ran.code, Some(0), "{ran:#?}");
        let again = attest(&folder, key, &[], endpoint);
        assert_eq!(again.code, Some(0), "{again:#?}");
        assert!(again.out.contains("already attested in"), "{again:#?}");
        let verify = ["verify", "--key", "kms.pub", "--unsafe-no-log", "a.zip"];
        let verified = run(&folder, &verify, None);
        assert_eq!(verified.code, Some(0), "{verified:#?}");
    }
    let missing = attest(&folder, "awskms:///alias/none", &[], Some(&endpoint));
    missing.refuses(&["alias/none"]);
    attest(&folder, by_alias, &["--offline"], Some(&endpoint)).refuses(&["--offline", "KMS"]);
    attest(&folder, "awskms:///", &[], None).refuses(&["names no key"]);
    drop(moto);
    let gone = attest(&folder, by_alias, &["--force"], Some(&endpoint));
    assert_eq!(gone.code, Some(3), "{gone:#?}");
}

#[test]
fn a_long_message_is_sent_as_its_digest_and_a_signature_that_does_not_verify_is_not_kept() {
    let key = PrivateKey::generate(Algorithm::EcdsaP256).unwrap();
    let public = STANDARD.encode(key.public_der());
    let service = Loopback::start(move |heard| {
        let told = match heard.header("x-amz-target").unwrap() {
            "TrentService.GetPublicKey" => json!({"PublicKey": public, "KeyUsage": "SIGN_VERIFY",
                "SigningAlgorithms": ["ECDSA_SHA_256"]}),
            "TrentService.Sign" => {
                json!({"Signature": STANDARD.encode(key.sign(b"another message").unwrap())})
            }
            other => panic!("{other}"),
        };
        let json = [("content-type", "application/x-amz-json-1.1")];
        answer("200 OK", &json, told.to_string().as_bytes())
    });
    let folder = Folder::new();
    folder.file("a.zip", "artifact");
    folder.file("short.json", "{}");
    folder.file("long.json", json!({"text": "x".repeat(5_000)}).to_string());
    for (predicate, kind) in [("short.json", "RAW"), ("long.json", "DIGEST")] {
        let said = ["a.zip", "--predicate", predicate, "--type", "vuln"];
        let printed = run(
            &folder,
            &[&["attest", "--dry-run"], &said[..]].concat(),
            None,
        );
        let head = ["attest", "--no-log", "--key", "awskms:///alias/x"];
        let ran = run(
            &folder,
            &[&head[..], &said].concat(),
            Some(&service.url("")),
        );
        ran.refuses(&["does not verify"]);
        assert!(!folder.path().join("a.zip.sigstore.json").exists());
        let heard = service.heard();
        let asked: Value = serde_json::from_slice(&heard.last().unwrap().body).unwrap();
        assert_eq!(asked["MessageType"], kind);
        assert_eq!(asked["SigningAlgorithm"], "ECDSA_SHA_256");
        // DSSE's pre-authentication encoding of what --dry-run prints.
        let statement = printed.out.trim_end();
        let kind_of_payload = "application/vnd.in-toto+json";
        let message = format!(
            "DSSEv1 {} {kind_of_payload} {} {statement}",
            kind_of_payload.len(),
            statement.len()
        );
        let wanted = match kind {
            "RAW" => message.into_bytes(),
            _ => {
                let hex = Digest::of(message.as_bytes()).hex();
                let pairs = (0..hex.len()).step_by(2);
                pairs
                    .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
                    .collect()
            }
        };
        assert_eq!(asked["Message"], STANDARD.encode(wanted));
    }
}
