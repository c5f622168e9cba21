//! Signing against running Sigstore services, Rekor v1 and v2 with timestamps: what they give
//! verifies here, and the log holds what was signed.
//!
//! The services are the ones of `scripts/interop`; `LOCKSTEP_SIGSTORE_SERVICES` names their state
//! folder (`trusted_root.json`, `signing_config.json`, an issuer at the config's first OIDC address).
//! Without it these tests say that they were left out.

use std::path::PathBuf;
use std::sync::Arc;

use lockstep::attest::key::{Algorithm, PrivateKey};
use lockstep::attest::keyless::{
    Keyless, KeylessOptions, RekorVersion, ServiceOptions, Services, SigstoreWitness, prove,
};
use lockstep::attest::{LocalKey, Sign};
use lockstep::model::{ArtifactDigest, Digest, Leniency, TrustDomain, TrustMaterial};
use lockstep::observe::http::{Client, Limits, Request, Silent};
use lockstep::observe::{Environment, now};
use lockstep::verify::{Signer, UnverifiedBundle, Verified, Verifier};

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
        for algorithm in [Algorithm::EcdsaP256, Algorithm::Ed25519] {
            let key = PrivateKey::generate(algorithm).unwrap();
            let domain = TrustDomain {
                label: "key".to_owned(),
                material: TrustMaterial::Key {
                    pem: key.public_pem().into(),
                    root: match &instance.trust.material {
                        TrustMaterial::TrustedRoot(root) => Some(root.clone()),
                        TrustMaterial::Key { .. } => None,
                    },
                },
                leniency: Leniency::default(),
            };
            let witness = SigstoreWitness::of_environment(
                &Environment::empty(),
                &instance.client,
                &instance.services(),
                Some(&instance.trust),
            );
            let signer = LocalKey::new(key, Some(Arc::new(witness.unwrap())));
            let signed = signer.sign(&statement().0).await;
            let is_v2 = services.logs[0].version == RekorVersion::V2;
            if algorithm == Algorithm::Ed25519 && is_v2 {
                let why = signed.unwrap_err();
                assert!(why.hint.unwrap().contains("--rekor-version 1"));
                continue;
            }
            prove(&signed.unwrap(), &domain).unwrap();
            println!(
                "witnessed and verified: {algorithm:?} with {:?}",
                services.logs
            );
        }
    }
}
