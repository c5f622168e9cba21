//! Signs what is said about artifacts: statements in, Sigstore bundles out.

pub mod deliver;
pub mod keyless;
mod sign;

pub use sign::{Sign, SignError, SignedBundle, Signing};
