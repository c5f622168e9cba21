//! The decide room, from a policy and evidence to a verdict.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what the tests put together is known"
)]

mod interim_policy;
mod rules;
mod what_stops;
mod world;
