//! Signing against a whole instance on loopback, made of the tests' own authority: what is given
//! out verifies, and whatever one of the services lies about, nothing is given out.

use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use lockstep::attest::key::{Algorithm, PrivateKey};
use lockstep::attest::keyless::{
    Keyless, KeylessOptions, RekorVersion, ServiceOptions, SigstoreWitness, prove,
};
use lockstep::attest::{LocalKey, Sign, SignError};
use lockstep::model::{Digest, Leniency, TrustDomain, TrustMaterial};
use lockstep::observe::http::{Client, Limits, Silent};
use lockstep::observe::{Environment, now};
use lockstep::verify::{UnverifiedBundle, Verifier};
use serde_json::{Value, json};

use crate::authority::log::{self, Recorded};
use crate::authority::{Authority, Claims, Key, Kind, Options, encoded_for_signing, statement};
use crate::observe::loopback::{Heard, Loopback, Step, answer};

/// Which service lies, and how.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Lie {
    None,
    /// The certificate is of another key.
    OtherKey,
    /// The certificate is of another instance.
    OtherAuthority,
    /// The log's entry is about another envelope.
    OtherEntry,
    /// The log's entry is signed by another log.
    OtherLog,
    /// The timestamp is of another signature.
    OtherStamp,
    /// The timestamp was made before the certificate.
    EarlyStamp,
}

struct Services {
    authority: Authority,
    other: Authority,
    lie: Lie,
    /// The signature that was logged last: a timestamp is asked for it next.
    signature: Mutex<Vec<u8>>,
    /// Whether a log says that it has the entry already, once.
    conflict: bool,
    entry: Mutex<Value>,
}

fn seconds() -> i64 {
    let epoch = lockstep::model::Time::from_unix_seconds(0);
    i64::try_from(now().since(epoch).seconds()).unwrap()
}

fn json_answer(status: &str, value: &Value) -> Vec<Step> {
    let json = [("content-type", "application/json")];
    answer(status, &json, value.to_string().as_bytes())
}

fn decoded(value: &Value) -> Vec<u8> {
    STANDARD.decode(value.as_str().unwrap()).unwrap()
}

