//! The rows of the threat table about times, signed bytes and trust material; each attack fails.

use std::time::{Duration, Instant};

use lockstep::model::{Digest, Leniency, Time, TrustDomain, TrustMaterial};
use lockstep::verify::{Fault, Origin, check};
use serde_json::{Value, json};

use super::attack::{decoded, encoded, parsed, refused, refused_for, verified};
use super::sound::{TIME, about_artifact, artifact, claims};
use super::threats::{STAMPS, evidence};
use crate::authority::{Authority, Kind, Logged, Options, Version};

/// Row 15: the certificate's window holds each time, both edges inclusive (RFC 5280 section 4.1.2.5).
#[test]
fn row_15_every_time_lies_within_the_certificate() {
    let authority = Authority::new("threats");
    let domain = authority.domain("authority");
    let begins = TIME;
    let ends = TIME + 600;
    for (at, sound) in [
        (begins - 1, false),
        (begins, true),
        (ends, true),
        (ends + 1, false),
    ] {
        let by_log = Options {
            integrated: Some(at),
            ..Options::at(TIME)
        };
        let by_stamp = Options {
            stamps: vec![at],
            ..Options::v2_at(TIME)
        };
        let one_of_several = Options {
            stamps: vec![TIME + 1, at],
            ..Options::at(TIME)
        };
        let beside_a_log = Options {
            stamps: vec![at],
            ..Options::at(TIME)
        };
        for options in [by_log, by_stamp, one_of_several, beside_a_log] {
            let bundle = parsed(&authority.sign(&about_artifact(), &claims(), &options));
            let result = verified(&bundle, &domain);
            assert_eq!(result.is_ok(), sound, "{}", at - TIME);
            if let Err(error) = result {
                assert_eq!(error.fault, Fault::Certificate, "{error}");
            }
        }
    }
}

/// Row 15: the trusted root's windows, both edges inclusive (sigstore_trustroot.proto, `TimeRange`).
#[test]
fn row_15_every_authority_was_in_force_when_it_vouched() {
    let authority = Authority::new("threats");
    let v1 = parsed(&authority.sign(&about_artifact(), &claims(), &Options::at(TIME)));
    let v2 = parsed(&authority.sign(&about_artifact(), &claims(), &Options::v2_at(TIME)));
    let root = parsed(&authority.trusted_root_json());
    let written = |seconds| json!(Time::from_unix_seconds(seconds).to_string());
    for (place, bundle) in [
        ("/tlogs/0/publicKey", &v1),
        ("/tlogs/1/publicKey", &v2),
        ("/certificateAuthorities/0", &v1),
        ("/certificateAuthorities/0", &v2),
        ("/ctlogs/0/publicKey", &v1),
        ("/timestampAuthorities/0", &v2),
    ] {
        for (start, end, sound) in [
            (TIME, TIME, true),
            (TIME - 10, TIME - 1, false),
            (TIME + 1, TIME + 10, false),
            (TIME - 10, TIME + 10, true),
        ] {
            let mut narrowed = root.clone();
            // No other intermediate must lend its window.
            narrowed["certificateAuthorities"]
                .as_array_mut()
                .unwrap()
                .truncate(1);
            let window = json!({"start": written(start), "end": written(end)});
            narrowed.pointer_mut(place).unwrap()["validFor"] = window;
            let domain = TrustDomain {
                label: "narrowed".to_owned(),
                material: TrustMaterial::TrustedRoot(narrowed.to_string().into()),
                leniency: Leniency::default(),
            };
            let result = verified(bundle, &domain);
            assert_eq!(
                result.is_ok(),
                sound,
                "{place} {}..{}",
                start - TIME,
                end - TIME
            );
        }
    }
}

/// Row 15: one bad timestamp among good ones is never passed over.
#[test]
fn row_15_one_bad_timestamp_among_several_fails() {
    let authority = Authority::new("threats");
    let stranger = Authority::new("stranger");
    let domain = authority.domain("authority");
    let bundle = parsed(&authority.sign(&about_artifact(), &claims(), &Options::v2_at(TIME)));
    let signature = decoded(&bundle["dsseEnvelope"]["signatures"][0]["sig"]);
    for bad in [
        stranger.stamp(&signature, TIME),
        authority.stamp(b"another signature", TIME),
        json!({"signedTimestamp": encoded(b"no token")}),
    ] {
        for position in [0, 1] {
            let mut several = bundle.clone();
            let stamps = several.pointer_mut(STAMPS).unwrap().as_array_mut().unwrap();
            stamps.insert(position, bad.clone());
            refused_for(&several, &domain, Fault::Timestamp, "");
        }
    }
}

