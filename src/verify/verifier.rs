//! Verifies a bundle under one trust domain, held to the strict profile.

use jiff::Timestamp;
use sigstore_trust_root::TrustedRoot;
use sigstore_types::{DerPublicKey, HashAlgorithm};
use sigstore_verify::{
    CertificateError, Error, PublicKeyVerificationPolicy, VerificationPolicy, VerificationResult,
};

use super::{
    CertificateClaims, Fault, Signer, UnverifiedBundle, Verified, VerifiedSignature,
    VerifiedStatement, VerifyError,
};
use crate::model::{ArtifactDigest, Digest, Leniency, Time, TrustDomain, TrustMaterial, visible};

/// Verifies bundles under one trust domain; built once, shared by threads.
pub struct Verifier {
    verifier: sigstore_verify::Verifier,
    key: Option<DerPublicKey>,
    leniency: Leniency,
    domain: Digest,
}

/// Why trust material cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("trust material `{label}`: {why}")]
pub struct TrustError {
    /// The domain.
    pub label: String,
    /// What is wrong with it.
    pub why: String,
}

impl Verifier {
    /// Prepares the keys and certificates of a domain.
    ///
    /// # Errors
    /// [`TrustError`] for material that is malformed, contradictory or empty.
    pub fn new(domain: &TrustDomain) -> Result<Self, TrustError> {
        let error = |why: String| TrustError {
            label: domain.label.clone(),
            why: visible(&why, 300),
        };
        let (root, key) = match &domain.material {
            TrustMaterial::TrustedRoot(root) => (Some(root), None),
            TrustMaterial::Key { pem, root } => {
                let key = DerPublicKey::from_pem(pem).map_err(|why| error(why.to_string()))?;
                (root.as_ref(), Some(key))
            }
        };
        let root = match root {
            Some(root) => TrustedRoot::from_json(root),
            None => TrustedRoot::from_json(
                r#"{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"}"#,
            ),
        };
        let root = root.map_err(|why| error(why.to_string()))?;
        Ok(Self {
            verifier: sigstore_verify::Verifier::new(&root)
                .map_err(|why| error(why.to_string()))?,
            key,
            leniency: domain.leniency,
            domain: domain.id(),
        })
    }

    /// Verifies that a bundle is a signature of this domain over the artifact, or over a statement
    /// about it, made at or before `now`.
    ///
    /// # Errors
    /// [`VerifyError`] with the first reason met, in the order of [`Fault`].
    pub fn verify(
        &self,
        bundle: &UnverifiedBundle,
        artifact: &ArtifactDigest,
        now: Time,
    ) -> Result<Verified, VerifyError> {
        let statement = bundle.unverified_statement()?;
        let (algorithm, bytes) = match artifact {
            ArtifactDigest::Sha256(_) => (HashAlgorithm::Sha2256, artifact.hex()),
            ArtifactDigest::Sha512(_) => (HashAlgorithm::Sha2512, artifact.hex()),
        };
        let malformed = |why: String| VerifyError::new(Fault::Malformed, visible(&why, 300));
        let value = sigstore_types::DigestBytes::from_hex(&bytes)
            .map_err(|why| malformed(why.to_string()))?;
        let digest = sigstore_types::ArtifactDigest::new(algorithm, value)
            .map_err(|why| malformed(why.to_string()))?;
        let artifact = sigstore_types::Artifact::Digest(digest);
        let result = match &self.key {
            Some(key) => {
                let mut policy = PublicKeyVerificationPolicy::new(key.clone());
                if self.leniency.unsafe_no_log {
                    policy = policy.skip_tlog_unsafe();
                }
                self.verifier.verify(artifact, &bundle.bundle, &policy)
            }
            None => {
                let mut policy = VerificationPolicy::any_identity();
                if self.leniency.unsafe_no_log {
                    policy = policy.skip_tlog_unsafe();
                }
                if self.leniency.unsafe_no_sct {
                    policy = policy.skip_sct();
                }
                self.verifier.verify(artifact, &bundle.bundle, &policy)
            }
        };
        let result = result.map_err(translate)?;
        let signature = VerifiedSignature {
            signer: self.signer(&result)?,
            times: times(&result, now)?,
            log_entries: match result.tlog_verified() {
                true => bundle.bundle.verification_material.tlog_entries.len(),
                false => 0,
            },
            leniency: self.leniency,
            domain: self.domain,
            bundle: bundle.digest,
        };
        Ok(match statement {
            Some(statement) => Verified::Statement(VerifiedStatement::new(statement, signature)),
            None => Verified::Artifact(signature),
        })
    }

