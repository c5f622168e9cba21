//! A judged disagreement: its code, how grave it is, what it rests on, what to do.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Digest, Name, Time};

/// A stable kebab-case code, such as `version-missing`. Its rule owns it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Code(String);

/// What a finding does to the outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Shown.
    Note,
    /// Shown, and worth a look.
    Warn,
    /// Nothing can be said for now.
    Indeterminate,
    /// The deploy must not proceed.
    Deny,
}

/// A score.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Nothing.
    #[default]
    None,
    /// A little.
    Low,
    /// Much.
    High,
}

/// Whether a finding counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Disposition {
    /// It counts.
    Open,
    /// Older than the policy's `judge-since`.
    Grandfathered,
    /// A waiver of the policy holds for it.
    #[serde(rename_all = "kebab-case")]
    Waived {
        /// The waiver's reason.
        reason: String,
        /// Who approved it.
        approved_by: String,
        /// When it ends.
        expires: Time,
    },
    /// The environment approves again what this round approved.
    LastKnownGood {
        /// Start of the round.
        round: Time,
    },
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Finding {
    /// Which rule found it.
    pub code: Code,
    /// What it does to the outcome.
    pub severity: Severity,
    /// How much the facts disagree.
    pub mismatch: Level,
    /// What an oversight does not explain.
    pub suspicion: Level,
    /// The component.
    pub component: Name,
    /// The release, as the policy's version scheme writes it; empty for a finding about a channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The release line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<Name>,
    /// The channel that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<Name>,
    /// One sentence; untrusted names in it are made visible.
    pub message: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// `sha256:…` and `git:<commit>` of what it is about; a waiver must name them all.
    pub digests: Vec<String>,
    /// The observations behind it.
    pub because: Vec<Digest>,
    /// The earliest observation of the release's name in that channel; where the channel never
    /// showed it, the earliest observation behind the finding.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_seen: Option<Time>,
    /// For an indeterminate: when asking again makes sense.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_at: Option<Time>,
    /// Whether it counts.
    pub disposition: Disposition,
    /// For a finding about a waiver: which of the policy's, counted from 0. No part of a verdict.
    #[serde(skip)]
    pub waiver: Option<usize>,
}

impl Finding {
    /// True where it counts.
    pub fn is_open(&self) -> bool {
        self.disposition == Disposition::Open
    }
}

impl Code {
    /// A code that a rule owns.
    pub fn of(code: &'static str) -> Self {
        Self(code.to_owned())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Code {
    type Err = String;

    /// Any kebab-case word; whether a rule owns it is asked elsewhere.
    fn from_str(text: &str) -> Result<Self, String> {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if text.is_empty() || text.len() > 64 || !text.bytes().all(allowed) {
            return Err(format!("`{}` is not a code", super::visible(text, 80)));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::Low => "low",
            Self::High => "high",
        })
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Note => "note",
            Self::Warn => "warn",
            Self::Indeterminate => "indeterminate",
            Self::Deny => "deny",
        })
    }
}
