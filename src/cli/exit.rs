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
    /// 2: usage, policy, evidence or configuration error.
    Usage,
    /// 3: nothing can be said for now.
    Indeterminate,
}

/// Why a verb ends early; always [`Ending::Usage`].
pub(super) enum Failure {
    /// An error for the user.
    Said {
        /// What, where; one or more lines.
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
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Output(error)
    }
}

impl From<Ending> for ExitCode {
    fn from(ending: Ending) -> Self {
        Self::from(match ending {
            Ending::Fine => 0,
            Ending::Deny => 1,
            Ending::Usage => 2,
            Ending::Indeterminate => 3,
        })
    }
}

/// The worst of the enforced verdicts; those of mode `audit` and `observe` end well, but never
/// one of a policy that nobody wrote.
pub(super) fn of_verdicts<'v>(verdicts: impl Iterator<Item = &'v Verdict>) -> Ending {
    let enforced = |it: &&Verdict| it.mode == Mode::Enforce || it.guessed.is_some();
    let enforced = verdicts.filter(enforced);
    match enforced.map(|verdict| verdict.outcome).max() {
        None | Some(Outcome::Allow) => Ending::Fine,
        Some(Outcome::Indeterminate) => Ending::Indeterminate,
        Some(Outcome::Deny) => Ending::Deny,
    }
}
