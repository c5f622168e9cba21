//! Changes at random what is no Sigstore bundle and is read as one: PEP 740, the answers of PyPI, npm
//! and GitHub, lists, envelopes alone, cosign's legacy layers. What still verifies says what the
//! original said.

use lockstep::model::{ArtifactDigest, Digest, Leniency, TrustDomain};
use lockstep::verify::{Verified, Verifier, read_all};
use serde_json::{Value, json};

use super::mutation::{Draw, Proved, mutant};
use super::sound::{TIME, about_artifact, artifact, claims, now};
use crate::authority::{Authority, Key, Kind, Logged, Options, pep_740};

/// Of each format.
const MUTANTS: usize = 500;

struct Format {
    name: &'static str,
    document: Value,
    verifier: Verifier,
    about: ArtifactDigest,
}

fn formats(authority: &Authority) -> Vec<Format> {
    let bundle = |seed: &str, kind| -> Value {
        let options = Options {
            signing_seed: Some(seed.to_owned()),
            logged: Logged::V1(kind),
            ..Options::at(TIME)
        };
        let text = authority.sign(&about_artifact(), &claims(), &options);
        serde_json::from_str(&text).unwrap()
    };
    let (one, other) = (bundle("one", Kind::Dsse), bundle("other", Kind::Intoto));
    let strict = authority.domain("authority");
    let promised = Leniency {
        unsafe_set_only: true,
        ..Leniency::default()
    };
    let promised = authority.lenient("authority", promised);
    let unlogged = Leniency {
        unsafe_no_log: true,
        ..Leniency::default()
    };
    let bare = Options {
        logged: Logged::Nowhere,
        ..Options::at(TIME)
    };
    let by_key = |key: &Key, options: &Options| -> Value {
        let text = authority.sign_with(key, &about_artifact(), options);
        serde_json::from_str(&text).unwrap()
    };
    let (key, ed25519) = (Key::p256("release"), Key::ed25519("release"));
    let image = Digest::of(b"image");
    let signature = authority.legacy_signature(image, &claims(), TIME);
    let attestation = authority.legacy_attestation(&about_artifact(), &claims(), TIME);
    let format = |name, document, domain: &TrustDomain, about: Digest| Format {
        name,
        document,
        verifier: Verifier::new(domain).unwrap(),
        about: about.into(),
    };
    let pypi = json!({"version": 1, "attestation_bundles": [{"publisher": {"kind": "GitHub"},
        "attestations": [pep_740(&one)]}]});
    let npm = json!({"attestations": [{"predicateType": "x", "bundle": one}]});
    let github = json!({"attestations": [{"repository_id": 1, "bundle": other}]});
    let by_ed25519 = by_key(&ed25519, &Options::at(TIME));
    let envelope = by_key(&key, &bare)["dsseEnvelope"].clone();
    let keyed = authority.key_domain(&key, unlogged);
    let ed25519 = authority.key_domain(&ed25519, Leniency::default());
    vec![
        format("PEP 740", pep_740(&one), &strict, artifact()),
        format("PEP 740, intoto", pep_740(&other), &strict, artifact()),
        format("PyPI's answer", pypi, &strict, artifact()),
        format("npm's answer", npm, &strict, artifact()),
        format("GitHub's answer", github, &strict, artifact()),
        format("a list", json!([one, other]), &strict, artifact()),
        format("Ed25519", by_ed25519, &ed25519, artifact()),
        format("an envelope", envelope, &keyed, artifact()),
        format("cosign's .sig", signature.document(), &promised, image),
        format(
            "cosign's .att",
            attestation.document(),
            &promised,
            artifact(),
        ),
    ]
}

fn verified(format: &Format, text: &str) -> Vec<Verified> {
    let documents = read_all(text.as_bytes()).unwrap_or_default();
    let verify = |it: lockstep::verify::UnverifiedDocument| {
        it.verify(&format.verifier, &format.about, now()).ok()
    };
    documents.into_iter().flatten().filter_map(verify).collect()
}

#[test]
fn no_mutant_of_another_format_verifies_unless_it_says_the_same() {
    let authority = Authority::new("mutation of formats");
    let formats = formats(&authority);
    for (number, format) in formats.iter().enumerate() {
        let name = format.name;
        let text = format.document.to_string();
        let originals: Vec<Proved> = verified(format, &text).iter().map(Proved::of).collect();
        assert!(!originals.is_empty(), "{name} does not verify");
        let mut sound = 0;
        for at in 0..MUTANTS {
            let mut draw = Draw::new((number * MUTANTS + at) as u64);
            let donor = &formats[draw.below(formats.len())].document;
            let unchanged = |text: &str| {
                serde_json::from_str::<Value>(text).is_ok_and(|it| it == format.document)
            };
            let mut changed = mutant(&mut draw, &format.document, donor, &text);
            while unchanged(&changed) {
                changed = mutant(&mut draw, &format.document, donor, &text);
            }
            let proved = verified(format, &changed);
            sound += usize::from(proved.len() >= originals.len());
            for one in proved.iter().map(Proved::of) {
                let is_said = originals.iter().any(|whole| one.within(whole));
                assert!(is_said, "{name}, mutant {at}:\n{changed}\nof\n{text}");
            }
        }
        // None at all would say that these are no mutants of the format.
        println!("{name}: {sound} of {MUTANTS} say the same");
        assert!(
            sound > 0 && sound < MUTANTS / 4,
            "{name}: {sound} of {MUTANTS}"
        );
    }
}
