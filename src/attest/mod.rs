//! Signs what is said about artifacts: statements in, Sigstore bundles out.

pub mod ci;
pub mod deliver;
pub mod key;
pub mod keyless;
mod local;
mod mark;
#[cfg(feature = "kms")]
mod service_key;
mod sign;
mod statement;
pub mod subject;
mod vsa;

pub use local::{LocalKey, Witness, Witnessed, Witnessing};
pub use mark::Mark;
#[cfg(feature = "kms")]
pub use service_key::RemoteKey;
pub use sign::{Sign, SignError, SignedBundle, Signing};
pub use statement::{PYPI_PUBLISH, Predicate, SLSA_PROVENANCE, predicate_type, statement};
pub use vsa::{SUMMARY_PREDICATE, Summarised, resource};
