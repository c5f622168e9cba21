//! What every way of signing gives: a Sigstore bundle over the bytes of a statement.

use std::future::Future;
use std::pin::Pin;

/// A way of signing: a local key, a key service, a short-lived certificate.
pub trait Sign: Send + Sync {
    /// Signs the bytes of an in-toto Statement in a DSSE envelope, logs and timestamps as this way
    /// of signing does, and gives the bundle.
    fn sign<'a>(&'a self, statement: &'a [u8]) -> Signing<'a>;

    /// Who will have signed, for people and for telling whether this was signed before: an identity,
    /// a key's fingerprint. Known without signing.
    fn identity(&self) -> &str;
}

/// A signature to come.
pub type Signing<'a> = Pin<Box<dyn Future<Output = Result<SignedBundle, SignError>> + Send + 'a>>;

/// A Sigstore bundle, version 0.3, as JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedBundle {
    /// The bytes to keep.
    pub json: String,
}

/// Why nothing was signed. Never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SignError {
    /// What is wrong, where.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
    /// A service could not be asked, or its answer cannot be used: it may be otherwise later. A
    /// refusal is none of these.
    pub unanswered: bool,
}
