//! What a run of asking tells while it is under way, for `--verbose` and progress.

use std::time::Duration;

use crate::model::{FailureKind, RedactedUrl, Time};

/// One thing that happened. Addresses are redacted; there are no header values in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A request goes out.
    Started {
        /// To where.
        endpoint: RedactedUrl,
        /// Label of the credential.
        credential: String,
        /// Which try, from 1.
        attempt: u32,
    },
    /// Its answer is whole.
    Finished {
        /// From where.
        endpoint: RedactedUrl,
        /// The status.
        status: u16,
        /// Bytes of the decompressed body; 0 for a 304.
        bytes: u64,
        /// Time since the request went out.
        took: Duration,
    },
    /// It failed and is tried again.
    Retrying {
        /// From where.
        endpoint: RedactedUrl,
        /// Why.
        why: FailureKind,
        /// After this pause.
        after: Duration,
    },
    /// A rate limit is waited out.
    Waiting {
        /// For what.
        endpoint: RedactedUrl,
        /// Until when.
        until: Time,
    },
    /// The server told its rate limit.
    Budget {
        /// Which address.
        endpoint: RedactedUrl,
        /// Requests that are left.
        remaining: u64,
        /// Of how many, where told.
        limit: Option<u64>,
        /// When they are refilled, where told.
        reset: Option<Time>,
    },
    /// There is no answer.
    Failed {
        /// From where.
        endpoint: RedactedUrl,
        /// Why.
        why: FailureKind,
        /// In words.
        detail: String,
    },
}

/// Takes the events of a run.
pub trait Events: Send + Sync {
    /// Called from any task; must not block.
    fn event(&self, event: &Event);
}

/// Takes events and tells nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Events for Silent {
    fn event(&self, _event: &Event) {}
}
