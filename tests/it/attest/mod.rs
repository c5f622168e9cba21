//! Attesting: what statements say, who signs them, and what is said where nobody can.

mod ci;
pub(crate) mod identity_provider;
mod keyless;
pub(crate) mod keyless_authority;
mod keyless_services;
