//! A whole Sigstore of our own, in memory: a certificate authority like Fulcio with a CT log, a
//! Rekor v1 and a Rekor v2 log, and an RFC 3161 timestamp authority. It signs any statement for any
//! identity at any time, and everything that a real instance would refuse to sign as well.
//!
//! ```ignore
//! let authority = Authority::new("acme");
//! let claims = Claims::github("acme/api", "refs/tags/v1.2.3", COMMIT);
//! let bundle = authority.sign(&statement, &claims, &Options::at(TIME));
//! let domain = authority.domain("authority");          // a `TrustDomain`, strict
//! let root = authority.trusted_root_json();            // for `--trusted-root`, `trusted-root = …`
//! ```
//!
//! Keys come from the seed and times are told, so the trusted root's keys and what a bundle says
//! are the same in every run; ECDSA signatures are not. Whatever is broken on purpose is a field of
//! [`Options`], or an edit of the JSON that comes out: both are one line in a test.

#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "what the authority makes is known, and each test takes what it needs of it"
)]

mod asked;
pub(crate) mod certificate;
pub(crate) mod der;
pub(crate) mod keys;
pub(crate) mod legacy;
pub(crate) mod log;
mod timestamp;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

pub(crate) use asked::{Claims, Logged, Options, Version};
pub(crate) use certificate::Sct;
use certificate::{Certified, Times, name};
pub(crate) use keys::Key;
use lockstep::model::{Digest, Leniency, Time, TrustDomain, TrustMaterial};
pub(crate) use log::Kind;
use log::{Log, Recorded};

/// When everything of an authority begins: 2024-01-01. It ends ten years later.
pub(crate) const BEGINS: i64 = 1_704_067_200;
const ENDS: i64 = BEGINS + 10 * 365 * 86_400;

/// A Sigstore instance.
pub(crate) struct Authority {
    root: Certified,
    /// One, and two with one subject, as a rotation makes them.
    intermediates: [Certified; 3],
    ct_log: Key,
    foreign_ct_log: Key,
    v1: Log,
    v2: Log,
    stamping_root: Certified,
    stamping: Certified,
}

impl Authority {
    /// An instance whose keys the seed decides.
    pub(crate) fn new(seed: &str) -> Self {
        let key = |what: &str| Key::p256(&format!("{seed} {what}"));
        let times = Times {
            not_before: BEGINS,
            not_after: ENDS,
        };
        let organisation = "authority.test";
        let root_name = name(organisation, "root");
        let root = certificate::authority(key("root"), root_name, None, None, times);
        let usage = Some("1.3.6.1.5.5.7.3.3");
        let intermediates = [
            ("only", "intermediate"),
            ("first", "rotated intermediate"),
            ("second", "rotated intermediate"),
        ]
        .map(|(which, common)| {
            let name = name(organisation, common);
            certificate::authority(key(which), name, Some(&root), usage, times)
        });
        let stamping_name = name(organisation, "timestamp root");
        let stamping_root =
            certificate::authority(key("stamping root"), stamping_name, None, None, times);
        let stamping_name = name(organisation, "timestamp");
        let stamping = certificate::stamping(key("stamping"), stamping_name, &stamping_root, times);
        Self {
            root,
            intermediates,
            ct_log: key("ct"),
            foreign_ct_log: key("foreign ct"),
            v1: Log::v1(&format!("{seed} rekor v1")),
            v2: Log::v2(&format!("{seed} rekor v2")),
            stamping_root,
            stamping,
        }
    }

    /// What trusts it, strictly.
    pub(crate) fn domain(&self, label: &str) -> TrustDomain {
        self.lenient(label, Leniency::default())
    }

    /// What trusts it and forgives.
    pub(crate) fn lenient(&self, label: &str, leniency: Leniency) -> TrustDomain {
        TrustDomain {
            label: label.to_owned(),
            material: TrustMaterial::TrustedRoot(self.trusted_root_json().into()),
            leniency,
        }
    }

    /// What trusts a key, and this instance's logs and timestamps beside it.
    pub(crate) fn key_domain(&self, key: &Key, leniency: Leniency) -> TrustDomain {
        TrustDomain {
            label: "key".to_owned(),
            material: TrustMaterial::Key {
                pem: key.pem().into(),
                root: Some(self.trusted_root_json().into()),
            },
            leniency,
        }
    }

