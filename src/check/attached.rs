//! Asks the places where attestations lie about an artifact that lies elsewhere.

use std::sync::Arc;

use crate::observe::Environment;
use crate::observe::attached::{self, Attachments, Looking, Store, Subject};
use crate::observe::http::{Client, Events, Unanswered};

use super::asking::with_client;
use super::judge::JudgeError;

/// What is attached to a subject: see [`attached::of`].
///
/// # Errors
/// [`JudgeError`] where nothing could be asked at all; inside, [`Unanswered`] where the artifact
/// itself could not be seen.
pub fn attachments(
    subject: &Subject,
    store: Option<&Store>,
    looking: Looking,
    environment: &Environment,
    events: Arc<dyn Events>,
) -> Result<Result<Attachments, Box<Unanswered>>, JudgeError> {
    with_client(environment, events, async |client: &Client| {
        attached::of(client, subject, store, looking).await
    })
}
