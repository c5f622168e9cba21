//! Ask, verify, decide: one pipeline, whether the channels are asked or evidence is replayed.

mod asking;
mod discover;
mod doctor;
mod evidence_file;
mod gather;
mod judge;
pub mod replay;
mod targets;

pub use discover::{Beginning, DiscoverError, guessed_policy, guessed_target};
pub use doctor::examine;
pub use evidence_file::{EvidenceFileError, read_evidence, write_evidence};
pub use gather::{Gathering, gather};
pub use judge::{JudgeError, Judged, judge};
pub use targets::{Target, TargetError, load_targets};