    /// Its `trusted_root.json`. Certificates are signed anew each time an authority is made: keep
    /// the text beside the bundles that belong to it.
    pub(crate) fn trusted_root_json(&self) -> String {
        let window = json!({"start": Time::from_unix_seconds(BEGINS).to_string()});
        let log = |key: &Key, id: &[u8], host: &str| {
            json!({
                "baseUrl": format!("https://{host}"),
                "hashAlgorithm": "SHA2_256",
                "publicKey": {
                    "rawBytes": STANDARD.encode(key.spki()),
                    "keyDetails": key.details(),
                    "validFor": window,
                },
                "logId": {"keyId": STANDARD.encode(id)},
            })
        };
        let chain = |certificates: &[&Certified]| {
            let raw = |one: &&Certified| json!({"rawBytes": STANDARD.encode(&one.der)});
            json!({"certificates": certificates.iter().map(raw).collect::<Vec<_>>()})
        };
        let fulcio = |intermediate: &Certified| {
            json!({
                "subject": {"organization": "authority.test", "commonName": "intermediate"},
                "uri": "https://fulcio.authority.test",
                "certChain": chain(&[intermediate, &self.root]),
                "validFor": window,
            })
        };
        let root = json!({
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [
                log(&self.v1.key, &self.v1.id, &self.v1.origin),
                log(&self.v2.key, &self.v2.id, &self.v2.origin),
            ],
            "certificateAuthorities": self.intermediates.iter().map(fulcio).collect::<Vec<_>>(),
            "ctlogs": [log(&self.ct_log, &sha256(&self.ct_log.spki()), "ct.authority.test")],
            "timestampAuthorities": [{
                "subject": {"organization": "authority.test", "commonName": "timestamp"},
                "uri": "https://timestamp.authority.test",
                "certChain": chain(&[&self.stamping, &self.stamping_root]),
                "validFor": window,
            }],
        });
        serde_json::to_string_pretty(&root).unwrap()
    }

    /// A keyless bundle over a statement.
    pub(crate) fn sign(&self, statement: &str, claims: &Claims, options: &Options) -> String {
        let content = Content::Statement(statement.as_bytes());
        self.bundle(&content, Some(claims), None, options)
            .to_string()
    }

    /// A keyless bundle over an artifact itself; its log entry is a `hashedrekord`.
    pub(crate) fn sign_artifact(&self, bytes: &[u8], claims: &Claims, options: &Options) -> String {
        let content = Content::Artifact(bytes);
        self.bundle(&content, Some(claims), None, options)
            .to_string()
    }

    /// A bundle over a statement by a key.
    pub(crate) fn sign_with(&self, key: &Key, statement: &str, options: &Options) -> String {
        let content = Content::Statement(statement.as_bytes());
        self.bundle(&content, None, Some(key), options).to_string()
    }

    /// A bundle over an artifact itself by a key.
    pub(crate) fn sign_artifact_with(&self, key: &Key, bytes: &[u8], options: &Options) -> String {
        let content = Content::Artifact(bytes);
        self.bundle(&content, None, Some(key), options).to_string()
    }

    /// A timestamp of this authority over a signature, as bundles carry it.
    pub(crate) fn stamp(&self, signature: &[u8], at: i64) -> Value {
        let issuer = &self.stamping_root.name;
        let token = timestamp::stamp(&self.stamping, issuer, signature, at);
        json!({"signedTimestamp": STANDARD.encode(token)})
    }

    /// DER of the root certificate and of the intermediates.
    pub(crate) fn certificates(&self) -> [&[u8]; 4] {
        let [only, first, second] = &self.intermediates;
        [&self.root.der, &only.der, &first.der, &second.der]
    }

    /// The entry of a body in one of the logs.
    pub(crate) fn entry(&self, kind: Kind, body: &[u8], options: &Options) -> Value {
        let time = options.integrated.unwrap_or(options.time);
        match kind {
            Kind::V2 => self.v2.entry(kind, body, options.index, options.size, None),
            _ => self
                .v1
                .entry(kind, body, options.index, options.size, Some(time)),
        }
    }

