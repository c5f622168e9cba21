//! Classes of bugs that verifiers have had, by their number in the threat table; each attack fails.

use std::time::{Duration, Instant};

use lockstep::model::{Digest, EVIDENCE_SCHEMA, Evidence};
use lockstep::verify::{Fault, Origin, UnverifiedBundle, Verifier, check};
use serde_json::{Value, json};

use super::attack::{decoded, encoded, leniencies, parsed, refused, refused_for, verified};
use super::sound::{COMMIT, TIME, about_artifact, artifact, claims, now, ways};
use crate::authority::log::{Recorded, body};
use crate::authority::{
    Authority, Claims, Key, Kind, Logged, Options, Version, encoded_for_signing,
};

const ENTRIES: &str = "/verificationMaterial/tlogEntries";
pub(super) const STAMPS: &str = "/verificationMaterial/timestampVerificationData/rfc3161Timestamps";

fn entries(bundle: &mut Value) -> &mut Vec<Value> {
    bundle.pointer_mut(ENTRIES).unwrap().as_array_mut().unwrap()
}

/// Row 1: an entry of another bundle, instead of the own one and beside it.
#[test]
fn row_1_a_log_entry_of_another_signature_is_never_taken_for_this_ones() {
    let authority = Authority::new("threats");
    let key = Key::p256("release");
    let stranger = Claims::github("evil/api", "refs/heads/main", COMMIT);
    let other_statement = about_artifact().replace("v1\"", "v2\"");
    assert_ne!(other_statement, about_artifact());
    let mut attacks = 0;
    for logged in [
        Logged::V1(Kind::Dsse),
        Logged::V1(Kind::Intoto),
        Logged::V2,
        Logged::PromiseOnly(Kind::Dsse),
        Logged::PromiseOnly(Kind::Intoto),
    ] {
        let options = |index| Options {
            version: match logged {
                Logged::PromiseOnly(_) => Version::V0_1,
                _ => Version::V0_3,
            },
            logged,
            stamps: vec![TIME],
            index,
            ..Options::at(TIME)
        };
        let own = options(5);
        let keyless = parsed(&authority.sign(&about_artifact(), &claims(), &own));
        let keyed = parsed(&authority.sign_with(&key, &about_artifact(), &own));
        let other = options(6);
        let others = [
            authority.sign(&about_artifact(), &claims(), &other),
            authority.sign(&about_artifact(), &stranger, &other),
            authority.sign(&other_statement, &claims(), &other),
            authority.sign_with(&key, &about_artifact(), &other),
            authority.sign_with(&Key::p256("stranger"), &about_artifact(), &other),
        ];
        for leniency in leniencies() {
            let by_identity = authority.lenient("authority", leniency);
            let by_key = authority.key_domain(&key, leniency);
            for (bundle, domain) in [(&keyless, &by_identity), (&keyed, &by_key)] {
                for other in &others {
                    let entry = entries(&mut parsed(other))[0].clone();
                    let mut instead = bundle.clone();
                    entries(&mut instead)[0] = entry.clone();
                    let mut beside = bundle.clone();
                    entries(&mut beside).push(entry);
                    for attack in [instead, beside] {
                        let error = refused(&attack, domain);
                        let fitting = [Fault::Log, Fault::Subject].contains(&error.fault);
                        assert!(fitting, "{logged:?}: {error}");
                        attacks += 1;
                    }
                }
            }
        }
    }
    assert_eq!(attacks, 5 * 8 * 2 * 5 * 2);
}

/// Row 1: `hashedrekord` entries of signatures over artifacts.
#[test]
fn row_1_a_hashedrekord_of_another_artifact_or_signer_is_never_taken() {
    let authority = Authority::new("threats");
    let bytes = b"api-1.2.3.whl";
    for options in [Options::at(TIME), Options::v2_at(TIME)] {
        let bundle = parsed(&authority.sign_artifact(bytes, &claims(), &options));
        for other in [
            authority.sign_artifact(bytes, &claims(), &options),
            authority.sign_artifact(b"another", &claims(), &options),
        ] {
            for leniency in leniencies() {
                let mut spliced = bundle.clone();
                entries(&mut spliced)[0] = entries(&mut parsed(&other))[0].clone();
                refused(&spliced, &authority.lenient("authority", leniency));
            }
        }
    }
}

