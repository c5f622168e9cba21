//! The decide room, from a policy and evidence to a verdict.

mod interim_policy;
mod rules;
mod world;
