//! The decide room, from a policy and evidence to a verdict.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what the tests put together is known"
)]

mod codes;
mod last_known_good;
mod rules;
mod waivers;
mod world;
