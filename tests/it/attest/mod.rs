//! Attesting: what statements say, who signs them, and what is said where nobody can.

mod ci;
mod keyless;
mod keyless_authority;
mod keyless_services;
