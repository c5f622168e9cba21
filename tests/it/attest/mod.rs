//! Signing: what `attest` makes, and what it says where it cannot.

mod keyless;
mod keyless_authority;
mod keyless_services;
