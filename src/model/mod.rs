//! The nouns of Lockstep: plain data without IO, clock or signatures.

mod artifact;
mod as_text;
mod canonical;
mod digest;
mod endpoint;
mod entry;
mod evidence;
mod finding;
mod name;
mod observation;
mod policy;
mod replayed;
pub mod settings;
mod statement;
mod text;
mod time;
mod trust;
mod verdict;
pub mod version;
mod wanted;

pub use artifact::{ArtifactDigest, ArtifactDigestError, Attestations};
pub(crate) use as_text::as_text;
pub use canonical::canonical_json;
pub use digest::{Commit, Digest, DigestError};
pub use endpoint::RedactedUrl;
pub use entry::{Entry, FileFact, Listing, ProjectFact};
pub use evidence::{EVIDENCE_BYTES, EVIDENCE_SCHEMA, Evidence, EvidenceError};
pub use finding::{Code, Disposition, Finding, Level, Severity};
pub use name::{Name, NameError};
pub use observation::{
    Answer, Coverage, Facts, Failure, FailureKind, Observation, ObservationDraft, Query,
};
pub use policy::{
    AgreeOn, Agreement, Anchor, Channel, Commitment, Component, Content, Environment, Line, Mode,
    Policy, Provenance, ProvenanceKind, ReleaseHours, Traits, Unreachable, Waiver,
};
pub use replayed::{JudgedCase, Mark, ReplayRow, ReplayTotals, SignalCount, replay_totals};
pub use statement::{
    STATEMENT_BYTES, STATEMENT_PAYLOAD_TYPE, STATEMENT_SUBJECTS, Statement, StatementError,
    StatementVersion, Subject,
};
pub use text::{visible, visible_line};
pub use time::{Duration, Time, TimeError};
pub use trust::{Leniency, TrustDomain, TrustMaterial};
pub use verdict::{Cell, CellState, EndpointAsked, Outcome, VERDICT_SCHEMA, Verdict};
pub use wanted::{Wanted, WantedAttestations};
