//! What became of a bundle that was taken somewhere.

use crate::model::FailureKind;
use crate::observe::http::Unanswered;

/// A bundle that is where it was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivered {
    /// Where it is now, for people: an address without secrets.
    pub place: String,
    /// It was there before.
    pub already: bool,
}

/// Why a bundle could not be taken somewhere. Never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct DeliverError {
    /// What is wrong, where.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
    /// The place could not be asked: it may be otherwise later. A refusal is no such thing.
    pub unanswered: bool,
}

impl DeliverError {
    /// An error with what to do.
    pub(super) fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: Some(hint.into()),
            unanswered: false,
        }
    }

    /// No answer, or a refusal, of `place`; `right` is what the credential must be allowed to do.
    pub(super) fn of(place: &str, unanswered: &Unanswered, right: &str) -> Self {
        let refused = matches!(
            unanswered.failure.kind,
            FailureKind::Unauthorized | FailureKind::Forbidden | FailureKind::NotFound
        );
        Self {
            message: format!("{place}: {unanswered}"),
            unanswered: !unanswered.failure.kind.is_refusal(),
            hint: Some(match refused {
                true => right.to_owned(),
                false => "run it again: what is there already is not sent twice".to_owned(),
            }),
        }
    }
}
