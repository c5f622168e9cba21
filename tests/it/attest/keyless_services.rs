//! Signing against running Sigstore services, Rekor v1 and v2 with timestamps: what they give
//! verifies here, and the log holds what was signed.
//!
//! The services are the ones of `scripts/interop`; `LOCKSTEP_SIGSTORE_SERVICES` names their state
//! folder (`trusted_root.json`, `signing_config.json`, an issuer at the config's first OIDC address).
//! Without it these tests say that they were left out.

use std::path::PathBuf;
use std::sync::Arc;

use lockstep::attest::Sign;
use lockstep::attest::keyless::{
    Keyless, KeylessOptions, RekorVersion, ServiceOptions, Services, Witness, prove,
};
use lockstep::model::{ArtifactDigest, Digest, Leniency, TrustDomain, TrustMaterial};
use lockstep::observe::http::{Client, Limits, Request, Silent};
use lockstep::observe::{Environment, now};
use lockstep::verify::{Signer, UnverifiedBundle, Verified, Verifier};
use sigstore_types::{
    DerPublicKey, DsseEnvelope, DsseSignature, KeyId, PayloadBytes, TransparencyLogEntry,
};

/// The folders of running services; more than one may be named, as in `PATH`.
fn services() -> Vec<PathBuf> {
    let named = std::env::var_os("LOCKSTEP_SIGSTORE_SERVICES").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&named)
        .filter(|folder| !folder.as_os_str().is_empty())
        .collect();
    if folders.is_empty() {
        println!("left out: LOCKSTEP_SIGSTORE_SERVICES names no state folder of Sigstore services");
    }
    folders
}

struct Instance {
    client: Client,
    config: String,
    trust: TrustDomain,
}

impl Instance {
    fn of(folder: &std::path::Path) -> Self {
        let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
        Self {
            client: Client::new(Environment::empty(), Limits::default(), Arc::new(Silent)).unwrap(),
            config: read("signing_config.json"),
            trust: TrustDomain {
                label: "services".to_owned(),
                material: TrustMaterial::TrustedRoot(read("trusted_root.json").into()),
                leniency: Leniency::default(),
            },
        }
    }

    fn services(&self) -> ServiceOptions {
        ServiceOptions {
            signing_config: Some(self.config.clone()),
            ..ServiceOptions::default()
        }
    }

    async fn token(&self) -> String {
        let config: serde_json::Value = serde_json::from_str(&self.config).unwrap();
        let issuer = config["oidcUrls"][0]["url"].as_str().unwrap();
        let url = url::Url::parse(issuer).unwrap().join("/token").unwrap();
        let request = Request::idempotent_post(url, "application/json", Vec::new());
        let reply = self.client.send(&request).await.unwrap();
        let answer: serde_json::Value = serde_json::from_slice(&reply.body).unwrap();
        answer["value"].as_str().unwrap().to_owned()
    }
}

fn statement() -> (Vec<u8>, ArtifactDigest) {
    let digest = Digest::of(format!("artifact of {:?}", std::time::Instant::now()).as_bytes());
    let hex = digest.to_string().replace("sha256:", "");
    let statement = serde_json::json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "app.tar.gz", "digest": {"sha256": hex}}],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {"buildDefinition": {}, "runDetails": {}},
    });
    (
        statement.to_string().into_bytes(),
        ArtifactDigest::Sha256(digest),
    )
}

#[tokio::test]
async fn what_is_signed_without_a_key_verifies_with_its_log_entry_and_identity() {
    for folder in services() {
        let instance = Instance::of(&folder);
        let options = KeylessOptions {
            services: instance.services(),
            identity_token: Some(instance.token().await),
            trust: Some(instance.trust.clone()),
            ..KeylessOptions::default()
        };
        let nothing = Environment::empty();
        let signer = Keyless::of_environment(&nothing, &instance.client, &options);
        let signer = signer.await.unwrap();
        let (statement, artifact) = statement();
        let signed = signer.sign(&statement).await.unwrap();
        let bundle = UnverifiedBundle::read(signed.json.as_bytes()).unwrap();
        let verifier = Verifier::new(&instance.trust).unwrap();
        let later = now().plus(lockstep::model::Duration::from_seconds(60));
        let Verified::Statement(verified) = verifier.verify(&bundle, &artifact, later).unwrap()
        else {
            panic!("no statement")
        };
        let signature = verified.signature();
        assert_eq!(signature.log_entries(), 1);
        let Signer::Certificate(claims) = signature.signer() else {
            panic!("no certificate")
        };
        assert_eq!(claims.identity, signer.identity());
        let version = Services::choose(&instance.services(), &Environment::empty());
        println!(
            "signed and verified: {} with {:?}",
            signer.identity(),
            version.unwrap().logs
        );
        // Another artifact is not what it is about.
        let other = ArtifactDigest::Sha256(Digest::of(b"another"));
        assert!(verifier.verify(&bundle, &other, later).is_err());
    }
}

