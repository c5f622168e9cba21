//! The decide room, from a policy and evidence to a verdict.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what the tests put together is known"
)]

mod attacks;
mod attesting;
mod codes;
mod drawn;
mod drawn_answers;
mod drawn_policy;
mod faults;
mod first_seen;
mod granted;
mod guessed;
mod images;
mod last_known_good;
mod less_attested;
mod less_evidence;
mod many;
mod older_rounds;
mod repeatable;
mod rules;
mod waivers;
mod what_stops;
mod which;
mod world;
