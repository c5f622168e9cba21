//! The one table of exit codes, and what ends a verb early.

use std::process::ExitCode;

use crate::model::{Mode, Outcome, Verdict};

/// How a run ended, as the exit code says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// 0: all that was judged may proceed, or the verb did what it was asked.
    Fine,
    /// 1: a deny; a replay or lint that is not as it should be.
    Deny,
    /// 2: usage, policy, evidence or configuration error; a service that answered, and refused.
    Usage,
    /// 3: nothing can be said for now; a service that could not be asked, so that the same may
    /// succeed later.
    Indeterminate,
    /// 130: broken off by the user, as shells say it.
    Interrupted,
}

/// Why a verb ends early.
pub(super) enum Failure {
    /// An error for the user.
    Said {
        /// What, where; one or more lines.
        message: String,
        /// What to do.
        hint: Option<String>,
    },
    /// A service that is needed could not be asked.
    Unanswered {
        /// Which, and why; one or more lines.
        message: String,
        /// What to do.
        hint: Option<String>,
    },
    /// Diagnostics that are drawn already.
    Drawn(String),
    /// The result could not be written.
    Output(std::io::Error),
}

impl Failure {
    /// An error with what to do.
    pub(super) fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Said {
            message: message.into(),
            hint: Some(hint.into()),
        }
    }

    /// An error that ends with 3 where nobody answered, and with 2 where somebody refused.
    pub(super) fn asked(message: String, hint: Option<String>, unanswered: bool) -> Self {
        match unanswered {
            true => Self::Unanswered { message, hint },
            false => Self::Said { message, hint },
        }
    }

    /// How a run that ends so ended.
    pub(super) fn ending(&self) -> Ending {
        match self {
            Self::Unanswered { .. } => Ending::Indeterminate,
            Self::Said { .. } | Self::Drawn(_) | Self::Output(_) => Ending::Usage,
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Output(error)
    }
}

impl From<Ending> for ExitCode {
    fn from(ending: Ending) -> Self {
        Self::from(ending.code())
    }
}

impl Ending {
    /// The exit code.
    pub(super) fn code(self) -> u8 {
        match self {
            Self::Fine => 0,
            Self::Deny => 1,
            Self::Usage => 2,
            Self::Indeterminate => 3,
            Self::Interrupted => 130,
        }
    }

    /// The worse of this and what a verdict says; one of mode `audit` or `observe` ends
    /// well, but never one of a policy that nobody wrote.
    /// Where a component could not be judged at all, no verdict makes up for that.
    pub(super) fn and(self, verdict: &Verdict) -> Self {
        let other = match verdict.outcome {
            _ if verdict.mode != Mode::Enforce && verdict.guessed.is_none() => Self::Fine,
            Outcome::Allow => Self::Fine,
            Outcome::Indeterminate => Self::Indeterminate,
            Outcome::Deny => Self::Deny,
        };
        match (self, other) {
            (Self::Usage | Self::Interrupted, _) => self,
            (Self::Deny, _) | (_, Self::Deny) => Self::Deny,
            (Self::Indeterminate, _) | (_, Self::Indeterminate) => Self::Indeterminate,
            _ => Self::Fine,
        }
    }
}
