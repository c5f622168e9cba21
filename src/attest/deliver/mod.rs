//! Takes bundles to where verifiers look for them.

mod delivered;
mod github_store;
mod referrer;

pub use delivered::{DeliverError, Delivered};
pub use github_store::GithubStore;
pub use referrer::Referrer;
