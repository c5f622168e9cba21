//! Ask, verify, decide: one pipeline, whether the channels are asked or evidence is replayed.

mod evidence_file;
pub mod replay;

pub use evidence_file::{EvidenceFileError, read_evidence, write_evidence};
