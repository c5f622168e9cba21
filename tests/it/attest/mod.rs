//! Attesting: what statements say, who signs them, and what is said where nobody can.

mod ci;
mod ci_captured;
pub(crate) mod identity_provider;
mod keyless;
pub(crate) mod keyless_authority;
mod keyless_services;
