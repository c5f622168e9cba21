//! Each demand of the strict profile, met by a sound bundle and by nothing less.

use lockstep::model::{Leniency, Time, TrustDomain, TrustMaterial};
use lockstep::verify::{Fault, UnverifiedBundle, Verifier};
use serde_json::{Value, json};

use super::attack::{decoded, encoded, parsed, refused_for, verified};
use super::sound::{TIME, about_artifact, artifact, claims};
use crate::authority::{Authority, Key, Kind, Logged, Options, Sct, Version};

const NO_LOG: Leniency = Leniency {
    unsafe_no_log: true,
    unsafe_set_only: false,
    unsafe_no_sct: false,
};

fn signed(authority: &Authority, options: &Options) -> Value {
    parsed(&authority.sign(&about_artifact(), &claims(), options))
}

fn of(version: Version, kind: Kind) -> Options {
    Options {
        version,
        logged: Logged::V1(kind),
        ..Options::at(TIME)
    }
}

#[test]
fn a_version_is_known_and_has_what_that_version_demands() {
    let authority = Authority::new("strict");
    let domain = authority.domain("authority");
    let bundle = signed(&authority, &Options::at(TIME));
    for media_type in [
        json!("application/vnd.dev.sigstore.bundle+json;version=0.1"),
        json!("application/vnd.dev.sigstore.bundle+json;version=0.2"),
    ] {
        let mut relabelled = bundle.clone();
        relabelled["mediaType"] = media_type;
        refused_for(
            &relabelled,
            &domain,
            Fault::Malformed,
            "cannot have `certificate`",
        );
    }
    for media_type in [
        "",
        "application/json",
        "application/vnd.dev.sigstore.bundle.v0.4+json",
    ] {
        let mut unknown = bundle.clone();
        unknown["mediaType"] = json!(media_type);
        refused_for(&unknown, &domain, Fault::Unsupported, "unknown media type");
    }
    let mut missing = bundle.clone();
    missing.as_object_mut().unwrap().remove("mediaType");
    refused_for(&missing, &domain, Fault::Malformed, "no `mediaType`");
    for version in [Version::V0_1, Version::V0_2] {
        let mut older = signed(&authority, &of(version, Kind::Intoto));
        verified(&older, &domain).unwrap();
        older["mediaType"] = json!("application/vnd.dev.sigstore.bundle.v0.3+json");
        refused_for(&older, &domain, Fault::Malformed, "x509CertificateChain");
    }
    let mut unpromised = signed(&authority, &of(Version::V0_1, Kind::Intoto));
    let entry = &mut unpromised["verificationMaterial"]["tlogEntries"][0];
    entry.as_object_mut().unwrap().remove("inclusionPromise");
    refused_for(&unpromised, &domain, Fault::Log, "no inclusion promise");
}

