//! Signs what is said about artifacts: statements in, Sigstore bundles out.

pub mod deliver;
pub mod ci;
pub mod deliver;
pub mod key;
pub mod keyless;
mod local;
mod mark;
mod sign;
mod vsa;
mod statement;
pub mod subject;

pub use local::{LocalKey, Witness, Witnessed, Witnessing};
pub use mark::Mark;
pub use sign::{Sign, SignError, SignedBundle, Signing};
pub use vsa::{SUMMARY_PREDICATE, Summarised};
pub use statement::{PYPI_PUBLISH, Predicate, SLSA_PROVENANCE, predicate_type, statement};
