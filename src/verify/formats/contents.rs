//! What a bundle claims, to be shown to people: nothing here is verified.

use serde::Serialize;
use sigstore_types::bundle::VerificationMaterialContent;
use sigstore_verify::crypto::parse_certificate_info;

use super::UnverifiedDocument;
use crate::model::{Digest, Statement, Time};
use crate::verify::{Build, CertificateClaims, Signer};

/// What a bundle claims. Whoever wrote the bundle wrote this.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct UnverifiedContents {
    /// What it was before it was read as a bundle.
    pub format: &'static str,
    /// SHA-256 of the bundle.
    pub bundle: Digest,
    /// The version that it claims to have.
    pub media_type: &'static str,
    /// The certificate, or the hint of a key.
    pub signer: UnverifiedSigner,
    /// Log entries.
    pub log_entries: Vec<UnverifiedLogEntry>,
    /// SHA-256 of each RFC 3161 timestamp token.
    pub timestamps: Vec<Digest>,
    /// The statement, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statement: Option<Statement>,
    /// Why the payload is no statement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statement_error: Option<String>,
    /// What it says of a build.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub build: Option<Build>,
    /// Why that cannot be said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub build_error: Option<String>,
}

/// Who claims to have signed.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnverifiedSigner {
    /// A certificate.
    #[serde(rename_all = "kebab-case")]
    Certificate {
        /// Its claims, where it names a holder and an issuer.
        claims: Option<Box<CertificateClaims>>,
        /// Not valid before.
        not_before: Time,
        /// Not valid after.
        not_after: Time,
    },
    /// A key, by its hint.
    #[serde(rename_all = "kebab-case")]
    Key {
        /// The hint.
        hint: String,
    },
    /// Something that cannot be read.
    Unreadable(String),
}

/// A log entry as the bundle has it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct UnverifiedLogEntry {
    /// The log's key id in base64.
    pub log: String,
    /// Position in the log.
    pub index: u64,
    /// Kind and version.
    pub kind: String,
    /// When the log claims to have taken it.
    pub integrated: Option<Time>,
    /// Whether there is an inclusion promise.
    pub promise: bool,
    /// Whether there is an inclusion proof.
    pub proof: bool,
    /// Whether there is a checkpoint.
    pub checkpoint: bool,
}

impl UnverifiedDocument {
    /// What it claims.
    pub fn contents(&self) -> UnverifiedContents {
        let bundle = &self.bundle.bundle;
        let material = &bundle.verification_material;
        let signer = match &material.content {
            VerificationMaterialContent::PublicKey(key) => UnverifiedSigner::Key {
                hint: key.hint.clone(),
            },
            _ => self.certificate(),
        };
        let (statement, statement_error) = match self.bundle.unverified_statement() {
            Ok(statement) => (statement, None),
            Err(error) => (None, Some(error.message)),
        };
        let (build, build_error) = match &signer {
            UnverifiedSigner::Certificate {
                claims: Some(claims),
                ..
            } => {
                let signer = Signer::Certificate(claims.clone());
                match Build::of_unverified(statement.as_ref(), &signer) {
                    Ok(build) => (Some(build), None),
                    Err(error) => (None, Some(error.message)),
                }
            }
            UnverifiedSigner::Key { hint } if statement.is_some() => {
                // Of a key only the hint is here, which names none.
                let fingerprint = Digest::of(hint.as_bytes());
                let signer = Signer::Key { fingerprint };
                match Build::of_unverified(statement.as_ref(), &signer) {
                    Ok(build) => (Some(build), None),
                    Err(error) => (None, Some(error.message)),
                }
            }
            _ => (None, None),
        };
        let stamps = &material.timestamp_verification_data.rfc3161_timestamps;
        UnverifiedContents {
            format: self.format,
            bundle: self.bundle.digest,
            media_type: bundle.media_type.as_str(),
            signer,
            log_entries: self.log_entries(),
            timestamps: stamps
                .iter()
                .map(|it| Digest::of(it.signed_timestamp.as_bytes()))
                .collect(),
            statement,
            statement_error,
            build,
            build_error,
        }
    }

    fn certificate(&self) -> UnverifiedSigner {
        let Some(der) = self.bundle.bundle.signing_certificate() else {
            return UnverifiedSigner::Unreadable("there is no certificate".to_owned());
        };
        match parse_certificate_info(der) {
            Ok(info) => UnverifiedSigner::Certificate {
                claims: CertificateClaims::read(&info).map(Box::new),
                not_before: Time::from_unix_seconds(info.not_before.as_second()),
                not_after: Time::from_unix_seconds(info.not_after.as_second()),
            },
            Err(error) => {
                UnverifiedSigner::Unreadable(crate::model::visible_line(&error.to_string()))
            }
        }
    }

    fn log_entries(&self) -> Vec<UnverifiedLogEntry> {
        let entries = &self.bundle.bundle.verification_material.tlog_entries;
        entries
            .iter()
            .map(|entry| UnverifiedLogEntry {
                log: entry.log_id.key_id.to_base64(),
                index: entry.log_index.get(),
                kind: format!(
                    "{} {}",
                    entry.kind_version.kind(),
                    entry.kind_version.version()
                ),
                integrated: entry
                    .integrated_time
                    .map(|it| Time::from_unix_seconds(it.as_second())),
                promise: entry.inclusion_promise.is_some(),
                proof: entry.inclusion_proof.is_some(),
                checkpoint: entry
                    .inclusion_proof
                    .as_ref()
                    .is_some_and(|it| !it.checkpoint.is_empty()),
            })
            .collect()
    }
}
