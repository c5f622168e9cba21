//! Five cases that sigstore-conformance has and that there fail for another reason than they name:
//! ours fail for theirs. `fixtures/bundles/README.md` tells how they are made;
//! `LOCKSTEP_WRITE_FIXTURES=1 cargo test --test it verify::negatives` makes them anew.

use std::path::{Path, PathBuf};
use std::{env, fs};

use lockstep::model::{ArtifactDigest, Digest, Leniency, TrustDomain, TrustMaterial};
use lockstep::verify::{Fault, UnverifiedBundle, Verifier, VerifyError};
use serde_json::{Value, json};

use super::attack::{encoded, parsed};
use super::sound::{TIME, claims, now};
use crate::authority::log::{Recorded, body};
use crate::authority::{Authority, Key, Kind, Options, Version};

const ARTIFACT: &[u8] = b"an artifact of the fixtures\n";

struct Negative {
    name: &'static str,
    fault: Fault,
    says: &'static str,
}

const NEGATIVES: [Negative; 5] = [
    Negative {
        name: "bundle-with-root-cert",
        fault: Fault::Certificate,
        says: "a self-signed certificate stands in the bundle",
    },
    Negative {
        name: "bundle-empty-certificate-chain",
        fault: Fault::Certificate,
        says: "its certificate chain is empty",
    },
    Negative {
        name: "invalid-inclusion-proof",
        fault: Fault::Log,
        says: "root hash mismatch",
    },
    Negative {
        name: "rekor2-timestamp-with-incorrect-time",
        fault: Fault::Certificate,
        says: "after its certificate ended at 2025-06-15T15:16:40Z",
    },
    Negative {
        name: "managed-key-wrong-key",
        fault: Fault::Signature,
        says: "signature",
    },
];

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/bundles")
        .join(name)
}

fn domain(folder: &Path, key: &str) -> TrustDomain {
    let root = fs::read_to_string(folder.join("trusted_root.json")).unwrap();
    let material = match fs::read_to_string(folder.join(key)) {
        Ok(pem) => TrustMaterial::Key {
            pem: pem.into(),
            root: Some(root.into()),
        },
        Err(_) => TrustMaterial::TrustedRoot(root.into()),
    };
    TrustDomain {
        label: "fixture".to_owned(),
        material,
        leniency: Leniency::default(),
    }
}

fn judged(bundle: &Path, domain: &TrustDomain) -> Result<(), VerifyError> {
    let artifact: ArtifactDigest = Digest::of(ARTIFACT).into();
    let bundle = UnverifiedBundle::read(&fs::read(bundle).unwrap())?;
    let verifier = Verifier::new(domain).unwrap();
    verifier.verify(&bundle, &artifact, now()).map(|_| ())
}

#[test]
fn each_negative_fails_for_the_reason_that_it_names() {
    if env::var("LOCKSTEP_WRITE_FIXTURES").is_ok_and(|value| value == "1") {
        NEGATIVES.iter().for_each(|negative| write(negative.name));
    }
    for negative in &NEGATIVES {
        let folder = folder(negative.name);
        let sound = judged(
            &folder.join("sound.sigstore.json"),
            &domain(&folder, "sound-key.pub"),
        );
        assert_eq!(sound, Ok(()), "{}", negative.name);
        let broken = folder.join("bundle.sigstore.json");
        let error = judged(&broken, &domain(&folder, "key.pub")).unwrap_err();
        assert_eq!(error.fault, negative.fault, "{}: {error}", negative.name);
        assert!(
            error.message.contains(negative.says),
            "{}: {error}",
            negative.name
        );
    }
}

/// A sound bundle, and the same with the one thing wrong.
fn write(name: &str) {
    let authority = Authority::new("fixtures");
    let older = Options {
        version: Version::V0_2,
        ..Options::at(TIME)
    };
    let options = match name {
        "bundle-with-root-cert" | "bundle-empty-certificate-chain" => older,
        "rekor2-timestamp-with-incorrect-time" => Options::v2_at(TIME),
        _ => Options::at(TIME),
    };
    let key = Key::p256("fixtures key");
    let sound = match name {
        "managed-key-wrong-key" => authority.sign_artifact_with(&key, ARTIFACT, &options),
        _ => authority.sign_artifact(ARTIFACT, &claims(), &options),
    };
    let mut broken = parsed(&sound);
    let material = &mut broken["verificationMaterial"];
    let entry = &mut material["tlogEntries"][0];
    match name {
        "bundle-with-root-cert" => {
            let [root, intermediate, ..] = authority.certificates();
            let chain = material
                .pointer_mut("/x509CertificateChain/certificates")
                .unwrap();
            let chain = chain.as_array_mut().unwrap();
            chain.extend([intermediate, root].map(|der| json!({"rawBytes": encoded(der)})));
        }
        "bundle-empty-certificate-chain" => {
            material["x509CertificateChain"]["certificates"] = json!([]);
        }
        "invalid-inclusion-proof" => {
            let other = Recorded {
                message: b"another artifact",
                payload: b"",
                signature: b"another signature",
                certificate: None,
                key: &key,
            };
            let kind = Kind::HashedRekord;
            let old = authority.entry(kind, &body(kind, &other), &options);
            entry["inclusionProof"] = old["inclusionProof"].clone();
        }
        "rekor2-timestamp-with-incorrect-time" => {
            let signature =
                super::attack::decoded(&parsed(&sound)["messageSignature"]["signature"]);
            let late = authority.stamp(&signature, TIME + options.lifetime + 1);
            material["timestampVerificationData"]["rfc3161Timestamps"] = json!([late]);
        }
        _ => {}
    }
    let folder = folder(name);
    fs::create_dir_all(&folder).unwrap();
    let pretty = |value: &Value| serde_json::to_string_pretty(value).unwrap() + "\n";
    let put = |file: &str, text: String| fs::write(folder.join(file), text).unwrap();
    put("sound.sigstore.json", pretty(&parsed(&sound)));
    put("bundle.sigstore.json", pretty(&broken));
    put("trusted_root.json", authority.trusted_root_json() + "\n");
    if name == "managed-key-wrong-key" {
        put("sound-key.pub", key.pem());
        put("key.pub", Key::p256("another key").pem());
    }
}
