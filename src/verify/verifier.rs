//! Verifies a bundle under one trust domain, held to the strict profile.

use jiff::Timestamp;
use sigstore_types::{
    DerPublicKey, HashAlgorithm, KindVersion, SignatureContent, TransparencyLogEntry,
};
use sigstore_verify::crypto::{KeyAlgorithm, verify_signature};
use sigstore_verify::{
    Policy, PublicKeyVerificationPolicy, VerificationPolicy, VerificationResult,
};

use super::batch::on_all_cores;
use super::certificate_timestamp::CertificateLogs;
use super::logs::Logs;
use super::material::Material;
use super::verified::DomainId;
use super::{
    CertificateClaims, Fault, Signer, TrustError, UnverifiedBundle, Verified, VerifiedArtifact,
    VerifiedSignature, VerifiedStatement, VerifyError, failure, strict,
};
use crate::model::{ArtifactDigest, Digest, Leniency, Statement, Time, TrustDomain, visible};

/// Verifies bundles under one trust domain; built once, shared by threads.
pub struct Verifier {
    verifier: sigstore_verify::Verifier,
    logs: Logs,
    certificate_logs: CertificateLogs,
    key: Option<DerPublicKey>,
    label: String,
    leniency: Leniency,
    domain: DomainId,
}

impl Verifier {
    /// Prepares the keys and certificates of a domain.
    ///
    /// # Errors
    /// [`TrustError`] for material that is malformed, contradictory or empty.
    pub fn new(domain: &TrustDomain) -> Result<Self, TrustError> {
        let material = Material::read(domain)?;
        Ok(Self {
            logs: Logs::of(&material.root),
            certificate_logs: CertificateLogs::of(&material.root),
            verifier: material.verifier,
            key: material.key,
            label: visible(&domain.label, 100),
            leniency: domain.leniency,
            domain: DomainId::of(domain),
        })
    }

    /// Verifies that a bundle is a signature of this domain over the artifact, or over a statement
    /// about it, made at or before `now`.
    ///
    /// The verdict depends on `now` alone, with one exception: `sigstore-verify` also refuses times
    /// and keys that lie after this machine's clock. A clock that is late can thus refuse what is
    /// sound; no clock makes it accept what is not sound at `now`.
    ///
    /// # Errors
    /// [`VerifyError`] with the first reason met.
    pub fn verify(
        &self,
        bundle: &UnverifiedBundle,
        artifact: &ArtifactDigest,
        now: Time,
    ) -> Result<Verified, VerifyError> {
        let statement = bundle.unverified_statement()?;
        self.verify_with(bundle, statement, artifact, now)
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
        let artifact_itself = || unfit("it signs an artifact, not a statement about one");
        let statement = bundle.unverified_statement()?.ok_or_else(artifact_itself)?;
        let mut subjects = statement.subject.iter();
        let artifact = subjects.find_map(|subject| subject.artifact());
        let artifact = artifact.ok_or_else(|| unfit("no subject has a SHA-256 or SHA-512"))?;
        match self.verify_with(bundle, Some(statement), &artifact, now)? {
            Verified::Statement(statement) => Ok(statement),
            Verified::Artifact(_) => Err(artifact_itself()),
        }
    }

    /// [`Self::verify_statement`] for each of many bundles, in their order, on all cores.
    pub fn verify_statements(
        &self,
        bundles: &[UnverifiedBundle],
        now: Time,
    ) -> Vec<Result<VerifiedStatement, VerifyError>> {
        on_all_cores(bundles, |bundle| self.verify_statement(bundle, now))
    }

    fn verify_with(
        &self,
        bundle: &UnverifiedBundle,
        statement: Option<Statement>,
        artifact: &ArtifactDigest,
        now: Time,
    ) -> Result<Verified, VerifyError> {
        if let Some(error) = failure::other_signer(bundle, self.key.is_some(), &self.label) {
            return Err(error);
        }
        strict::before(bundle, &self.logs, &self.label, self.leniency, now)?;
        if let Some(statement) = &statement
            && statement.subjects_with(artifact).next().is_none()
        {
            return Err(failure::other_subject(statement, artifact));
        }
        let (signer, times) = match (&self.key, bare(bundle)) {
            (Some(key), true) => (key_signer(key), self.by_key_alone(bundle, key)?),
            _ => {
                let result = self.by_crate(bundle, artifact)?;
                (self.signer(&result)?, moments(&result)?)
            }
        };
        strict::after(bundle, &self.logs, &times, now)?;
        let signature = VerifiedSignature {
            signer,
            times,
            log_entries: bundle.bundle.verification_material.tlog_entries.len(),
            leniency: self.leniency,
            domain: self.domain.clone(),
            bundle: bundle.digest,
        };
        // The statement was read from the very payload bytes whose signature was verified: both
        // are the one decoded `payload` of the bundle that is borrowed here.
        Ok(match statement {
            Some(statement) => Verified::Statement(VerifiedStatement::new(statement, signature)),
            None => Verified::Artifact(VerifiedArtifact::new(*artifact, signature)),
        })
    }

