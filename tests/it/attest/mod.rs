//! Attesting: what statements say, who signs them, and what is said where nobody can.

mod keyless;
mod keyless_services;
