//! Says what `sigstore-verify` refused: in our classes, with the compared values and what to do.

use sigstore_types::bundle::VerificationMaterialContent;
use sigstore_verify::{CertificateError, Error};

use super::{Fault, UnverifiedBundle, VerifyError};
use crate::model::{ArtifactDigest, Statement, Subject, Time, visible, visible_line};

/// An error of the crate, as the trust domain of this label met it.
pub(super) fn told(error: &Error, domain: &str) -> VerifyError {
    let fault = match error {
        Error::IdentityMismatch { .. } | Error::IssuerMismatch { .. } => Fault::Identity,
        Error::SignatureInvalid(_) => Fault::Signature,
        Error::ArtifactMismatch(_) => Fault::Subject,
        Error::UnsupportedArtifact(_) | Error::UnsupportedBundle(_) => Fault::Unsupported,
        Error::Certificate(CertificateError::Malformed(_)) => Fault::Malformed,
        // Of a trusted root that was read before, the crate says this where it has no key of the
        // algorithm that a certificate's timestamp names.
        Error::Certificate(_) | Error::InvalidTrustRoot(_) => Fault::Certificate,
        Error::TransparencyLog(_) => Fault::Log,
        Error::Timestamp(_) => Fault::Timestamp,
        Error::Bundle(_) => Fault::Log,
        _ => Fault::Malformed,
    };
    let text = error.to_string();
    if let Error::Certificate(CertificateError::ChainInvalid(why)) = error {
        return chain(why, domain);
    }
    let told = VerifyError::new(fault, visible(&text, 400));
    match error {
        Error::Certificate(CertificateError::Sct(_)) | Error::InvalidTrustRoot(_) => told.hint(format!(
            "no certificate transparency log that `{domain}` trusts vouches for the certificate; an \
             authority without one must be trusted with `unsafe-no-sct`"
        )),
        Error::UnsupportedArtifact(_) => {
            told.hint("give the file, or its digest in the algorithm that the bundle uses")
        }
        _ => told,
    }
}

/// What `webpki` says of a chain, with times that people read.
fn chain(why: &str, domain: &str) -> VerifyError {
    let times: Vec<Time> = why
        .split("UnixTime(")
        .skip(1)
        .filter_map(|part| part.split(')').next()?.parse().ok())
        .map(Time::from_unix_seconds)
        .collect();
    let message = match times[..] {
        [time, edge] if why.contains("CertExpired") => {
            format!("signed at {time}, after its certificate ended at {edge}")
        }
        [time, edge] if why.contains("CertNotValidYet") => {
            format!("signed at {time}, before its certificate began at {edge}")
        }
        _ if why.contains("UnknownIssuer") => {
            let message = format!("no authority of `{domain}` issued its certificate");
            return VerifyError::new(Fault::Certificate, message).hint(format!(
                "it was verified against `{domain}`; a bundle of a private instance needs \
                 --trusted-root"
            ));
        }
        _ => visible(why, 300),
    };
    VerifyError::new(Fault::Certificate, message)
}

/// Where a bundle says that another sort of signer made it than the domain is for.
pub(super) fn other_signer(
    bundle: &UnverifiedBundle,
    keyed: bool,
    domain: &str,
) -> Option<VerifyError> {
    let content = &bundle.bundle.verification_material.content;
    match (
        matches!(content, VerificationMaterialContent::PublicKey(_)),
        keyed,
    ) {
        (true, false) => Some(
            VerifyError::new(
                Fault::Unsupported,
                "it is signed with a key, not a certificate",
            )
            .hint("give the public key with --key"),
        ),
        (false, true) => {
            let message = format!("it is signed with a certificate, not the key `{domain}`");
            let hint = "verify it by identity and issuer instead of a key";
            Some(VerifyError::new(Fault::Unsupported, message).hint(hint))
        }
        _ => None,
    }
}

/// The statement is about other artifacts: about which.
pub(super) fn other_subject(statement: &Statement, artifact: &ArtifactDigest) -> VerifyError {
    const SHOWN: usize = 3;
    let told = |subject: &Subject| {
        let name = subject.name.as_deref().map(visible_line);
        let digest = match subject.artifact() {
            Some(digest) => digest.to_string(),
            None => "without a SHA-256 or SHA-512".to_owned(),
        };
        match name {
            Some(name) => format!("`{name}` {digest}"),
            None => digest,
        }
    };
    let subjects: Vec<String> = statement.subject.iter().take(SHOWN).map(told).collect();
    let more = match statement.subject.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let message = format!(
        "no subject of its statement is {artifact}: it is about {}{more}",
        subjects.join(", ")
    );
    VerifyError::new(Fault::Subject, message)
        .hint("the artifact is not the one that was signed, or this is the bundle of another")
}
