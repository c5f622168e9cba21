//! The key that `--key` names: one that lies in a file, or one that a key service keeps.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

#[cfg(feature = "kms")]
use crate::attest::RemoteKey;
use crate::attest::key::{KEY_BYTES, KeyError, PrivateKey};
use crate::attest::{LocalKey, Sign, Witness};
use crate::cli::ambient::Ambient;
use crate::cli::exit::Failure;
use crate::cli::password;
#[cfg(feature = "kms")]
use crate::observe::kms::{ServiceKey, ServiceKeyAddress};

use super::asking::Asking;
use super::shown;

/// A key to sign with.
pub(super) enum HeldKey {
    Local(PrivateKey),
    #[cfg(feature = "kms")]
    Service(Box<ServiceKey>),
}

impl HeldKey {
    /// Reads a file, or asks a service for the public key.
    pub(super) fn of(path: &Path, ambient: &Ambient, asking: &Asking) -> Result<Self, Failure> {
        let name = path.to_str().unwrap_or_default();
        if name.starts_with("awskms:") {
            return of_service(name, ambient, asking);
        }
        read_key(path, ambient).map(Self::Local)
    }

    /// The public key as PEM.
    pub(super) fn public_pem(&self) -> Result<String, Failure> {
        let pem = match self {
            Self::Local(key) => key.public_pem(),
            #[cfg(feature = "kms")]
            Self::Service(key) => RemoteKey::public_pem(key),
        };
        pem.map_err(unfit)
    }

    /// What signs with it.
    pub(super) fn signing(self, witness: Option<Arc<dyn Witness>>) -> Box<dyn Sign> {
        match self {
            Self::Local(key) => Box::new(LocalKey::new(key, witness)),
            #[cfg(feature = "kms")]
            Self::Service(key) => Box::new(RemoteKey::new(*key, witness)),
        }
    }
}

fn unfit(error: KeyError) -> Failure {
    Failure::new(error.message, error.hint)
}

#[cfg(not(feature = "kms"))]
fn of_service(_: &str, _: &Ambient, _: &Asking) -> Result<HeldKey, Failure> {
    Err(Failure::new(
        "awskms: this program was built without keys of AWS KMS",
        "build it with `cargo install lockstep-gate --features kms`",
    ))
}

#[cfg(feature = "kms")]
fn of_service(name: &str, ambient: &Ambient, asking: &Asking) -> Result<HeldKey, Failure> {
    let shown = crate::model::visible(name, 300);
    let address = ServiceKeyAddress::read(name, &ambient.environment);
    let address = address.map_err(|(why, hint)| Failure::new(format!("{shown} {why}"), hint))?;
    let client = asking.client("the key is in AWS KMS", "sign with a key in a file")?;
    let opened = asking.runtime.block_on(ServiceKey::open(client, &address));
    let key = opened.map_err(|why| {
        let unanswered = !why.failure.kind.is_refusal();
        Failure::asked(format!("{shown}: {why}"), None, unanswered)
    })?;
    Ok(HeldKey::Service(Box::new(key)))
}

/// The private key of a file.
fn read_key(path: &Path, ambient: &Ambient) -> Result<PrivateKey, Failure> {
    let shown = shown(path);
    let unreadable = |error: std::io::Error| {
        let message = format!("{shown}: cannot be read: {error}");
        Failure::new(message, "name the file of a private key")
    };
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let mut bytes = pkcs8::der::zeroize::Zeroizing::new(Vec::new());
    file.take(KEY_BYTES as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    PrivateKey::of_pem(&bytes, || password::to_open(&shown, ambient))
        .map_err(|error| Failure::new(format!("{shown}: {}", error.message), error.hint))
}
