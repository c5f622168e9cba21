//! Ask, verify, decide: one pipeline, whether the channels are asked or evidence is replayed.

mod asking;
mod attached;
mod discover;
mod doctor;
mod evidence_file;
mod gather;
mod guess;
mod judge;
mod local;
mod policy_file;
pub mod replay;
mod targets;
mod trust;
mod waive;

pub use attached::attachments;
pub use discover::{Beginning, DiscoverError, guessed_policy, guessed_target};
pub use doctor::examine;
pub use evidence_file::{EvidenceFileError, EvidenceWriter, read_evidence};
pub use gather::{GatherError, Gathered, Gathering, gather};
pub use guess::guess;
pub use judge::{JudgeError, Judged, judge};
pub use local::{Local, LocalRelease, in_checkout};
pub use policy_file::{ReplaceError, replace_policy};
pub use targets::{Target, TargetError, load_targets};
pub use trust::{
    Refreshed, RootInUse, ShownAuthority, ShownTrust, describe_stored, roots_in_use, show_trust,
    trust_roots, update_trust,
};
pub use waive::{WaiveError, Waived, WaiverRequest, waive, waive_unchecked};
