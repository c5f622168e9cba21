//! Takes bundles to where verifiers look for them.

mod delivered;
mod envelope;
mod file;
mod github_store;
mod pep740;
mod referrer;

pub use delivered::{DeliverError, Delivered};
pub use envelope::envelope;
pub(crate) use file::write_whole;
pub use file::{Written, look_at_place, write_bundle};
pub use github_store::GithubStore;
pub use pep740::pep740;
pub use referrer::Referrer;