/// Row 1: the same key, artifact and signature, but another holder's certificate in the entry.
#[test]
fn row_1_an_entry_for_another_certificate_of_the_same_key_is_refused() {
    let authority = Authority::new("threats");
    let domain = authority.domain("authority");
    let seed = "one key, two certificates";
    let stranger = Claims::github("evil/api", "refs/heads/main", COMMIT);
    for kind in [Kind::Dsse, Kind::Intoto, Kind::V2] {
        let options = Options {
            logged: match kind {
                Kind::V2 => Logged::V2,
                kind => Logged::V1(kind),
            },
            stamps: vec![TIME],
            signing_seed: Some(seed.to_owned()),
            ..Options::at(TIME)
        };
        let mut bundle = parsed(&authority.sign(&about_artifact(), &claims(), &options));
        verified(&bundle, &domain).unwrap();
        let other = parsed(&authority.sign(&about_artifact(), &stranger, &options));
        let certificate = decoded(&other["verificationMaterial"]["certificate"]["rawBytes"]);
        let payload = about_artifact().into_bytes();
        let recorded = Recorded {
            message: &encoded_for_signing("application/vnd.in-toto+json", &payload),
            payload: &payload,
            signature: &decoded(&bundle["dsseEnvelope"]["signatures"][0]["sig"]),
            certificate: Some(&certificate),
            key: &Key::p256(seed),
        };
        entries(&mut bundle)[0] = authority.entry(kind, &body(kind, &recorded), &options);
        let says = if kind == Kind::Dsse {
            "verifier"
        } else {
            "certificate"
        };
        refused_for(&bundle, &domain, Fault::Log, says);
    }
}

pub(super) fn evidence(bundles: &[String], trust: &[&str]) -> Evidence {
    let by_digest = |text: &str| (Digest::of(text.as_bytes()), text.to_owned());
    Evidence {
        schema: EVIDENCE_SCHEMA.to_owned(),
        component: "api".parse().unwrap(),
        observations: Vec::new(),
        bundles: bundles.iter().map(|text| by_digest(text)).collect(),
        trust: trust.iter().map(|text| by_digest(text)).collect(),
        decided_at: now(),
    }
}

#[test]
fn row_5_each_of_several_attestations_is_verified() {
    let authority = Authority::new("threats");
    let domain = authority.domain("authority");
    let sound: Vec<String> = ways()
        .iter()
        .map(|(_, options)| authority.sign(&about_artifact(), &claims(), options))
        .collect();
    for tampered in 0..sound.len() {
        let mut bundles = sound.clone();
        let mut bundle = parsed(&bundles[tampered]);
        let payload = about_artifact().replace("build.test", "evil.test");
        bundle["dsseEnvelope"]["payload"] = encoded(payload.as_bytes());
        bundles[tampered] = bundle.to_string();
        let domains = [domain.clone()];
        let checked = check(evidence(&bundles, &[]), Origin::Asked, &domains).unwrap();
        for (position, text) in bundles.iter().enumerate() {
            let result = checked
                .proved(Digest::of(text.as_bytes()), domain.id())
                .unwrap();
            assert_eq!(result.is_err(), position == tampered, "{position}");
        }
    }
}

