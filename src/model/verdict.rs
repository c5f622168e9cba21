//! The answer: allow, deny or indeterminate, with every finding and every cell it came from.

use std::fmt;

use serde::Serialize;

use super::{Digest, Failure, Finding, Level, Mode, Name, RedactedUrl, Time};

/// Name and version of the verdict document.
pub const VERDICT_SCHEMA: &str = "lockstep-verdict/1";

/// What may happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The deploy may proceed.
    Allow,
    /// Nothing can be said for now.
    Indeterminate,
    /// The deploy must not proceed.
    Deny,
}

/// One decision about one component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Verdict {
    /// [`VERDICT_SCHEMA`].
    pub schema: &'static str,
    /// The component.
    pub component: Name,
    /// What may happen.
    #[serde(rename = "verdict")]
    pub outcome: Outcome,
    /// For an indeterminate: when asking again makes sense.
    pub retry_at: Option<Time>,
    /// How much the facts disagree.
    pub mismatch: Level,
    /// What an oversight does not explain.
    pub suspicion: Level,
    /// The environment that was judged for; empty where every declared channel is required.
    pub environment: Option<Name>,
    /// Whether the outcome reaches the exit code.
    pub mode: Mode,
    /// SHA-256 of the policy's bytes.
    pub policy: Digest,
    /// SHA-256 of the evidence's canonical JSON.
    pub evidence: Digest,
    /// True where the evidence came from a file that nobody signed.
    pub unsigned_evidence: bool,
    /// Version of the rule set: another number may judge the same evidence differently.
    pub rules: u32,
    /// The time that was judged at.
    pub now: Time,
    /// What is approved, where the outcome is allow: digests and commits of the judged releases.
    pub digests: Vec<String>,
    /// Every address that was asked in the present round.
    pub endpoints: Vec<EndpointAsked>,
    /// Versions down, channels across.
    pub cells: Vec<Cell>,
    /// In order of gravity.
    pub findings: Vec<Finding>,
    /// What a comparison of channels cannot see here.
    pub limits: Vec<String>,
    /// Where the policy was guessed from a shorthand: why each part of it is thought. An allow has
    /// become indeterminate then.
    pub guessed: Option<Vec<String>>,
}

/// An address that was asked, and whether it answered.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct EndpointAsked {
    /// The channel.
    pub channel: Name,
    /// The address, without secrets.
    pub endpoint: RedactedUrl,
    /// Which credential was used.
    pub credential: String,
    /// Whether an answer came.
    pub answered: bool,
}

/// One release in one channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Cell {
    /// The release, as the policy's version scheme writes it.
    pub version: String,
    /// The release line.
    pub line: Name,
    /// The channel.
    pub channel: Name,
    /// Whether the judged environment needs it.
    pub required: bool,
    /// The exact name, as seen or as looked up.
    pub name: Option<String>,
    /// What is the case.
    #[serde(flatten)]
    pub state: CellState,
}

/// What is the case for one release in one channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum CellState {
    /// There, and every fact that a rule compares is as expected.
    Agrees,
    /// The environment does not ask for it; whether it is there is shown.
    NotRequired {
        /// Whether the name is there; empty where it is not known.
        present: Option<bool>,
    },
    /// Absent, and still within its window.
    Pending {
        /// End of the window.
        until: Time,
    },
    /// Absent after the window.
    Missing,
    /// Two present facts differ.
    Conflict,
    /// The names cannot be mapped.
    Incomparable {
        /// Why.
        reason: String,
    },
    /// The channel cannot say a fact that a rule needs.
    NotStated {
        /// Which fact.
        fact: String,
    },
    /// Nothing is known.
    Unknown {
        /// Why.
        why: Failure,
    },
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Allow => "allow",
            Self::Indeterminate => "indeterminate",
            Self::Deny => "deny",
        })
    }
}
