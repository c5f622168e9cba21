//! Signs what is said about artifacts: statements in, Sigstore bundles out.

pub mod deliver;
pub mod keyless;
mod sign;
mod vsa;

pub use sign::{Sign, SignError, SignedBundle, Signing};
pub use vsa::{SUMMARY_PREDICATE, Summarised};
