//! Shows verdicts and replays: to people in 80 columns, to programs as JSON. Judges nothing.

mod examined;
mod findings;
mod human;
mod json;
mod matrix;
mod paper;
mod replayed;

pub use examined::{human as human_examinations, json as json_examinations};
pub use human::verdict as human_verdict;
pub use json::{replay as json_replay, verdicts as json_verdicts};
pub use paper::{Paper, Tint};
pub use replayed::replay as human_replay;
