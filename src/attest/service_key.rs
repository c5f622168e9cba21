//! Signs with a key that a key service keeps.

use std::sync::Arc;

use pkcs8::der::pem::{self, LineEnding};
use sigstore_types::dsse::pae;

use super::key::{KeyError, hint};
use super::local::bundle;
use super::{Sign, SignError, SignedBundle, Signing, Witness};
use crate::model::{Digest, STATEMENT_PAYLOAD_TYPE};
use crate::observe::kms::ServiceKey;

/// A key that a service keeps, and who vouches for what it signs.
pub struct RemoteKey {
    key: ServiceKey,
    identity: String,
    witness: Option<Arc<dyn Witness>>,
}

impl RemoteKey {
    /// Signs with this key; without a witness nobody else is asked.
    pub fn new(key: ServiceKey, witness: Option<Arc<dyn Witness>>) -> Self {
        let identity = Digest::of(key.public_der()).to_string();
        Self {
            key,
            identity,
            witness,
        }
    }

    /// The public key of a key as PEM (RFC 7468), with a line end.
    ///
    /// # Errors
    /// Never in practice: any bytes can stand in PEM.
    pub fn public_pem(key: &ServiceKey) -> Result<String, KeyError> {
        pem::encode_string("PUBLIC KEY", LineEnding::LF, key.public_der()).map_err(|_| KeyError {
            message: "the public key cannot be written".to_owned(),
            hint: "report this as a bug".to_owned(),
        })
    }

    async fn signed(&self, statement: &[u8]) -> Result<SignedBundle, SignError> {
        let signature = self.key.sign(&pae(STATEMENT_PAYLOAD_TYPE, statement)).await;
        let signature = signature.map_err(|why| SignError {
            message: format!("AWS KMS did not sign: {why}"),
            hint: None,
            unanswered: !why.failure.kind.is_refusal(),
        })?;
        let public = self.key.public_der();
        bundle(
            statement,
            signature,
            public,
            &hint(public),
            self.witness.as_deref(),
        )
        .await
    }
}

impl Sign for RemoteKey {
    fn sign<'a>(&'a self, statement: &'a [u8]) -> Signing<'a> {
        Box::pin(self.signed(statement))
    }

    fn identity(&self) -> &str {
        &self.identity
    }
}