#[test]
fn a_bundle_has_one_signer_one_content_and_no_member_that_the_format_has_not() {
    let authority = Authority::new("strict");
    let domain = authority.domain("authority");
    let bundle = signed(&authority, &Options::at(TIME));
    let by_artifact = authority.sign_artifact(b"api-1.2.3.whl", &claims(), &Options::at(TIME));
    let mut both = bundle.clone();
    both["messageSignature"] = parsed(&by_artifact)["messageSignature"].clone();
    refused_for(&both, &domain, Fault::Malformed, "both");
    let mut neither = bundle.clone();
    neither.as_object_mut().unwrap().remove("dsseEnvelope");
    refused_for(&neither, &domain, Fault::Malformed, "neither");
    let mut two = bundle.clone();
    two["verificationMaterial"]["publicKey"] = json!({"hint": ""});
    refused_for(&two, &domain, Fault::Malformed, "has 2");
    for place in [
        "",
        "/verificationMaterial",
        "/dsseEnvelope",
        "/verificationMaterial/tlogEntries/0",
    ] {
        let mut unknown = bundle.clone();
        unknown.pointer_mut(place).unwrap()["verified"] = json!(true);
        refused_for(&unknown, &domain, Fault::Malformed, "`verified`");
    }
    let text = bundle.to_string().replacen("{", r#"{"mediaType":"x","#, 1);
    let error = UnverifiedBundle::read(text.as_bytes()).unwrap_err();
    assert!(
        error.message.contains("`mediaType` stands twice"),
        "{error}"
    );
}

#[test]
fn every_log_entry_has_a_proof_whatever_stands_beside_it() {
    let authority = Authority::new("strict");
    let domain = authority.domain("authority");
    let set_only = Leniency {
        unsafe_set_only: true,
        ..Leniency::default()
    };
    let forgiving = authority.lenient("legacy", set_only);
    let promised = |version| Options {
        version,
        logged: Logged::PromiseOnly(Kind::Intoto),
        ..Options::at(TIME)
    };
    let legacy = signed(&authority, &promised(Version::V0_1));
    refused_for(&legacy, &domain, Fault::Log, "no inclusion proof");
    verified(&legacy, &forgiving).unwrap();
    for version in [Version::V0_2, Version::V0_3] {
        let unproved = signed(&authority, &promised(version));
        refused_for(&unproved, &domain, Fault::Log, "no inclusion proof");
        refused_for(&unproved, &forgiving, Fault::Log, "no inclusion proof");
    }
    let mut bundle = signed(&authority, &Options::at(TIME));
    let mut second = bundle["verificationMaterial"]["tlogEntries"][0].clone();
    second["logIndex"] = json!("6");
    second.as_object_mut().unwrap().remove("inclusionProof");
    let entries = bundle["verificationMaterial"]["tlogEntries"]
        .as_array_mut()
        .unwrap();
    entries.push(second);
    refused_for(&bundle, &domain, Fault::Log, "");
    let unlogged = signed(&authority, &Options::unlogged_at(TIME));
    refused_for(&unlogged, &domain, Fault::Log, "no transparency log");
    let unstamped = Options {
        stamps: Vec::new(),
        sct: Sct::Good,
        ..Options::unlogged_at(TIME)
    };
    let unstamped = signed(&authority, &unstamped);
    let no_log = authority.lenient("private", NO_LOG);
    refused_for(&unstamped, &no_log, Fault::Timestamp, "says when");
}

/// What is there must verify, also where a domain could do without it.
#[test]
fn a_log_entry_is_verified_where_no_log_is_needed() {
    let authority = Authority::new("strict");
    let key = Key::p256("release");
    for kind in [Kind::Dsse, Kind::V2] {
        let options = Options {
            logged: match kind {
                Kind::V2 => Logged::V2,
                kind => Logged::V1(kind),
            },
            stamps: vec![TIME],
            ..Options::at(TIME)
        };
        let keyless = signed(&authority, &options);
        let keyed = parsed(&authority.sign_with(&key, &about_artifact(), &options));
        let domains = [
            authority.lenient("private", NO_LOG),
            authority.key_domain(&key, NO_LOG),
        ];
        for (bundle, domain) in [keyless, keyed].into_iter().zip(&domains) {
            verified(&bundle, domain).unwrap();
            let mut broken = bundle.clone();
            let proof = &mut broken["verificationMaterial"]["tlogEntries"][0]["inclusionProof"];
            proof["hashes"][0] = encoded(&[0; 32]);
            refused_for(&broken, domain, Fault::Log, "root hash mismatch");
        }
    }
}

/// The promise of Rekor v1 gives the time, its proof the place in the log: neither makes good for
/// the other.
#[test]
fn a_promise_and_a_proof_are_each_verified() {
    let authority = Authority::new("strict");
    let domain = authority.domain("authority");
    let broken = |text: &Value| {
        let mut bytes = decoded(text);
        *bytes.last_mut().unwrap() ^= 1;
        encoded(&bytes)
    };
    for (version, kind) in [(Version::V0_2, Kind::Intoto), (Version::V0_3, Kind::Dsse)] {
        let bundle = signed(&authority, &of(version, kind));
        let found = verified(&bundle, &domain).unwrap();
        assert_eq!(found.signature().log_entries(), 1);
        let with = |change: &dyn Fn(&mut Value)| {
            let mut changed = bundle.clone();
            change(&mut changed["verificationMaterial"]["tlogEntries"][0]);
            changed
        };
        let hash = with(&|entry| entry["inclusionProof"]["hashes"][0] = encoded(&[0; 32]));
        refused_for(&hash, &domain, Fault::Log, "root hash mismatch");
        let place = with(&|entry| entry["inclusionProof"]["logIndex"] = json!("4"));
        refused_for(&place, &domain, Fault::Log, "inclusion proof");
        let checkpoint = with(&|entry| {
            let envelope = &mut entry["inclusionProof"]["checkpoint"]["envelope"];
            let text = envelope.as_str().unwrap().trim_end();
            let (before, signature) = text.rsplit_once(' ').unwrap();
            let signature = broken(&json!(signature));
            *envelope = json!(format!("{before} {}\n", signature.as_str().unwrap()));
        });
        refused_for(&checkpoint, &domain, Fault::Log, "a signature of log");
        let promise = with(&|entry| {
            let promise = &mut entry["inclusionPromise"]["signedEntryTimestamp"];
            *promise = broken(promise);
        });
        refused_for(&promise, &domain, Fault::Log, "SET");
        let time = with(&|entry| entry["integratedTime"] = json!((TIME + 1).to_string()));
        refused_for(&time, &domain, Fault::Log, "SET");
    }
}

#[test]
fn a_checkpoint_is_of_the_log_that_the_entry_names() {
    let authority = Authority::new("strict");
    let domain = authority.domain("authority");
    let mut bundle = signed(&authority, &Options::v2_at(TIME));
    let other = signed(&authority, &Options::at(TIME));
    let entry = |bundle: &Value| bundle["verificationMaterial"]["tlogEntries"][0].clone();
    bundle["verificationMaterial"]["tlogEntries"][0]["logId"] = entry(&other)["logId"].clone();
    refused_for(&bundle, &domain, Fault::Log, "not signed by log");
    bundle["verificationMaterial"]["tlogEntries"][0]["logId"] = json!({"keyId": encoded(&[1; 32])});
    refused_for(&bundle, &domain, Fault::Log, "does not trust");
    let mut trailing = signed(&authority, &Options::v2_at(TIME));
    let checkpoint = &mut trailing["verificationMaterial"]["tlogEntries"][0]["inclusionProof"]["checkpoint"]
        ["envelope"];
    *checkpoint = json!(format!("{}\n\nanything", checkpoint.as_str().unwrap()));
    refused_for(&trailing, &domain, Fault::Log, "blank line");
    for (place, value, says) in [
        ("treeSize", json!("12"), "tree of 12"),
        ("logIndex", json!("6"), "stands at 5"),
        ("rootHash", encoded(&[0; 32]), "different roots"),
    ] {
        let mut contradictory = signed(&authority, &Options::v2_at(TIME));
        contradictory["verificationMaterial"]["tlogEntries"][0]["inclusionProof"][place] = value;
        refused_for(&contradictory, &domain, Fault::Log, says);
    }
}

#[test]
fn a_key_may_sign_without_log_and_timestamp_only_where_trust_says_so() {
    let authority = Authority::new("strict");
    for key in [Key::p256("release"), Key::ed25519("release")] {
        let options = Options {
            logged: Logged::Nowhere,
            ..Options::at(TIME)
        };
        let bundle = parsed(&authority.sign_with(&key, &about_artifact(), &options));
        let strict = authority.key_domain(&key, Leniency::default());
        refused_for(&bundle, &strict, Fault::Log, "no transparency log");
        let alone = |key: &Key| TrustDomain {
            label: "cosign.pub".to_owned(),
            material: TrustMaterial::Key {
                pem: key.pem().into(),
                root: None,
            },
            leniency: NO_LOG,
        };
        let found = verified(&bundle, &alone(&key)).unwrap();
        assert_eq!(found.signature().log_entries(), 0);
        assert!(found.signature().leniency().unsafe_no_log);
        refused_for(
            &bundle,
            &alone(&Key::p256("other")),
            Fault::Signature,
            "cosign.pub",
        );
        let mut other = bundle.clone();
        other["dsseEnvelope"]["payload"] = encoded(
            about_artifact()
                .replace("build.test", "evil.test")
                .as_bytes(),
        );
        refused_for(&other, &alone(&key), Fault::Signature, "signature");
        let mut keyless = authority.domain("authority");
        keyless.leniency = NO_LOG;
        refused_for(&bundle, &keyless, Fault::Unsupported, "signed with a key");
    }
    let keyless = signed(&authority, &Options::at(TIME));
    let domain = authority.key_domain(&Key::p256("release"), Leniency::default());
    refused_for(&keyless, &domain, Fault::Unsupported, "with a certificate");
}

#[test]
fn a_private_instance_is_named_as_the_cause() {
    let bundle = signed(&Authority::new("another"), &Options::v2_at(TIME));
    let domain = Authority::new("strict").domain("sigstore");
    refused_for(&bundle, &domain, Fault::Log, "`sigstore` does not trust");
    let unlogged = signed(&Authority::new("another"), &Options::at(TIME));
    let error = super::attack::refused(&unlogged, &domain);
    assert!(error.hint.unwrap().contains("private instance"));
}

#[test]
fn what_is_signed_after_now_is_refused_and_at_now_is_not() {
    let authority = Authority::new("strict");
    let verifier = Verifier::new(&authority.domain("authority")).unwrap();
    for options in [Options::at(TIME), Options::v2_at(TIME)] {
        let json = authority.sign(&about_artifact(), &claims(), &options);
        let bundle = UnverifiedBundle::read(json.as_bytes()).unwrap();
        let at = |seconds| {
            let now = Time::from_unix_seconds(seconds);
            verifier.verify(&bundle, &artifact().into(), now)
        };
        let error = at(TIME - 1).unwrap_err();
        assert_eq!(error.fault, Fault::Timestamp, "{error}");
        at(TIME).unwrap();
        assert_eq!(
            at(TIME).unwrap().signature().times(),
            [Time::from_unix_seconds(TIME)]
        );
    }
}

#[test]
fn trust_material_that_proves_nothing_is_refused_before_any_bundle() {
    let authority = Authority::new("strict");
    let why = |edit: &dyn Fn(&mut Value), leniency| {
        let mut root = parsed(&authority.trusted_root_json());
        edit(&mut root);
        let mut domain = authority.lenient("root", leniency);
        domain.material = TrustMaterial::TrustedRoot(root.to_string().into());
        Verifier::new(&domain).err().map(|error| error.why)
    };
    let strict = Leniency::default();
    assert_eq!(why(&|_| {}, strict), None);
    for (member, says) in [
        ("tlogs", "no transparency log"),
        ("certificateAuthorities", "no certificate authority"),
    ] {
        let error = why(&|root| root[member] = json!([]), strict).unwrap();
        assert!(error.contains(says), "{error}");
    }
    let nothing = |root: &mut Value| {
        root["tlogs"] = json!([]);
        root["timestampAuthorities"] = json!([]);
    };
    assert!(why(&nothing, NO_LOG).unwrap().contains("neither"));
    for media_type in ["", "application/json"] {
        let error = why(&|root| root["mediaType"] = json!(media_type), strict).unwrap();
        assert!(error.contains("media type"), "{error}");
    }
    let twice = |root: &mut Value| {
        let log = root["tlogs"][0].clone();
        root["tlogs"].as_array_mut().unwrap().push(log);
    };
    assert!(why(&twice, strict).is_some());
    for pem in [
        "",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
    ] {
        let mut domain = authority.key_domain(&Key::p256("release"), strict);
        domain.material = TrustMaterial::Key {
            pem: pem.into(),
            root: None,
        };
        assert!(Verifier::new(&domain).is_err(), "{pem:?}");
    }
    let domain = TrustDomain {
        label: "key".to_owned(),
        material: TrustMaterial::Key {
            pem: Key::p256("release").pem().into(),
            root: None,
        },
        leniency: strict,
    };
    let error = Verifier::new(&domain).err().unwrap();
    assert!(error.why.contains("unsafe-no-log"), "{error}");
}