#[test]
fn row_16_the_bytes_that_were_signed_are_the_bytes_that_are_read() {
    let authority = Authority::new("threats");
    let domain = authority.domain("authority");
    let odd = about_artifact()
        .replace("{", "{ \n\t")
        .replace("\":", "\" :");
    let bundle = parsed(&authority.sign(&odd, &claims(), &Options::at(TIME)));
    let found = verified(&bundle, &domain).unwrap();
    let statement = found.statement().unwrap().statement();
    assert_eq!(statement.predicate_type, "https://slsa.dev/provenance/v1");
    assert!(
        statement
            .predicate
            .as_ref()
            .unwrap()
            .get()
            .contains(" \n\t")
    );
    let mut two = bundle.clone();
    let signatures = two["dsseEnvelope"]["signatures"].as_array_mut().unwrap();
    signatures.push(signatures[0].clone());
    refused_for(&two, &domain, Fault::Malformed, "2 signatures");
    two["dsseEnvelope"]["signatures"] = json!([]);
    refused_for(&two, &domain, Fault::Malformed, "0 signatures");
    for payload_type in [
        "application/vnd.in-toto+json ",
        "application/vnd.in-toto+json; charset=utf-8",
        "application/vnd.in-töto+json",
        "APPLICATION/vnd.in-toto+json",
        "",
    ] {
        let options = Options {
            payload_type: payload_type.to_owned(),
            ..Options::at(TIME)
        };
        let other = parsed(&authority.sign(&about_artifact(), &claims(), &options));
        refused_for(&other, &domain, Fault::Statement, "the envelope holds");
        let mut relabelled = other.clone();
        relabelled["dsseEnvelope"]["payloadType"] = json!("application/vnd.in-toto+json");
        refused(&relabelled, &domain);
    }
    let digest = artifact().hex();
    let other = Digest::of(b"another").hex();
    for (place, twice) in [
        ("subject", r#"{"subject":[],"_type""#.to_owned()),
        (
            "sha256",
            format!(r#"{{"sha256":"{other}","sha256":"{digest}"}}"#),
        ),
    ] {
        let statement = match place {
            "subject" => about_artifact().replacen(r#"{"_type""#, &twice, 1),
            _ => about_artifact().replace(&format!(r#"{{"sha256":"{digest}"}}"#), &twice),
        };
        assert_ne!(statement, about_artifact());
        let ambiguous = parsed(&authority.sign(&statement, &claims(), &Options::at(TIME)));
        refused_for(&ambiguous, &domain, Fault::Malformed, "stands twice");
    }
}

#[test]
fn row_17_evidence_cannot_say_whom_to_trust() {
    let authority = Authority::new("threats");
    let evil = Authority::new("evil");
    let root = evil.trusted_root_json();
    let forged = evil.sign(&about_artifact(), &claims(), &Options::at(TIME));
    let digest = Digest::of(forged.as_bytes());
    let told = evidence(std::slice::from_ref(&forged), &[&root]);
    let trusted = authority.domain("authority");
    let checked = check(told, Origin::UnsignedFile, std::slice::from_ref(&trusted)).unwrap();
    assert!(checked.proved(digest, trusted.id()).unwrap().is_err());
    assert!(
        checked
            .proved(digest, evil.domain("authority").id())
            .is_none()
    );
    let told = evidence(&[forged], &[&root]);
    let checked = check(told, Origin::UnsignedFile, &[]).unwrap();
    assert!(checked.proved(digest, trusted.id()).is_none());
}

#[test]
fn row_21_a_chain_cannot_blow_up() {
    let authority = Authority::new("threats");
    let older = Options {
        version: Version::V0_2,
        logged: Logged::V1(Kind::Intoto),
        ..Options::at(TIME)
    };
    let mut bundle = parsed(&authority.sign(&about_artifact(), &claims(), &older));
    let stranger = Authority::new("stranger");
    let place = "/verificationMaterial/x509CertificateChain/certificates";
    let [_, _, first, second] = stranger.certificates();
    let chain = bundle.pointer_mut(place).unwrap().as_array_mut().unwrap();
    for number in 0..9 {
        let one = [first, second][number % 2];
        chain.push(json!({"rawBytes": encoded(one)}));
    }
    let began = Instant::now();
    let _ = verified(&bundle, &authority.domain("authority"));
    refused(&bundle, &stranger.domain("stranger"));
    assert!(
        began.elapsed() < Duration::from_secs(10),
        "{:?}",
        began.elapsed()
    );
}

#[test]
fn row_22_an_issuer_is_found_by_its_key_not_by_its_name() {
    let authority = Authority::new("threats");
    for intermediate in [1, 2] {
        let options = Options {
            intermediate,
            ..Options::at(TIME)
        };
        let bundle = parsed(&authority.sign(&about_artifact(), &claims(), &options));
        for listed in [vec![1], vec![2], vec![1, 2], vec![2, 1]] {
            let mut root = parsed(&authority.trusted_root_json());
            let all = root["certificateAuthorities"].clone();
            let kept: Vec<Value> = listed
                .iter()
                .map(|which| {
                    let mut one = all[*which].clone();
                    // The common root would vouch for both.
                    one["certChain"]["certificates"]
                        .as_array_mut()
                        .unwrap()
                        .truncate(1);
                    one
                })
                .collect();
            root["certificateAuthorities"] = json!(kept);
            let domain = TrustDomain {
                label: "authority".to_owned(),
                material: TrustMaterial::TrustedRoot(root.to_string().into()),
                leniency: Leniency::default(),
            };
            let result = verified(&bundle, &domain);
            assert_eq!(result.is_ok(), listed.contains(&intermediate), "{listed:?}");
            if let Err(error) = result {
                assert_eq!(error.fault, Fault::Certificate, "{error}");
            }
        }
    }
}
