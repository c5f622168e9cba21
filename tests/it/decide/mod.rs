//! The decide room, from a policy and evidence to a verdict.

mod codes;
mod interim_policy;
mod rules;
mod world;