#[tokio::test]
async fn a_local_keys_signature_is_witnessed_and_verifies_with_the_key() {
    for folder in services() {
        let instance = Instance::of(&folder);
        let services = Services::choose(&instance.services(), &Environment::empty()).unwrap();
        for kind in ["p256", "ed25519"] {
            let (statement, _) = statement();
            let encoded = sigstore_types::pae("application/vnd.in-toto+json", &statement);
            let (signature, key) = signed_by_a_key(kind, &encoded);
            let envelope = DsseEnvelope::new(
                "application/vnd.in-toto+json",
                PayloadBytes::from_bytes(&statement),
                DsseSignature::new(signature.into(), KeyId::default()),
            );
            let trust = Some(&instance.trust);
            let witness = Witness::of_environment(
                &Environment::empty(),
                &instance.client,
                &instance.services(),
                trust,
            );
            let witnessed = witness.unwrap().witness(&envelope, &key).await;
            if kind == "ed25519" && services.logs[0].version == RekorVersion::V2 {
                let why = witnessed.unwrap_err();
                assert!(why.hint.unwrap().contains("--rekor-version 1"));
                continue;
            }
            let witnessed = witnessed.unwrap();
            assert_eq!(witnessed.log_entries.len(), 1);
            let bundle = bundle(
                &envelope,
                &witnessed.log_entries,
                &witnessed.timestamps,
                &key,
            );
            let domain = TrustDomain {
                label: "key".to_owned(),
                material: TrustMaterial::Key {
                    pem: key.to_pem().into(),
                    root: match &instance.trust.material {
                        TrustMaterial::TrustedRoot(root) => Some(root.clone()),
                        TrustMaterial::Key { .. } => None,
                    },
                },
                leniency: Leniency::default(),
            };
            prove(&lockstep::attest::SignedBundle { json: bundle }, &domain).unwrap();
            println!("witnessed and verified: {kind} with {:?}", services.logs);
        }
    }
}

fn signed_by_a_key(kind: &str, message: &[u8]) -> (Vec<u8>, DerPublicKey) {
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
    match kind {
        "p256" => {
            let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
            let signature = key.sign(&SystemRandom::new(), message).unwrap();
            let mut der = hex("3059301306072a8648ce3d020106082a8648ce3d030107034200");
            der.extend_from_slice(key.public_key().as_ref());
            (signature.as_ref().to_vec(), DerPublicKey::new(der))
        }
        _ => {
            use ed25519_dalek::Signer as _;
            let key = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
            let mut der = hex("302a300506032b6570032100");
            der.extend_from_slice(key.verifying_key().as_bytes());
            (key.sign(message).to_vec(), DerPublicKey::new(der))
        }
    }
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

fn bundle(
    envelope: &DsseEnvelope,
    entries: &[TransparencyLogEntry],
    timestamps: &[sigstore_types::TimestampToken],
    key: &DerPublicKey,
) -> String {
    let timestamps: Vec<_> = timestamps
        .iter()
        .map(|token| serde_json::json!({"signedTimestamp": token}))
        .collect();
    use base64::Engine as _;
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, key.as_bytes());
    let hint = base64::engine::general_purpose::STANDARD.encode(digest);
    serde_json::json!({
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": {
            "publicKey": {"hint": hint},
            "tlogEntries": entries,
            "timestampVerificationData": {"rfc3161Timestamps": timestamps},
        },
        "dsseEnvelope": envelope,
    })
    .to_string()
}
