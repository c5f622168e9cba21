//! Where signed bundles go.

mod file;
mod pep740;

pub use file::{Written, write_bundle};
pub use pep740::pep740;
