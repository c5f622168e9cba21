//! Takes bundles to where verifiers look for them.

mod delivered;
mod github_store;
mod referrer;

pub use delivered::{DeliverError, Delivered};
pub use github_store::GithubStore;
pub use referrer::Referrer;
//! Where signed bundles go.

mod file;
mod pep740;

pub use file::{Written, write_bundle};
pub use pep740::pep740;