    fn by_crate(
        &self,
        bundle: &UnverifiedBundle,
        artifact: &ArtifactDigest,
    ) -> Result<VerificationResult, VerifyError> {
        // What a bundle has must verify, whatever the domain could do without: logs are left out
        // only where no entry is there, and where they are verified here.
        let material = &bundle.bundle.verification_material;
        let entries = &material.tlog_entries;
        let no_log = entries.is_empty();
        let here = self.key.is_none() && !no_log && entries.iter().all(promise_gives_time);
        // Likewise the timestamp of the certificate: verified here, the crate need not.
        let vouched = self.leniency.unsafe_no_sct
            || self.key.is_some()
            || self.certificate_logs.vouch_for(&material.content);
        let policy: Box<dyn Policy> = match &self.key {
            Some(key) => {
                let policy = PublicKeyVerificationPolicy::new(key.clone());
                Box::new(match no_log {
                    true => policy.skip_tlog_unsafe(),
                    false => policy,
                })
            }
            None => {
                let mut policy = VerificationPolicy::any_identity();
                if no_log || here {
                    policy = policy.skip_tlog_unsafe();
                }
                if vouched {
                    policy = policy.skip_sct();
                }
                Box::new(policy)
            }
        };
        let result = self
            .verifier
            .verify(wanted(artifact)?, &bundle.bundle, policy.as_ref())
            .map_err(|error| failure::told(&error, &self.label))?;
        if here {
            entries
                .iter()
                .try_for_each(|entry| self.logs.included(entry))?;
        }
        let proved = (result.tlog_verified() || no_log || here)
            && (self.key.is_some() || result.certificate_verified())
            && (vouched || result.sct_verified());
        match proved {
            true => Ok(result),
            false => Err(VerifyError::new(
                Fault::Malformed,
                "the verifier left a demanded check out",
            )),
        }
    }

    /// A statement signed by a key, with neither log nor timestamp: `sigstore-verify` has no answer
    /// to it, and nothing but the signature is there to be verified.
    fn by_key_alone(
        &self,
        bundle: &UnverifiedBundle,
        key: &DerPublicKey,
    ) -> Result<Vec<Time>, VerifyError> {
        let SignatureContent::DsseEnvelope(envelope) = &bundle.bundle.content else {
            let message = "a signature over an artifact without log entry or timestamp";
            return Err(VerifyError::new(Fault::Unsupported, message)
                .hint("sign a statement about it: `lockstep attest`"));
        };
        let unfit = |why: String| VerifyError::new(Fault::Unsupported, visible(&why, 300));
        let algorithm = KeyAlgorithm::from_spki(key).map_err(|why| unfit(why.to_string()))?;
        let scheme = algorithm.default_signing_scheme();
        verify_signature(key, &envelope.pae(), &envelope.signature.sig, scheme)
            .map(|()| Vec::new())
            .map_err(|why| {
                let message = format!("the signature is not of the key `{}`: {why}", self.label);
                VerifyError::new(Fault::Signature, visible(&message, 300))
            })
    }

    fn signer(&self, result: &VerificationResult) -> Result<Signer, VerifyError> {
        if let Some(key) = &self.key {
            return Ok(key_signer(key));
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

/// Whether `sigstore-verify` takes the time of signing from the promise of this entry. It then
/// verifies the promise before anything else and, asked to verify logs, a second time with the
/// inclusion proof; the proof alone is the cheaper to verify here. What else it does for such an
/// entry it does in any case: the time is held against the clock, the certificate and the validity
/// of the log's key, and the body against the bundle.
fn promise_gives_time(entry: &TransparencyLogEntry) -> bool {
    matches!(
        entry.kind_version,
        KindVersion::HashedRekordV001 | KindVersion::DsseV001 | KindVersion::IntotoV002
    ) && entry.inclusion_promise.is_some()
        && entry.integrated_time.is_some()
        && entry.inclusion_proof.is_some()
}

fn key_signer(key: &DerPublicKey) -> Signer {
    Signer::Key {
        fingerprint: Digest::of(key.as_bytes()),
    }
}

/// Whether a bundle has neither log entry nor timestamp.
fn bare(bundle: &UnverifiedBundle) -> bool {
    let material = &bundle.bundle.verification_material;
    let stamps = &material.timestamp_verification_data.rfc3161_timestamps;
    material.tlog_entries.is_empty() && stamps.is_empty()
}

fn wanted(artifact: &ArtifactDigest) -> Result<sigstore_types::Artifact<'static>, VerifyError> {
    let algorithm = match artifact {
        ArtifactDigest::Sha256(_) => HashAlgorithm::Sha2256,
        ArtifactDigest::Sha512(_) => HashAlgorithm::Sha2512,
    };
    let malformed = |why: String| VerifyError::new(Fault::Malformed, visible(&why, 300));
    let value = sigstore_types::DigestBytes::from_hex(&artifact.hex())
        .map_err(|why| malformed(why.to_string()))?;
    let digest = sigstore_types::ArtifactDigest::new(algorithm, value)
        .map_err(|why| malformed(why.to_string()))?;
    Ok(sigstore_types::Artifact::Digest(digest))
}

/// The times that were vouched for, earliest first.
fn moments(result: &VerificationResult) -> Result<Vec<Time>, VerifyError> {
    let moment = |time: &Timestamp| match time.as_second() {
        seconds @ 0.. => Ok(Time::from_unix_seconds(seconds)),
        _ => Err(VerifyError::new(Fault::Timestamp, "a time before 1970")),
    };
    let times: Result<Vec<Time>, _> = result.verified_timestamps().iter().map(moment).collect();
    let mut times = times?;
    times.sort_unstable();
    times.dedup();
    Ok(times)
}
