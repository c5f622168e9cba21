//! The nouns of Lockstep: plain data without IO, clock or signatures.

mod canonical;
mod digest;
mod name;
mod text;
mod time;
pub mod version;

pub use canonical::canonical_json;
pub use digest::{Commit, Digest, DigestError};
pub use name::{Name, NameError};
pub use text::{visible, visible_line};
pub use time::{Duration, Time, TimeError};
