//! What it takes to ask at all: a runtime and a client.

use std::sync::Arc;

use crate::observe::Environment;
use crate::observe::http::{Client, ClientError, Events, Limits};

use super::judge::JudgeError;

/// What asking runs on.
pub(super) fn runtime() -> Result<tokio::runtime::Runtime, JudgeError> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| JudgeError {
            message: format!("cannot start: {error}"),
            hint: "is a limit on threads or files in force?".to_owned(),
        })
}

/// The client of a run.
pub(super) fn client(
    environment: &Environment,
    events: Arc<dyn Events>,
) -> Result<Client, JudgeError> {
    let unusable = |error: ClientError| JudgeError {
        message: error.to_string(),
        hint: "docs/channels.md lists the variables that the client reads".to_owned(),
    };
    let limits = Limits::of_environment(environment).map_err(unusable)?;
    Client::new(environment.clone(), limits, events).map_err(unusable)
}

/// Asks with a client of this environment, on a runtime of its own.
pub(super) fn with_client<T>(
    environment: &Environment,
    events: Arc<dyn Events>,
    ask: impl AsyncFnOnce(&Client) -> T,
) -> Result<T, JudgeError> {
    let client = client(environment, events)?;
    Ok(runtime()?.block_on(ask(&client)))
}
