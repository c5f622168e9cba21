//! What an authority of our own signs soundly verifies, in every format and with every log.

use lockstep::model::{Digest, Leniency, Time};
use lockstep::verify::{Signer, UnverifiedBundle, Verifier};
use serde_json::json;

use crate::authority::{Authority, Claims, Key, Kind, Logged, Options, Sct, Version, statement};

pub(super) const TIME: i64 = 1_750_000_000;
pub(super) const COMMIT: &str = "8f1e3c2b4a5968776655443322110099aabbccdd";

pub(super) fn now() -> Time {
    Time::from_unix_seconds(TIME + 3600)
}

pub(super) fn claims() -> Claims {
    Claims::github("acme/api", "refs/tags/v1.2.3", COMMIT)
}

pub(super) fn artifact() -> Digest {
    Digest::of(b"api-1.2.3.whl")
}

pub(super) fn about_artifact() -> String {
    let predicate = json!({"buildDefinition": {"buildType": "https://build.test/v1"}});
    statement(
        "api-1.2.3.whl",
        artifact(),
        "https://slsa.dev/provenance/v1",
        &predicate,
    )
}

/// Every way in which something is soundly signed, by name.
pub(super) fn ways() -> Vec<(&'static str, Options)> {
    let v1 = |kind| Options {
        logged: Logged::V1(kind),
        ..Options::at(TIME)
    };
    let mut ways = vec![
        ("rekor v1 dsse", v1(Kind::Dsse)),
        ("rekor v1 intoto", v1(Kind::Intoto)),
        ("rekor v2 and a timestamp", Options::v2_at(TIME)),
    ];
    let both = Options {
        stamps: vec![TIME + 1, TIME + 2],
        ..Options::at(TIME)
    };
    ways.push(("rekor v1 and two timestamps", both));
    let older = |version| Options {
        version,
        ..v1(Kind::Intoto)
    };
    ways.push(("v0.1 with a proof", older(Version::V0_1)));
    ways.push(("v0.2", older(Version::V0_2)));
    for (way, intermediate) in [
        ("an intermediate", 1),
        ("the other intermediate of that name", 2),
    ] {
        let options = Options {
            intermediate,
            ..Options::at(TIME)
        };
        ways.push((way, options));
    }
    for (way, sct) in [
        ("a timestamp with extensions", Sct::Extended),
        ("a timestamp before all other extensions", Sct::First),
    ] {
        let options = Options {
            sct,
            ..Options::at(TIME)
        };
        ways.push((way, options));
    }
    ways
}

#[test]
fn what_the_authority_signs_verifies_in_every_format() {
    let authority = Authority::new("sound");
    let verifier = Verifier::new(&authority.domain("authority")).unwrap();
    for (way, options) in ways() {
        let json = authority.sign(&about_artifact(), &claims(), &options);
        let bundle = UnverifiedBundle::read(json.as_bytes()).unwrap();
        let verified = verifier.verify(&bundle, &artifact().into(), now());
        let verified = verified.unwrap_or_else(|error| panic!("{way}: {error}"));
        let Signer::Certificate(told) = verified.signature().signer() else {
            panic!("{way}: signed by a key");
        };
        assert_eq!(told.identity, claims().identity, "{way}");
        assert_eq!(told.source_digest.as_deref(), Some(COMMIT), "{way}");
        assert_eq!(verified.signature().log_entries(), 1, "{way}");
        assert!(verifier.verify_statement(&bundle, now()).is_ok(), "{way}");
    }
}

#[test]
fn artifacts_and_keys_verify_and_leniency_is_needed_for_less() {
    let authority = Authority::new("sound");
    let strict = Verifier::new(&authority.domain("authority")).unwrap();
    for options in [Options::at(TIME), Options::v2_at(TIME)] {
        let json = authority.sign_artifact(b"api-1.2.3.whl", &claims(), &options);
        let bundle = UnverifiedBundle::read(json.as_bytes()).unwrap();
        strict.verify(&bundle, &artifact().into(), now()).unwrap();
    }
    for key in [Key::p256("release"), Key::ed25519("release")] {
        let verifier = Verifier::new(&authority.key_domain(&key, Leniency::default())).unwrap();
        let json = authority.sign_with(&key, &about_artifact(), &Options::at(TIME));
        let bundle = UnverifiedBundle::read(json.as_bytes()).unwrap();
        verifier.verify(&bundle, &artifact().into(), now()).unwrap();
    }
    let unlogged = authority.sign(&about_artifact(), &claims(), &Options::unlogged_at(TIME));
    let unlogged = UnverifiedBundle::read(unlogged.as_bytes()).unwrap();
    let leniency = Leniency {
        unsafe_no_log: true,
        unsafe_set_only: false,
        unsafe_no_sct: true,
    };
    let lenient = Verifier::new(&authority.lenient("private", leniency)).unwrap();
    lenient
        .verify(&unlogged, &artifact().into(), now())
        .unwrap();
    strict
        .verify(&unlogged, &artifact().into(), now())
        .unwrap_err();
}
