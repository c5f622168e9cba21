//! A log of certificate transparency must vouch for the signing certificate: what
//! `sigstore-verify` demands there and what is demanded here is the same.

use lockstep::model::{Leniency, TrustMaterial};
use lockstep::verify::Fault;
use sigstore_trust_root::TrustedRoot;
use sigstore_types::{Bundle, Sha256Hash};
use sigstore_verify::VerificationPolicy;

use super::attack::{parsed, refused_for, verified};
use super::sound::{TIME, about_artifact, artifact, claims};
use crate::authority::certificate::Flaw;
use crate::authority::{Authority, Options, Sct};

const FLAWS: [Flaw; 11] = [
    Flaw::OtherIssuer,
    Flaw::OtherCertificate,
    Flaw::OtherTime,
    Flaw::OtherLog,
    Flaw::OtherExtensions,
    Flaw::OtherAlgorithm,
    Flaw::OtherVersion,
    Flaw::Twice,
    Flaw::Nothing,
    Flaw::MoreInPlace,
    Flaw::MoreAfterList,
];

fn signed(authority: &Authority, sct: Sct, intermediate: usize) -> String {
    let options = Options {
        sct,
        intermediate,
        ..Options::at(TIME)
    };
    authority.sign(&about_artifact(), &claims(), &options)
}

fn by_the_crate(authority: &Authority, bundle: &str) -> Result<(), sigstore_verify::Error> {
    let root = TrustedRoot::from_json(&authority.trusted_root_json()).unwrap();
    let digest = Sha256Hash::from_hex(&artifact().hex()).unwrap();
    let bundle = Bundle::from_json(bundle).unwrap();
    let policy = VerificationPolicy::any_identity();
    let verifier = sigstore_verify::Verifier::new(&root).unwrap();
    verifier.verify(digest, &bundle, &policy).map(drop)
}

#[test]
fn a_timestamp_is_of_a_trusted_log_over_this_certificate_of_this_authority() {
    let authority = Authority::new("certificate timestamp");
    let domain = authority.domain("authority");
    let flawed = FLAWS.map(Sct::Flawed);
    for sct in [Sct::Foreign, Sct::Missing].into_iter().chain(flawed) {
        // One is the only of its name, the others share theirs.
        for intermediate in [0, 1, 2] {
            let bundle = signed(&authority, sct, intermediate);
            by_the_crate(&authority, &bundle).unwrap_err();
            refused_for(&parsed(&bundle), &domain, Fault::Certificate, "");
            let leniency = Leniency {
                unsafe_no_sct: true,
                ..Leniency::default()
            };
            let told = verified(&parsed(&bundle), &authority.lenient("lenient", leniency));
            told.unwrap_or_else(|error| panic!("{sct:?} alone is wrong with it: {error}"));
        }
    }
}

#[test]
fn what_a_log_soundly_vouches_for_is_accepted_in_every_form() {
    let authority = Authority::new("certificate timestamp");
    let domain = authority.domain("authority");
    for sct in [Sct::Good, Sct::Extended, Sct::First] {
        for intermediate in [0, 1, 2] {
            let bundle = signed(&authority, sct, intermediate);
            by_the_crate(&authority, &bundle).unwrap();
            verified(&parsed(&bundle), &domain).unwrap();
        }
    }
}

/// The key that is known under the log's name must be the log's: `Sct::Foreign` is of a log that
/// has another name.
#[test]
fn a_log_is_known_by_its_key() {
    let (authority, other) = (
        Authority::new("certificate timestamp"),
        Authority::new("other"),
    );
    let bundle = signed(&authority, Sct::Good, 0);
    let mut root = parsed(&authority.trusted_root_json());
    let key = "/ctlogs/0/publicKey";
    let others = parsed(&other.trusted_root_json());
    *root.pointer_mut(key).unwrap() = others.pointer(key).unwrap().clone();
    let mut domain = authority.domain("authority");
    domain.material = TrustMaterial::TrustedRoot(root.to_string().into());
    refused_for(&parsed(&bundle), &domain, Fault::Certificate, "");
}
