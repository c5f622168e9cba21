//! The decide room, from a policy and evidence to a verdict.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what the tests put together is known"
)]

mod drawn;
mod drawn_answers;
mod drawn_policy;
mod granted;
mod interim_policy;
mod less_evidence;
mod older_rounds;
mod repeatable;
mod rules;
mod world;
