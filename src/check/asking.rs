//! What it takes to ask at all, outside the rounds of a check: a runtime and a client.

use std::sync::Arc;

use crate::observe::Environment;
use crate::observe::http::{Client, ClientError, Events, Limits};

use super::judge::JudgeError;

/// Asks with a client of this environment, on a runtime of its own.
pub(super) fn with_client<T>(
    environment: Environment,
    events: Arc<dyn Events>,
    ask: impl AsyncFnOnce(&Client) -> T,
) -> Result<T, JudgeError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| JudgeError {
            message: format!("cannot start: {error}"),
            hint: "is a limit on threads or files in force?".to_owned(),
        })?;
    let unusable = |error: ClientError| JudgeError {
        message: error.to_string(),
        hint: "docs/channels.md lists the variables that the client reads".to_owned(),
    };
    let limits = Limits::of_environment(&environment).map_err(unusable)?;
    let client = Client::new(environment, limits, events).map_err(unusable)?;
    Ok(runtime.block_on(ask(&client)))
}