    /// Verifies a bundle that must hold a statement, whatever artifacts it is about: who uses it
    /// looks for the artifact among its subjects.
    ///
    /// # Errors
    /// As [`Self::verify`], and [`Fault::Statement`] where it signs no statement or one about
    /// nothing that has a usable digest.
    pub fn verify_statement(
        &self,
        bundle: &UnverifiedBundle,
        now: Time,
    ) -> Result<VerifiedStatement, VerifyError> {
        let unfit = |why: &str| VerifyError::new(Fault::Statement, why);
        let statement = bundle
            .unverified_statement()?
            .ok_or_else(|| unfit("it signs an artifact, not a statement about one"))?;
        let artifact = statement
            .subject
            .iter()
            .find_map(|subject| subject.artifact());
        let artifact = artifact.ok_or_else(|| unfit("no subject has a SHA-256 or SHA-512"))?;
        match self.verify(bundle, &artifact, now)? {
            Verified::Statement(statement) => Ok(statement),
            Verified::Artifact(_) => Err(unfit("it signs an artifact, not a statement about one")),
        }
    }

    fn signer(&self, result: &VerificationResult) -> Result<Signer, VerifyError> {
        if let Some(key) = &self.key {
            return Ok(Signer::Key {
                fingerprint: Digest::of(key.as_bytes()),
            });
        }
        result
            .certificate()
            .filter(|_| result.certificate_verified())
            .and_then(CertificateClaims::read)
            .map(|claims| Signer::Certificate(Box::new(claims)))
            .ok_or_else(|| {
                let message = "the certificate names no holder, or no issuer of its identity";
                VerifyError::new(Fault::Certificate, message)
            })
    }
}

/// The times that were vouched for; none may lie after `now`.
fn times(result: &VerificationResult, now: Time) -> Result<Vec<Time>, VerifyError> {
    let mut times: Vec<Time> = Vec::new();
    for time in result.verified_timestamps() {
        let time = moment(*time)?;
        if time > now {
            let message = format!("signed at {time}, after {now}");
            return Err(VerifyError::new(Fault::Timestamp, message));
        }
        times.push(time);
    }
    times.sort_unstable();
    times.dedup();
    Ok(times)
}

fn moment(time: Timestamp) -> Result<Time, VerifyError> {
    match time.as_second() {
        seconds @ 0.. => Ok(Time::from_unix_seconds(seconds)),
        _ => Err(VerifyError::new(Fault::Timestamp, "a time before 1970")),
    }
}

/// The crate's error in our classes.
fn translate(error: Error) -> VerifyError {
    let fault = match &error {
        Error::IdentityMismatch { .. } | Error::IssuerMismatch { .. } => Fault::Identity,
        Error::SignatureInvalid(_) => Fault::Signature,
        Error::ArtifactMismatch(_) => Fault::Subject,
        Error::UnsupportedArtifact(_) | Error::UnsupportedBundle(_) => Fault::Unsupported,
        Error::Certificate(CertificateError::Malformed(_)) => Fault::Malformed,
        Error::Certificate(_) => Fault::Certificate,
        Error::TransparencyLog(_) => Fault::Log,
        Error::Timestamp(_) => Fault::Timestamp,
        _ => Fault::Malformed,
    };
    VerifyError::new(fault, visible(&error.to_string(), 400))
}
