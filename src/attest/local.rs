//! Signs with a key that lies here.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use sigstore_types::bundle::{
    PublicKeyIdentifier, TimestampVerificationData, TransparencyLogEntry, VerificationMaterial,
    VerificationMaterialContent,
};
use sigstore_types::dsse::{DsseEnvelope, DsseSignature, pae};
use sigstore_types::{Bundle, KeyId, MediaType, PayloadBytes, SignatureBytes, SignatureContent};

use super::key::PrivateKey;
use super::{Sign, SignError, SignedBundle, Signing};
use crate::model::STATEMENT_PAYLOAD_TYPE;

/// Has others vouch for an envelope that a key signed: logs, timestamp authorities.
pub trait Witness: Send + Sync {
    /// Gives the envelope to them, and the public key in DER that verifies it.
    fn witness<'a>(&'a self, envelope: &'a DsseEnvelope, public: &'a [u8]) -> Witnessing<'a>;
}

/// What witnesses say.
#[derive(Debug, Clone, Default)]
pub struct Witnessed {
    /// Entries of transparency logs.
    pub log_entries: Vec<TransparencyLogEntry>,
    /// Timestamps (RFC 3161).
    pub timestamps: TimestampVerificationData,
}

/// What witnesses will say.
pub type Witnessing<'a> = Pin<Box<dyn Future<Output = Result<Witnessed, SignError>> + Send + 'a>>;

/// A key that lies here, and who vouches for what it signs.
pub struct LocalKey {
    key: PrivateKey,
    identity: String,
    witness: Option<Arc<dyn Witness>>,
}

impl LocalKey {
    /// Signs with this key. Without a witness nothing is asked of anybody, and who verifies must
    /// accept a signature that no log holds.
    pub fn new(key: PrivateKey, witness: Option<Arc<dyn Witness>>) -> Self {
        let identity = key.fingerprint().to_string();
        Self {
            key,
            identity,
            witness,
        }
    }

    /// The key.
    pub fn key(&self) -> &PrivateKey {
        &self.key
    }

    async fn signed(&self, statement: &[u8]) -> Result<SignedBundle, SignError> {
        let signature = self
            .key
            .sign(&pae(STATEMENT_PAYLOAD_TYPE, statement))
            .map_err(|error| SignError {
                unanswered: false,
                message: error.message,
                hint: Some(error.hint),
            })?;
        let public = self.key.public_der();
        bundle(
            statement,
            signature,
            public,
            &self.key.hint(),
            self.witness.as_deref(),
        )
        .await
    }
}

/// The bundle of a statement that a key has signed and others vouch for.
pub(super) async fn bundle(
    statement: &[u8],
    signature: Vec<u8>,
    public: &[u8],
    hint: &str,
    witness: Option<&dyn Witness>,
) -> Result<SignedBundle, SignError> {
    let signature = DsseSignature::new(SignatureBytes::new(signature), KeyId::new(""));
    let payload = PayloadBytes::from_bytes(statement);
    let envelope = DsseEnvelope::new(STATEMENT_PAYLOAD_TYPE, payload, signature);
    let witnessed = match witness {
        Some(witness) => witness.witness(&envelope, public).await?,
        None => Witnessed::default(),
    };
    let key = PublicKeyIdentifier::new(hint);
    let material = VerificationMaterial::new(VerificationMaterialContent::PublicKey(key))
        .with_tlog_entries(witnessed.log_entries)
        .with_timestamp_verification_data(witnessed.timestamps);
    let content = SignatureContent::DsseEnvelope(envelope);
    let bundle = Bundle::new(MediaType::Bundle0_3, material, content);
    let json = bundle.to_json().map_err(|error| SignError {
        unanswered: false,
        message: format!("the bundle cannot be written: {error}"),
        hint: None,
    })?;
    Ok(SignedBundle { json })
}

impl Sign for LocalKey {
    fn sign<'a>(&'a self, statement: &'a [u8]) -> Signing<'a> {
        Box::pin(self.signed(statement))
    }

    fn identity(&self) -> &str {
        &self.identity
    }
}
