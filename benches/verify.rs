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
use lockstep::model::{Digest, Leniency, Time, TrustDomain, TrustMaterial};
use lockstep::verify::{UnverifiedBundle, Verifier, github, public_good};

#[path = "../tests/it/authority/mod.rs"]
mod authority;

/// One bundle, and how many signatures of each kind its verification checks.
struct Case {
    name: &'static str,
    folder: &'static str,
    p256: u32,
    p384: u32,
    ed25519: u32,
}

const CASES: [Case; 3] = [
    // Certificate (P-384); timestamp of the CT log, promise, checkpoint, envelope.
    Case {
        name: "Rekor v1",
        folder: "happy-path-intoto-in-dsse-v3",
        p256: 4,
        p384: 1,
        ed25519: 0,
    },
    // Certificate, timestamp, its certificate (P-384); timestamp of the CT log, message; checkpoint.
    Case {
        name: "Rekor v2 and timestamp",
        folder: "rekor2-happy-path",
        p256: 2,
        p384: 3,
        ed25519: 1,
    },
    // Promise, checkpoint, message.
    Case {
        name: "managed key",
        folder: "managed-key-and-trusted-root",
        p256: 3,
        p384: 0,
        ed25519: 0,
    },
];

fn main() {
    let p256 = ecdsa(&ECDSA_P256_SHA256_ASN1_SIGNING, &ECDSA_P256_SHA256_ASN1);
    let p384 = ecdsa(&ECDSA_P384_SHA384_ASN1_SIGNING, &ECDSA_P384_SHA384_ASN1);
    let ed25519 = edwards();
    println!("one signature check: P-256 {p256:?}, P-384 {p384:?}, Ed25519 {ed25519:?}");
    match cases() {
        Some(cases) => {
            println!(
                "{:<24} {:>12} {:>12} {:>12} {:>7}",
                "", "verify", "with reading", "signatures", "ratio"
            );
            for case in &CASES {
                let raw = p256 * case.p256 + p384 * case.p384 + ed25519 * case.ed25519;
                one(case, &cases, raw);
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

fn one(case: &Case, cases: &Path, raw: Duration) {
    let folder = cases.join(case.folder);
    let text = |name: &str| fs::read_to_string(folder.join(name));
    let artifact = Digest::of(&fs::read(cases.join("a.txt")).unwrap()).into();
    let json = text("bundle.sigstore.json").unwrap();
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
    let ratio = whole.as_secs_f64() / raw.as_secs_f64();
    println!(
        "{:<24} {verify:>12.1?} {whole:>12.1?} {raw:>12.1?} {ratio:>7.2}",
        case.name
    );
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

fn ecdsa(
    signing: &'static EcdsaSigningAlgorithm,
    verifying: &'static dyn VerificationAlgorithm,
) -> Duration {
    let random = SystemRandom::new();
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(signing, &random).unwrap();
    let key = EcdsaKeyPair::from_pkcs8(signing, pkcs8.as_ref()).unwrap();
    let signature = key.sign(&random, &[7; 512]).unwrap();
    check(verifying, key.public_key().as_ref(), signature.as_ref())
}

fn edwards() -> Duration {
    let key = Ed25519KeyPair::generate().unwrap();
    let signature = key.sign(&[7; 512]);
    check(&ED25519, key.public_key().as_ref(), signature.as_ref())
}

fn check(algorithm: &'static dyn VerificationAlgorithm, key: &[u8], signature: &[u8]) -> Duration {
    let key = UnparsedPublicKey::new(algorithm, key);
    best(100, || key.verify(black_box(&[7; 512]), signature).unwrap())
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
