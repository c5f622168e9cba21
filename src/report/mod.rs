//! Shows verdicts and replays: to people in 80 columns, to programs in the formats that they read.
//! Judges nothing.

mod csv;
mod examined;
mod findings;
mod github;
mod human;
mod inspected;
mod json;
mod junit;
mod markdown;
mod matrix;
mod paper;
mod replayed;
mod reported;
mod sarif;
mod verified;

pub use csv::{head as csv_head, rows as csv_rows};
pub use examined::{human as human_examinations, json as json_examinations};
pub use github::{annotations as github_annotations, inert};
pub use human::{Outcomes, outcomes as human_outcomes, verdict as human_verdict};
pub use inspected::{human as human_inspection, json as json_inspection};
pub use json::{line as json_line, replay as json_replay, verdict as json_verdict};
pub use junit::verdicts as junit_verdicts;
pub use markdown::{SUMMARY_BYTES, verdicts as markdown_verdicts};
pub use paper::{Paper, Tint};
pub use replayed::replay as human_replay;
pub use reported::{Folders, Reported};
pub use sarif::verdicts as sarif_verdicts;
pub use verified::{
    Proof, Rejection, TrustSource, TrustUsed, Unread, VerifiedSubject, human as human_verification,
    json as json_verification,
};
