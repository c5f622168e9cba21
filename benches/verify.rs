//! What one whole verification costs beside the bare signature checks in it, with the same
//! cryptographic library in the same run, and what a batch gains from all cores.
//! Run with `cargo bench --bench verify`; the bundles are those of sigstore-conformance, at
//! `$LOCKSTEP_CONFORMANCE_DATA` or beside the checkout.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints, and what it puts together is known"
)]

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1,
    ECDSA_P384_SHA384_ASN1_SIGNING, ED25519, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair,
    KeyPair as _, UnparsedPublicKey, VerificationAlgorithm,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lockstep::model::{Digest, Leniency, Time, TrustDomain, TrustMaterial};
use lockstep::verify::{UnverifiedBundle, Verifier, github, public_good};

#[path = "../tests/it/authority/mod.rs"]
mod authority;

/// What a signature is over: the bare check hashes a message of the same length.
#[derive(Clone, Copy)]
enum Over {
    /// The certificate, and about as much for the timestamp of the CT log.
    Certificate,
    /// The entry as the log promises it (RFC 8785), most of it the body.
    Promise,
    /// The text of the checkpoint.
    Checkpoint,
    /// The envelope's payload, or the artifact.
    Content,
    /// The attributes of a timestamp, or the certificate of its authority.
    Timestamp,
}

#[derive(Clone, Copy)]
enum Algorithm {
    P256,
    P384,
    Ed25519,
}

/// One bundle, and the signatures that its verification checks.
struct Case {
    name: &'static str,
    folder: &'static str,
    checks: &'static [(Algorithm, Over)],
}

const REKOR_V1: [(Algorithm, Over); 5] = [
    (Algorithm::P384, Over::Certificate),
    (Algorithm::P256, Over::Certificate),
    (Algorithm::P256, Over::Promise),
    (Algorithm::P256, Over::Checkpoint),
    (Algorithm::P256, Over::Content),
];

const CASES: [Case; 4] = [
    Case {
        name: "Rekor v1, signature",
        folder: "happy-path-v0.3",
        checks: &REKOR_V1,
    },
    Case {
        name: "Rekor v1, statement",
        folder: "happy-path-intoto-in-dsse-v3",
        checks: &REKOR_V1,
    },
    Case {
        name: "Rekor v2 and timestamp",
        folder: "rekor2-happy-path",
        checks: &[
            (Algorithm::P384, Over::Certificate),
            (Algorithm::P256, Over::Certificate),
            (Algorithm::P384, Over::Timestamp),
            (Algorithm::P384, Over::Timestamp),
            (Algorithm::Ed25519, Over::Checkpoint),
            (Algorithm::P256, Over::Content),
        ],
    },
    Case {
        name: "managed key",
        folder: "managed-key-and-trusted-root",
        checks: &[
            (Algorithm::P256, Over::Promise),
            (Algorithm::P256, Over::Checkpoint),
            (Algorithm::P256, Over::Content),
        ],
    },
];

fn main() {
    let [p256, p384, ed25519] = [Algorithm::P256, Algorithm::P384, Algorithm::Ed25519]
        .map(|algorithm| Check::new(algorithm, 512))
        .map(|check| best(100, || check.run()));
    println!(
        "one signature check over 512 bytes: P-256 {p256:.1?}, P-384 {p384:.1?}, \
         Ed25519 {ed25519:.1?}"
    );
    match cases() {
        Some(cases) => {
            println!(
                "{:<24} {:>12} {:>12} {:>7} {:>12} {:>7}",
                "", "signatures", "verify", "ratio", "with reading", "ratio"
            );
            for case in &CASES {
                one(case, &cases);
            }
        }
        None => println!("left out: no sigstore-conformance cases"),
    }
    for domain in [public_good(), github()] {
        let built = best(10, || {
            black_box(Verifier::new(&domain)).unwrap();
        });
        println!("the trusted root `{}` is read in {built:.1?}", domain.label);
    }
    batch();
}

fn one(case: &Case, cases: &Path) {
    let folder = cases.join(case.folder);
    let text = |name: &str| fs::read_to_string(folder.join(name));
    let artifact = Digest::of(&fs::read(cases.join("a.txt")).unwrap()).into();
    let json = text("bundle.sigstore.json").unwrap();
    // In turn, as a verification does them: one alone, again and again, is what a processor learns.
    let checks: Vec<Check> = case
        .checks
        .iter()
        .map(|(algorithm, over)| Check::new(*algorithm, over.length(&json)))
        .collect();
    let raw = best(100, || checks.iter().for_each(Check::run));
    let mut domain = public_good();
    if let Ok(root) = text("trusted_root.json") {
        domain.material = TrustMaterial::TrustedRoot(root.into());
    }
    if let (Ok(pem), TrustMaterial::TrustedRoot(root)) = (text("key.pub"), &domain.material) {
        domain = TrustDomain {
            label: "key".to_owned(),
            material: TrustMaterial::Key {
                pem: pem.into(),
                root: Some(root.clone()),
            },
            leniency: Leniency::default(),
        };
    }
    let now = now();
    let verifier = Verifier::new(&domain).unwrap();
    let bundle = UnverifiedBundle::read(json.as_bytes()).unwrap();
    let verify = best(100, || {
        black_box(verifier.verify(&bundle, &artifact, now)).unwrap();
    });
    let whole = best(100, || {
        let bundle = UnverifiedBundle::read(json.as_bytes()).unwrap();
        black_box(verifier.verify(&bundle, &artifact, now)).unwrap();
    });
    let ratio = |it: Duration| it.as_secs_f64() / raw.as_secs_f64();
    println!(
        "{:<24} {raw:>12.1?} {verify:>12.1?} {:>7.2} {whole:>12.1?} {:>7.2}",
        case.name,
        ratio(verify),
        ratio(whole)
    );
}

