//! A bundle as it was found: parsed within caps, nothing of it verified.

use sigstore_types::{Bundle, SignatureContent};

use super::json::{self, Caps};
use super::shape::{self, Version};
use super::{Fault, VerifyError, formats};
use crate::model::{Digest, STATEMENT_PAYLOAD_TYPE, Statement, visible};

/// The most bytes that one bundle may have.
pub const BUNDLE_BYTES: usize = 16 * 1024 * 1024;

/// A bundle nests 7 deep, and one that is at every cap has fewer than 2,000 values.
const BUNDLE: Caps = Caps {
    depth: 16,
    values: 20_000,
};

/// A predicate nests as deep as its author likes; `serde_json` itself stops at 128.
const STATEMENT: Caps = Caps {
    depth: 100,
    values: 2_000_000,
};

/// A bundle of a known format, parsed, unverified.
#[derive(Debug, Clone)]
pub struct UnverifiedBundle {
    pub(super) bundle: Bundle,
    pub(super) version: Version,
    pub(super) digest: Digest,
}

impl UnverifiedBundle {
    /// Reads one document in any format that [`super::read_all`] knows.
    ///
    /// # Errors
    /// [`Fault::TooLarge`], [`Fault::Malformed`] or [`Fault::Unsupported`].
    pub fn read(bytes: &[u8]) -> Result<Self, VerifyError> {
        if formats::is_sigstore_bundle(bytes) {
            return Self::read_sigstore(bytes);
        }
        capped(bytes)?;
        json::shape("the bundle", bytes, BUNDLE)?;
        formats::read_one(bytes)
    }

    /// Reads one Sigstore bundle: what has any other member is none.
    pub(super) fn read_sigstore(bytes: &[u8]) -> Result<Self, VerifyError> {
        capped(bytes)?;
        let version = shape::check(&json::shape("the bundle", bytes, BUNDLE)?)?;
        let malformed = |text: String| VerifyError::new(Fault::Malformed, visible(&text, 300));
        let text = std::str::from_utf8(bytes).map_err(|error| malformed(error.to_string()))?;
        let bundle = Bundle::from_json(text).map_err(|error| malformed(error.to_string()))?;
        if let SignatureContent::DsseEnvelope(envelope) = &bundle.content
            && envelope.payload_type == STATEMENT_PAYLOAD_TYPE
        {
            json::shape("the statement", envelope.payload.as_bytes(), STATEMENT)?;
        }
        Ok(Self {
            bundle,
            version,
            digest: Digest::of(bytes),
        })
    }

    /// SHA-256 of the bytes that it was read from.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Whether it says that a key signed it, and not the holder of a certificate.
    pub fn is_signed_with_key(&self) -> bool {
        matches!(
            self.bundle.verification_material.content,
            sigstore_types::bundle::VerificationMaterialContent::PublicKey(_)
        )
    }

    /// The statement that it claims to sign; nothing where it signs an artifact itself.
    ///
    /// # Errors
    /// [`Fault::Statement`] for a payload of another type or one that is no Statement.
    pub fn unverified_statement(&self) -> Result<Option<Statement>, VerifyError> {
        let SignatureContent::DsseEnvelope(envelope) = &self.bundle.content else {
            return Ok(None);
        };
        if envelope.payload_type != STATEMENT_PAYLOAD_TYPE {
            let other = visible(&envelope.payload_type, 100);
            let message = format!("the envelope holds `{other}`, not `{STATEMENT_PAYLOAD_TYPE}`");
            return Err(VerifyError::new(Fault::Statement, message));
        }
        Statement::read(envelope.payload.as_bytes())
            .map(Some)
            .map_err(|error| VerifyError::new(Fault::Statement, error.to_string()))
    }
}

/// What log entries, certificate and timestamps of a bundle take beside its statement, generously.
const BESIDE_STATEMENT: usize = 256 * 1024;

/// Whether a bundle that holds these bytes as its statement could be read here: what nobody reads is
/// better not signed, for a log keeps it forever.
///
/// # Errors
/// [`Fault::TooLarge`] and [`Fault::Malformed`], as reading the bundle would give them.
pub fn check_statement(bytes: &[u8]) -> Result<(), VerifyError> {
    const MOST: usize = (BUNDLE_BYTES - BESIDE_STATEMENT) / 4 * 3;
    if bytes.len() > MOST {
        let message = format!("the statement: more than {MOST} bytes, which no bundle holds");
        return Err(VerifyError::new(Fault::TooLarge, message));
    }
    json::shape("the statement", bytes, STATEMENT).map(|_| ())
}

fn capped(bytes: &[u8]) -> Result<(), VerifyError> {
    match bytes.len() > BUNDLE_BYTES {
        true => {
            let message = format!("a bundle of more than {BUNDLE_BYTES} bytes");
            Err(VerifyError::new(Fault::TooLarge, message))
        }
        false => Ok(()),
    }
}
