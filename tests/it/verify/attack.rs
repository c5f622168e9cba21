//! What attacks have in common: bundles as JSON that is edited, and errors that must come.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lockstep::model::{Leniency, TrustDomain};
use lockstep::verify::{Fault, UnverifiedBundle, Verified, Verifier, VerifyError};
use serde_json::Value;

use super::sound::{artifact, now};

/// Every combination of what a domain may forgive.
pub(super) fn leniencies() -> impl Iterator<Item = Leniency> {
    (0..8).map(|bits| Leniency {
        unsafe_no_log: bits & 1 != 0,
        unsafe_set_only: bits & 2 != 0,
        unsafe_no_sct: bits & 4 != 0,
    })
}

pub(super) fn parsed(json: &str) -> Value {
    serde_json::from_str(json).unwrap()
}

pub(super) fn verified(bundle: &Value, domain: &TrustDomain) -> Result<Verified, VerifyError> {
    let verifier = Verifier::new(domain).unwrap();
    let bundle = UnverifiedBundle::read(bundle.to_string().as_bytes())?;
    verifier.verify(&bundle, &artifact().into(), now())
}

/// The error that an attack must meet.
#[track_caller]
pub(super) fn refused(bundle: &Value, domain: &TrustDomain) -> VerifyError {
    match verified(bundle, domain) {
        Err(error) => error,
        Ok(_) => panic!("verified, and must not: {bundle:#}"),
    }
}

#[track_caller]
pub(super) fn refused_for(bundle: &Value, domain: &TrustDomain, fault: Fault, says: &str) {
    let error = refused(bundle, domain);
    assert_eq!(error.fault, fault, "{error}");
    assert!(error.message.contains(says), "{error}");
}

pub(super) fn decoded(text: &Value) -> Vec<u8> {
    STANDARD.decode(text.as_str().unwrap()).unwrap()
}

pub(super) fn encoded(bytes: &[u8]) -> Value {
    STANDARD.encode(bytes).into()
}
