//! Ask, verify, decide: one pipeline, whether the channels are asked or evidence is replayed.

mod evidence_file;
mod gather;
mod judge;
pub mod replay;
mod targets;

pub use evidence_file::{EvidenceFileError, EvidenceWriter, read_evidence};
pub use gather::{GatherError, Gathered, Gathering, gather};
pub use judge::{JudgeError, Judged, judge};
pub use targets::{Target, TargetError, load_targets};
