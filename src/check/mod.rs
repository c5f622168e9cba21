//! Ask, verify, decide: one pipeline, whether the channels are asked or evidence is replayed.

mod evidence_file;
mod gather;
mod guess;
mod judge;
mod local;
pub mod replay;
mod targets;

pub use evidence_file::{EvidenceFileError, read_evidence, write_evidence};
pub use gather::{Gathering, gather};
pub use guess::guess;
pub use judge::{JudgeError, Judged, judge};
pub use local::{Local, LocalRelease, in_checkout};
pub use targets::{Target, TargetError, load_targets};