fn pem_content(pem: &str) -> Vec<u8> {
    let lines: String = pem
        .lines()
        .filter(|line| !line.starts_with("---"))
        .collect();
    STANDARD.decode(lines).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Services {
    fn answer(&self, heard: &Heard) -> Vec<Step> {
        match heard.target.as_str() {
            "/api/v2/signingCert" => self.certificate(&heard.body),
            "/api/v1/log/entries" => self.first(&heard.body),
            "/api/v1/log/entries/00" => json_answer("200 OK", &self.entry.lock().unwrap()),
            "/api/v2/log/entries" => self.second(&heard.body),
            "/timestamp" => self.timestamp(&heard.body),
            _ => answer("404 Not Found", &[], b""),
        }
    }

    fn certificate(&self, body: &[u8]) -> Vec<Step> {
        let request: Value = serde_json::from_slice(body).unwrap();
        let token = request["credentials"]["oidcIdentityToken"]
            .as_str()
            .unwrap();
        let claims = URL_SAFE_NO_PAD
            .decode(token.split('.').nth(1).unwrap())
            .unwrap();
        let claims: Value = serde_json::from_slice(&claims).unwrap();
        let public = request["publicKeyRequest"]["publicKey"]["content"]
            .as_str()
            .unwrap();
        let spki = match self.lie {
            Lie::OtherKey => Key::p256("another").spki(),
            _ => pem_content(public),
        };
        let holder = claims.get("email").unwrap_or(&claims["sub"]);
        let holder = holder.as_str().unwrap();
        // Possession is proved over what the token says of its holder, as Fulcio demands.
        let proof = decoded(&request["publicKeyRequest"]["proofOfPossession"]);
        let algorithm = &aws_lc_rs::signature::ECDSA_P256_SHA256_ASN1;
        let point = &pem_content(public)[26..];
        aws_lc_rs::signature::UnparsedPublicKey::new(algorithm, point)
            .verify(holder.as_bytes(), &proof)
            .unwrap();
        let claims = Claims::person(holder, claims["iss"].as_str().unwrap());
        let authority = match self.lie {
            Lie::OtherAuthority => &self.other,
            _ => &self.authority,
        };
        let der = authority.certificate(&spki, &claims, &Options::at(seconds() - 1));
        let text = STANDARD.encode(der);
        let pem = format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n");
        let chain = json!({"chain": {"certificates": [pem]}});
        json_answer(
            "201 Created",
            &json!({"signedCertificateEmbeddedSct": chain}),
        )
    }

    fn log(&self) -> &Authority {
        match self.lie {
            Lie::OtherLog => &self.other,
            _ => &self.authority,
        }
    }

    fn first(&self, body: &[u8]) -> Vec<Step> {
        let request: Value = serde_json::from_slice(body).unwrap();
        let content = &request["spec"]["proposedContent"];
        let envelope: Value = serde_json::from_str(content["envelope"].as_str().unwrap()).unwrap();
        let payload = match self.lie {
            Lie::OtherEntry => b"another".to_vec(),
            _ => decoded(&envelope["payload"]),
        };
        let signature = decoded(&envelope["signatures"][0]["sig"]);
        self.signature.lock().unwrap().clone_from(&signature);
        let pem = String::from_utf8(decoded(&content["verifiers"][0])).unwrap();
        let verifier = STANDARD.encode(&pem);
        let message = encoded_for_signing("application/vnd.in-toto+json", &payload);
        let recorded = Recorded {
            message: &message,
            payload: &payload,
            signature: &signature,
            certificate: None,
            key: &Key::p256("unused"),
        };
        let mut logged: Value = serde_json::from_slice(&log::body(Kind::Dsse, &recorded)).unwrap();
        logged["spec"]["signatures"][0]["verifier"] = json!(verifier);
        let entry = self.log().entry(
            Kind::Dsse,
            logged.to_string().as_bytes(),
            &Options::at(seconds()),
        );
        let number = |value: &Value| value.as_str().unwrap().parse::<i64>().unwrap();
        let proof = &entry["inclusionProof"];
        let hashes: Vec<String> = proof["hashes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|hash| hex(&decoded(hash)))
            .collect();
        let answered = json!({"00": {
            "body": entry["canonicalizedBody"],
            "integratedTime": number(&entry["integratedTime"]),
            "logID": hex(&decoded(&entry["logId"]["keyId"])),
            "logIndex": number(&entry["logIndex"]),
            "verification": {
                "inclusionProof": {
                    "checkpoint": proof["checkpoint"]["envelope"],
                    "hashes": hashes,
                    "logIndex": number(&proof["logIndex"]),
                    "rootHash": hex(&decoded(&proof["rootHash"])),
                    "treeSize": number(&proof["treeSize"]),
                },
                "signedEntryTimestamp": entry["inclusionPromise"]["signedEntryTimestamp"],
            },
        }});
        if self.conflict {
            *self.entry.lock().unwrap() = answered;
            return answer(
                "409 Conflict",
                &[("location", "/api/v1/log/entries/00")],
                b"{}",
            );
        }
        json_answer("201 Created", &answered)
    }

    fn second(&self, body: &[u8]) -> Vec<Step> {
        let request: Value = serde_json::from_slice(body).unwrap();
        let request = &request["hashedRekordRequestV002"];
        let signature = decoded(&request["signature"]["content"]);
        *self.signature.lock().unwrap() = signature;
        let digest = match self.lie {
            Lie::OtherEntry => json!(STANDARD.encode([7; 32])),
            _ => request["digest"].clone(),
        };
        let logged = json!({"apiVersion": "0.0.2", "kind": "hashedrekord", "spec": {
            "hashedRekordV002": {
                "data": {"algorithm": "SHA2_256", "digest": digest},
                "signature": request["signature"],
            },
        }});
        let options = Options::v2_at(seconds());
        let body = logged.to_string();
        json_answer(
            "201 Created",
            &self.log().entry(Kind::V2, body.as_bytes(), &options),
        )
    }

    fn timestamp(&self, query: &[u8]) -> Vec<Step> {
        let signature = self.signature.lock().unwrap().clone();
        let digest = crate::authority::sha256(&signature);
        assert!(
            query.windows(32).any(|window| window == digest),
            "over the signature"
        );
        let at = match self.lie {
            Lie::EarlyStamp => seconds() - 3_600,
            _ => seconds(),
        };
        let stamp = match self.lie {
            Lie::OtherStamp => self.authority.stamp(b"another signature", at),
            _ => self.authority.stamp(&signature, at),
        };
        let reply = [("content-type", "application/timestamp-reply")];
        answer("201 Created", &reply, &decoded(&stamp["signedTimestamp"]))
    }
}

/// A Sigstore instance on loopback.
pub(crate) struct Instance {
    pub(crate) server: Loopback,
    pub(crate) trust: TrustDomain,
    client: Client,
}

impl Instance {
    pub(crate) fn with(lie: Lie, conflict: bool) -> Self {
        let authority = Authority::new("signing");
        let trust = authority.domain("signing");
        let services = Services {
            authority,
            other: Authority::new("other"),
            lie,
            signature: Mutex::default(),
            conflict,
            entry: Mutex::default(),
        };
        Self {
            server: Loopback::start(move |heard| services.answer(heard)),
            trust,
            client: Client::new(Environment::empty(), Limits::default(), Arc::new(Silent)).unwrap(),
        }
    }

    fn services(&self, version: RekorVersion, stamped: bool) -> ServiceOptions {
        ServiceOptions {
            fulcio_url: Some(self.server.url("/")),
            rekor_url: Some(self.server.url("/")),
            timestamp_server: stamped.then(|| self.server.url("/timestamp")),
            rekor_version: Some(version),
            ..ServiceOptions::default()
        }
    }

    async fn sign(&self, version: RekorVersion, stamped: bool) -> Result<String, SignError> {
        let options = KeylessOptions {
            services: self.services(version, stamped),
            identity_token: Some(token("https://ci.example/acme")),
            trust: Some(self.trust.clone()),
            ..KeylessOptions::default()
        };
        let nothing = Environment::empty();
        let signer = Keyless::of_environment(&nothing, &self.client, &options).await?;
        assert_eq!(signer.identity(), "https://ci.example/acme");
        Ok(signer.sign(about().as_bytes()).await?.json)
    }
}

/// An identity token of this holder, which nobody signed: the instance looks at its claims alone.
pub(crate) fn token(subject: &str) -> String {
    let claims = json!({"iss": "https://issuer.example", "sub": subject, "aud": "sigstore",
        "exp": seconds() + 300});
    let claims = URL_SAFE_NO_PAD.encode(claims.to_string());
    format!("eyJhbGciOiJSUzI1NiJ9.{claims}.c2ln")
}

fn about() -> String {
    statement(
        "app",
        Digest::of(b"app"),
        "https://slsa.dev/provenance/v1",
        &json!({}),
    )
}

#[tokio::test]
async fn what_is_given_out_verifies_with_rekor_v1_and_v2_and_timestamps() {
    for (version, stamped) in [
        (RekorVersion::V1, false),
        (RekorVersion::V1, true),
        (RekorVersion::V2, true),
    ] {
        let instance = Instance::with(Lie::None, false);
        let json = instance.sign(version, stamped).await.unwrap();
        let bundle = UnverifiedBundle::read(json.as_bytes()).unwrap();
        let later = now().plus(lockstep::model::Duration::from_seconds(5));
        let verifier = Verifier::new(&instance.trust).unwrap();
        let verified = verifier.verify_statement(&bundle, later).unwrap();
        assert_eq!(verified.signature().log_entries(), 1);
        // One certificate, one entry, one timestamp at most: nothing is asked twice.
        assert_eq!(instance.server.heard().len(), 2 + usize::from(stamped));
    }
}

#[tokio::test]
async fn an_entry_that_the_log_has_already_is_fetched() {
    let instance = Instance::with(Lie::None, true);
    instance.sign(RekorVersion::V1, false).await.unwrap();
    let heard = instance.server.heard();
    assert_eq!(heard.last().unwrap().method, "GET");
}

#[tokio::test]
async fn whatever_a_service_lies_about_nothing_is_given_out() {
    for lie in [
        Lie::OtherKey,
        Lie::OtherAuthority,
        Lie::OtherEntry,
        Lie::OtherLog,
        Lie::OtherStamp,
        Lie::EarlyStamp,
    ] {
        for version in [RekorVersion::V1, RekorVersion::V2] {
            let instance = Instance::with(lie, false);
            let why = instance
                .sign(version, true)
                .await
                .expect_err(&format!("{lie:?}"));
            assert!(
                why.message.contains("does not verify"),
                "{lie:?}: {}",
                why.message
            );
        }
    }
}

#[tokio::test]
async fn local_keys_are_witnessed_and_pure_ed25519_is_not_offered_to_rekor_v2() {
    for algorithm in [Algorithm::EcdsaP256, Algorithm::Ed25519] {
        for (version, stamped) in [
            (RekorVersion::V1, false),
            (RekorVersion::V1, true),
            (RekorVersion::V2, true),
        ] {
            let instance = Instance::with(Lie::None, false);
            let key = PrivateKey::generate(algorithm).unwrap();
            let domain = TrustDomain {
                label: "key".to_owned(),
                material: TrustMaterial::Key {
                    pem: key.public_pem().unwrap().into(),
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
                &instance.services(version, stamped),
                Some(&instance.trust),
            );
            let signer = LocalKey::new(key, Some(Arc::new(witness.unwrap())));
            let signed = signer.sign(about().as_bytes()).await;
            if algorithm == Algorithm::Ed25519 && version == RekorVersion::V2 {
                let why = signed.unwrap_err();
                assert!(why.hint.unwrap().contains("--rekor-version 1"));
                assert!(instance.server.heard().is_empty());
                continue;
            }
            prove(&signed.unwrap(), &domain).unwrap();
        }
    }
}