#[test]
fn row_12_every_count_and_depth_is_capped_before_it_is_parsed() {
    let authority = Authority::new("threats");
    let domain = authority.domain("authority");
    let bundle = parsed(&authority.sign(&about_artifact(), &claims(), &Options::v2_at(TIME)));
    for (place, most) in [
        (ENTRIES, 16),
        (STAMPS, 16),
        (
            "/verificationMaterial/tlogEntries/0/inclusionProof/hashes",
            64,
        ),
    ] {
        let mut large = bundle.clone();
        let list = large.pointer_mut(place).unwrap().as_array_mut().unwrap();
        list.resize(most + 1, list[0].clone());
        refused_for(
            &large,
            &domain,
            Fault::TooLarge,
            &format!("more than {most}"),
        );
    }
    let older = Options {
        version: Version::V0_2,
        logged: Logged::V1(Kind::Intoto),
        ..Options::at(TIME)
    };
    let mut chain = parsed(&authority.sign(&about_artifact(), &claims(), &older));
    let place = "/verificationMaterial/x509CertificateChain/certificates";
    let list = chain.pointer_mut(place).unwrap().as_array_mut().unwrap();
    list.resize(11, list[0].clone());
    refused_for(&chain, &domain, Fault::TooLarge, "more than 10");
    let began = Instant::now();
    let deep = format!(
        r#"{{"mediaType":{}{}}}"#,
        "[".repeat(1_000_000),
        "]".repeat(1_000_000)
    );
    let wide = format!(r#"{{"mediaType":[{}1]}}"#, "1,".repeat(5_000_000));
    let many = format!(
        r#"{{{}"x":1}}"#,
        (0..100_000)
            .map(|n| format!(r#""{n}":1,"#))
            .collect::<String>()
    );
    let long = " ".repeat(16 * 1024 * 1024 + 1);
    for text in [deep, wide, many, long] {
        let error = UnverifiedBundle::read(text.as_bytes()).unwrap_err();
        assert_eq!(error.fault, Fault::TooLarge, "{error}");
    }
    assert!(began.elapsed() < Duration::from_secs(30));
    let subject = json!({"name": "x", "digest": {"sha256": artifact().hex()}});
    let crowd: Vec<Value> = vec![subject; 100_001];
    let statement = json!({"_type": "https://in-toto.io/Statement/v1", "subject": crowd,
        "predicateType": "x", "predicate": {}});
    let crowded = parsed(&authority.sign(&statement.to_string(), &claims(), &Options::at(TIME)));
    refused_for(&crowded, &domain, Fault::Statement, "subjects");
    let nested = format!("{}1{}", "[".repeat(101), "]".repeat(101));
    let nested = about_artifact().replace("\"https://build.test/v1\"", &nested);
    let nested = parsed(&authority.sign(&nested, &claims(), &Options::at(TIME)));
    refused_for(&nested, &domain, Fault::TooLarge, "nested");
}

#[test]
fn row_13_no_cut_of_a_bundle_makes_the_verifier_panic_or_verify() {
    let authority = Authority::new("threats");
    let verifier = Verifier::new(&authority.domain("authority")).unwrap();
    for (way, options) in ways() {
        let json = authority.sign(&about_artifact(), &claims(), &options);
        for end in (0..json.len()).step_by(13) {
            let cut = &json.as_bytes()[..end];
            assert!(UnverifiedBundle::read(cut).is_err(), "{way} cut at {end}");
        }
        let bundle = parsed(&json);
        for field in ["/dsseEnvelope/payload", "/dsseEnvelope/signatures/0/sig"] {
            let whole = decoded(bundle.pointer(field).unwrap());
            for end in (0..whole.len()).step_by(7) {
                let mut cut = bundle.clone();
                *cut.pointer_mut(field).unwrap() = encoded(&whole[..end]);
                let read = UnverifiedBundle::read(cut.to_string().as_bytes());
                let verified = read.and_then(|it| verifier.verify_statement(&it, now()));
                assert!(verified.is_err(), "{way}: {field} cut at {end}");
            }
        }
    }
}

#[test]
fn row_14_what_stands_twice_counts_for_nothing() {
    let authority = Authority::new("threats");
    let domain = authority.domain("authority");
    for options in [Options::at(TIME), Options::v2_at(TIME)] {
        let bundle = parsed(&authority.sign(&about_artifact(), &claims(), &options));
        let mut twice = bundle.clone();
        let entry = entries(&mut twice)[0].clone();
        entries(&mut twice).push(entry.clone());
        refused_for(&twice, &domain, Fault::Log, "twice");
        let mut elsewhere = bundle.clone();
        let mut moved = entry.clone();
        moved["logIndex"] = json!("7");
        entries(&mut elsewhere).push(moved);
        refused_for(&elsewhere, &domain, Fault::Log, "twice");
        let mut renamed = bundle.clone();
        let mut of_nobody = entry;
        of_nobody["logId"]["keyId"] = encoded(&[9; 32]);
        entries(&mut renamed).push(of_nobody);
        refused_for(&renamed, &domain, Fault::Log, "");
    }
    let mut stamped = parsed(&authority.sign(&about_artifact(), &claims(), &Options::v2_at(TIME)));
    let stamps = stamped.pointer_mut(STAMPS).unwrap().as_array_mut().unwrap();
    stamps.push(stamps[0].clone());
    refused_for(&stamped, &domain, Fault::Timestamp, "twice");
}
