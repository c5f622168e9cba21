//! A channel with GitHub's store of attestations beside it: whatever a workflow attested to there is
//! found by digest, wherever the artifact itself lies.

use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;

use url::Url;

use super::in_store;
use crate::model::{Wanted, WantedAttestations};
use crate::observe::github::speaks;
use crate::observe::{Answers, Ask, Asking, Attached, InCheckout};

/// The same channel, which also asks the store of its source for the digests of its artifacts, where
/// that is on a host that is known to be a GitHub.
pub(in crate::observe) fn with_store(ask: Arc<dyn Ask>, source: Option<&Url>) -> Arc<dyn Ask> {
    match source {
        None => ask,
        Some(source) => Arc::new(Beside {
            ask,
            source: source.clone(),
            is_github: false,
        }),
    }
}

/// The same for a source that the policy itself calls GitHub's.
pub(in crate::observe) fn in_own_store(ask: Arc<dyn Ask>, source: &Url) -> Arc<dyn Ask> {
    Arc::new(Beside {
        ask,
        source: source.clone(),
        is_github: true,
    })
}

struct Beside {
    ask: Arc<dyn Ask>,
    source: Url,
    /// Known without a look at its host.
    is_github: bool,
}

impl Ask for Beside {
    fn ask<'a>(&'a self, asking: &'a Asking<'a>) -> Answers<'a> {
        self.ask.ask(asking)
    }

    fn look_up<'a>(&'a self, asking: &'a Asking<'a>, wanted: &'a [Wanted]) -> Answers<'a> {
        self.ask.look_up(asking, wanted)
    }

    fn attestations<'a>(
        &'a self,
        asking: &'a Asking<'a>,
        wanted: &'a [WantedAttestations],
    ) -> Pin<Box<dyn Future<Output = Attached> + Send + 'a>> {
        Box::pin(async move {
            let own = self.ask.attestations(asking, wanted);
            let environment = asking.client.environment();
            if !(self.is_github || speaks(&self.source, environment)) {
                return own.await;
            }
            let store = in_store(&self.source, asking, wanted);
            let (own, store) = tokio::join!(own, store);
            own.and(store)
        })
    }

    fn in_checkout(&self, checkout: &Path) -> Option<InCheckout> {
        self.ask.in_checkout(checkout)
    }
}