    fn bundle(
        &self,
        content: &Content<'_>,
        claims: Option<&Claims>,
        key: Option<&Key>,
        options: &Options,
    ) -> Value {
        let (payload, message) = match content {
            Content::Statement(payload) => (
                *payload,
                encoded_for_signing(&options.payload_type, payload),
            ),
            Content::Artifact(bytes) => (*bytes, bytes.to_vec()),
        };
        let own = match &options.signing_seed {
            Some(seed) => Key::p256(seed),
            None => Key::p256(&format!("signer of {}", Digest::of(&message))),
        };
        let signer = key.unwrap_or(&own);
        let certificate = claims.map(|claims| self.certificate(&signer.spki(), claims, options));
        let signature = signer.sign(&message);
        let recorded = Recorded {
            message: &message,
            payload,
            signature: &signature,
            certificate: certificate.as_deref(),
            key: signer,
        };
        let mut material = match &certificate {
            Some(der) if options.version == Version::V0_3 => {
                json!({"certificate": {"rawBytes": STANDARD.encode(der)}})
            }
            Some(der) => {
                let chain = [json!({"rawBytes": STANDARD.encode(der)})];
                json!({"x509CertificateChain": {"certificates": chain}})
            }
            None => json!({"publicKey": {"hint": STANDARD.encode(sha256(&signer.spki()))}}),
        };
        let kind = match (options.logged, content) {
            (Logged::Nowhere, _) => None,
            (Logged::V2, _) => Some(Kind::V2),
            (Logged::V1(_) | Logged::PromiseOnly(_), Content::Artifact(_)) => {
                Some(Kind::HashedRekord)
            }
            (Logged::V1(kind) | Logged::PromiseOnly(kind), _) => Some(kind),
        };
        let entries: Vec<Value> = kind
            .map(|kind| {
                let body = options.body.clone();
                let body = body.unwrap_or_else(|| log::body(kind, &recorded));
                let mut entry = self.entry(kind, &body, options);
                if matches!(options.logged, Logged::PromiseOnly(_)) {
                    entry.as_object_mut().unwrap().remove("inclusionProof");
                }
                entry
            })
            .into_iter()
            .collect();
        material["tlogEntries"] = json!(entries);
        if !options.stamps.is_empty() {
            let stamps = options.stamps.iter().map(|at| self.stamp(&signature, *at));
            let stamps: Vec<Value> = stamps.collect();
            material["timestampVerificationData"] = json!({"rfc3161Timestamps": stamps});
        }
        let media_type = match options.version {
            Version::V0_1 => "application/vnd.dev.sigstore.bundle+json;version=0.1",
            Version::V0_2 => "application/vnd.dev.sigstore.bundle+json;version=0.2",
            Version::V0_3 => "application/vnd.dev.sigstore.bundle.v0.3+json",
        };
        let mut bundle = json!({"mediaType": media_type, "verificationMaterial": material});
        match content {
            Content::Statement(payload) => {
                bundle["dsseEnvelope"] = json!({
                    "payload": STANDARD.encode(payload),
                    "payloadType": options.payload_type,
                    "signatures": [{"sig": STANDARD.encode(&signature)}],
                });
            }
            Content::Artifact(bytes) => {
                let digest = STANDARD.encode(sha256(bytes));
                bundle["messageSignature"] = json!({
                    "messageDigest": {"algorithm": "SHA2_256", "digest": digest},
                    "signature": STANDARD.encode(&signature),
                });
            }
        }
        bundle
    }

    pub(crate) fn certificate(&self, spki: &[u8], claims: &Claims, options: &Options) -> Vec<u8> {
        let times = Times {
            not_before: options.time,
            not_after: options.time + options.lifetime,
        };
        let issuer = &self.intermediates[options.intermediate];
        let log = match options.sct {
            Sct::Foreign => &self.foreign_ct_log,
            _ => &self.ct_log,
        };
        certificate::signing(spki, claims, issuer, log, options.sct, times)
    }
}

/// The PEP 740 object of a bundle.
pub(crate) fn pep_740(bundle: &Value) -> Value {
    json!({
        "version": 1,
        "verification_material": {
            "certificate": bundle["verificationMaterial"]["certificate"]["rawBytes"],
            "transparency_entries": bundle["verificationMaterial"]["tlogEntries"],
        },
        "envelope": {
            "statement": bundle["dsseEnvelope"]["payload"],
            "signature": bundle["dsseEnvelope"]["signatures"][0]["sig"],
        },
    })
}

enum Content<'a> {
    Statement(&'a [u8]),
    Artifact(&'a [u8]),
}

/// DSSE's pre-authentication encoding
/// (<https://github.com/secure-systems-lab/dsse/blob/master/protocol.md>).
pub(crate) fn encoded_for_signing(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let head = format!(
        "DSSEv1 {} {payload_type} {} ",
        payload_type.len(),
        payload.len()
    );
    [head.as_bytes(), payload].concat()
}

/// A statement about one artifact.
pub(crate) fn statement(
    name: &str,
    digest: Digest,
    predicate_type: &str,
    predicate: &Value,
) -> String {
    json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": name, "digest": {"sha256": digest.hex()}}],
        "predicateType": predicate_type,
        "predicate": predicate,
    })
    .to_string()
}

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    digest.as_ref().try_into().unwrap()
}
