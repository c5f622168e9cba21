//! Keeps trusted roots up to date by TUF: refreshed from a mirror, kept in one file for each
//! instance, and verified again from the instance's first root whenever they are read.
//!
//! What protects the store (THREATS rows 17 and 18): the first root of a public instance is part of
//! this program, the one of a private instance is named by whoever reads it. Every signature, pin
//! and version of what the file holds is verified from there at each reading, so a file that
//! somebody else wrote changes nothing unless the instance's own keys signed it. Who can write the
//! file can put back an older state that those keys once signed; whoever can do that can as well
//! replace this program.

mod instance;
mod refresh;
mod repository;
mod store;

use std::sync::Arc;

pub use instance::Instance;
pub use refresh::{Updated, stored, update};
pub use store::store_folder;

use crate::model::{Time, TrustDomain};
use crate::observe::{Environment, now};

/// A trusted root whose TUF signatures were verified.
#[derive(Debug, Clone)]
pub struct StoredRoot {
    /// The material, for verifying.
    pub domain: TrustDomain,
    /// The instance's signing config, where it publishes one.
    pub signing_config: Option<Arc<str>>,
    /// When it was last refreshed.
    pub updated: Time,
    /// From where, without secrets.
    pub mirror: String,
    /// Versions of `root`, `timestamp`, `snapshot` and `targets`.
    pub versions: [u64; 4],
    /// When the first of their metadata expires.
    pub expires: Time,
    /// Whether that is over: nobody vouches any more that this is the newest.
    pub expired: bool,
}

/// Why there is no trusted root.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TrustRootError {
    /// The class.
    pub fault: TrustRootFault,
    /// What is wrong, where; safe to show.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

/// Classes of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrustRootFault {
    /// No whole answer of the mirror.
    Unreachable,
    /// The mirror's metadata is over: frozen, or not maintained any more.
    Expired,
    /// The mirror has older metadata than was seen before.
    Rollback,
    /// Signatures, pins, names or formats are wrong.
    Invalid,
    /// The store cannot be read or written, or its content is not what the instance signed.
    Store,
}

/// The public-good instance's root as it was last refreshed on this machine; nothing where it never
/// was. What is expired is still given, and says so: it is newer than what this program carries.
///
/// # Errors
/// [`TrustRootError`] for a store that cannot be read, and one whose content does not verify.
pub fn trusted_root_of_store(
    environment: &Environment,
) -> Result<Option<StoredRoot>, TrustRootError> {
    stored(environment, &Instance::public_good(), now())
}
