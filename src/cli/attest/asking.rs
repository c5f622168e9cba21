//! What a run asks with: a client and a runtime, or no client where no connection may be opened.

use std::sync::Arc;

use tokio::runtime::Runtime;

use crate::cli::ambient::Ambient;
use crate::cli::exit::Failure;
use crate::cli::progress::Progress;
use crate::cli::say::Terminal;
use crate::observe::http::{Client, Limits};

/// A client and what it runs on.
pub(in crate::cli) struct Asking {
    pub(super) runtime: Runtime,
    client: Option<Client>,
}

impl Asking {
    pub(in crate::cli) fn new(
        offline: bool,
        ambient: &Ambient,
        terminal: &Terminal,
    ) -> Result<Self, Failure> {
        let refuse = |error: &dyn std::fmt::Display| {
            let hint = "docs/channels.md lists the variables that the client reads";
            Failure::new(error.to_string(), hint)
        };
        let client = match offline {
            true => None,
            false => {
                let environment = ambient.environment.clone();
                let limits = Limits::of_environment(&environment).map_err(|it| refuse(&it))?;
                let progress = Arc::new(Progress::new(terminal, 1));
                let client = Client::new(environment, limits, progress);
                Some(client.map_err(|it| refuse(&it))?)
            }
        };
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .map_err(|error| {
                let hint = "is a limit on threads or files in force?";
                Failure::new(format!("cannot start: {error}"), hint)
            })?;
        Ok(Self { runtime, client })
    }

    /// The client; `what` says for what it is needed.
    pub(super) fn client(&self, what: &str, instead: &str) -> Result<&Client, Failure> {
        self.client
            .as_ref()
            .ok_or_else(|| Failure::new(format!("--offline: {what}"), instead))
    }
}