impl Over {
    /// How many bytes this bundle signs so.
    fn length(self, json: &str) -> usize {
        let bundle: serde_json::Value = serde_json::from_str(json).unwrap();
        let decoded = |at: &serde_json::Value| STANDARD.decode(at.as_str().unwrap()).unwrap();
        let material = &bundle["verificationMaterial"];
        let entry = &material["tlogEntries"][0];
        match self {
            // The signed part is the first of the certificate, each with a header of four bytes.
            Self::Certificate => match decoded(&material["certificate"]["rawBytes"])[..8] {
                [0x30, 0x82, _, _, 0x30, 0x82, high, low] => {
                    4 + usize::from(u16::from_be_bytes([high, low]))
                }
                _ => unreachable!("the certificates of these bundles are of this size"),
            },
            Self::Promise => {
                let body = entry["canonicalizedBody"].as_str().unwrap();
                let log = decoded(&entry["logId"]["keyId"]);
                let number = |name: &str| entry[name].as_str().unwrap_or_default().len();
                r#"{"body":"","integratedTime":,"logID":"","logIndex":}"#.len()
                    + body.len()
                    + 2 * log.len()
                    + number("integratedTime")
                    + number("logIndex")
            }
            Self::Checkpoint => {
                let note = entry["inclusionProof"]["checkpoint"]["envelope"].as_str();
                note.unwrap().find("\n\n").unwrap()
            }
            Self::Content => match &bundle["dsseEnvelope"]["payload"] {
                serde_json::Value::Null => 0,
                payload => decoded(payload).len(),
            },
            Self::Timestamp => 512,
        }
    }
}

/// A thousand different bundles on one core and on all.
fn batch() {
    const TIME: i64 = 1_750_000_000;
    let authority = authority::Authority::new("bench");
    let claims = authority::Claims::github("acme/api", "refs/tags/v1", &"a1".repeat(20));
    let bundles: Vec<UnverifiedBundle> = (0..1000)
        .map(|number: u32| {
            let digest = Digest::of(&number.to_be_bytes());
            let predicate = serde_json::json!({"number": number});
            let statement = authority::statement("file", digest, "https://x.test/1", &predicate);
            let json = authority.sign(&statement, &claims, &authority::Options::at(TIME));
            UnverifiedBundle::read(json.as_bytes()).unwrap()
        })
        .collect();
    let verifier = Verifier::new(&authority.domain("bench")).unwrap();
    let now = now();
    let began = Instant::now();
    for bundle in &bundles {
        verifier.verify_statement(bundle, now).unwrap();
    }
    let alone = began.elapsed();
    let began = Instant::now();
    let results = verifier.verify_statements(&bundles, now);
    let together = began.elapsed();
    assert!(results.iter().all(Result::is_ok));
    let cores = thread::available_parallelism().unwrap();
    println!(
        "1,000 bundles: {alone:.1?} on one core, {together:.1?} on {cores} ({:.2} times as fast)",
        alone.as_secs_f64() / together.as_secs_f64()
    );
}

/// A signature over a message of some length.
struct Check {
    algorithm: &'static dyn VerificationAlgorithm,
    key: Vec<u8>,
    message: Vec<u8>,
    signature: Vec<u8>,
}

impl Check {
    fn new(algorithm: Algorithm, length: usize) -> Self {
        let (p256, p384) = (&ECDSA_P256_SHA256_ASN1, &ECDSA_P384_SHA384_ASN1);
        match algorithm {
            Algorithm::P256 => Self::ecdsa(&ECDSA_P256_SHA256_ASN1_SIGNING, p256, length),
            Algorithm::P384 => Self::ecdsa(&ECDSA_P384_SHA384_ASN1_SIGNING, p384, length),
            Algorithm::Ed25519 => {
                let key = Ed25519KeyPair::generate().unwrap();
                let message = vec![7; length];
                Self {
                    algorithm: &ED25519,
                    key: key.public_key().as_ref().to_owned(),
                    signature: key.sign(&message).as_ref().to_owned(),
                    message,
                }
            }
        }
    }

    fn ecdsa(
        signing: &'static EcdsaSigningAlgorithm,
        verifying: &'static dyn VerificationAlgorithm,
        length: usize,
    ) -> Self {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(signing, &random).unwrap();
        let key = EcdsaKeyPair::from_pkcs8(signing, pkcs8.as_ref()).unwrap();
        let message = vec![7; length];
        Self {
            algorithm: verifying,
            key: key.public_key().as_ref().to_owned(),
            signature: key.sign(&random, &message).unwrap().as_ref().to_owned(),
            message,
        }
    }

    fn run(&self) {
        let key = UnparsedPublicKey::new(self.algorithm, &self.key);
        key.verify(black_box(&self.message), &self.signature)
            .unwrap();
    }
}

/// The cost of one run in the best of thirty rounds of so many.
fn best(runs: u32, mut job: impl FnMut()) -> Duration {
    (0..30)
        .map(|_| {
            let began = Instant::now();
            (0..runs).for_each(|_| job());
            began.elapsed() / runs
        })
        .min()
        .unwrap()
}

fn now() -> Time {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    Time::from_unix_seconds(since.unwrap().as_secs() as i64)
}

fn cases() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/sigstore-conformance");
    let folder = env::var_os("LOCKSTEP_CONFORMANCE_DATA").map_or(beside, PathBuf::from);
    Some(folder.join("bundle-verify")).filter(|cases| cases.is_dir())
}
