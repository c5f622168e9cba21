//! The client: waits its turn, tries again where that is worth it, follows redirects by hand.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep, timeout_at};
use url::Url;

use super::cache::Cache;
use super::exchange::Hop;
use super::{
    Credential, Event, Events, Limits, Method, Netrc, Reply, Request, Unanswered, connect, failure,
    redirect,
};
use crate::model::{Digest, FailureKind, RedactedUrl, Time};
use crate::observe::aws::Wallet;
use crate::observe::environment::{Environment, now};

/// The client of a run; clones share everything.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) connector: reqwest::Client,
    pub(super) limits: Limits,
    pub(super) cache: Option<Arc<Cache>>,
    pub(super) events: Arc<dyn Events>,
    environment: Environment,
    netrc: Netrc,
    turns: Mutex<HashMap<String, Arc<Semaphore>>>,
    pauses: Mutex<HashMap<(String, Digest), Time>>,
    wallet: Wallet,
}

/// Why there is no client.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// `LOCKSTEP_TIMEOUT`.
    #[error("LOCKSTEP_TIMEOUT is `{text}`; it takes a span from 1s to 1h, such as 90s")]
    Timeout {
        /// What it is, made visible.
        text: String,
    },
    /// A proxy variable; its value may hold a password and is not shown.
    #[error("{variable} is not the address of a proxy, such as http://proxy.example:3128")]
    Proxy {
        /// Its name.
        variable: String,
    },
    /// `SSL_CERT_FILE`.
    #[error("SSL_CERT_FILE names {}, which holds no readable PEM certificates", path.display())]
    Certificates {
        /// The file.
        path: PathBuf,
    },
    /// TLS cannot be set up.
    #[error("TLS cannot be set up: {why}; install CA certificates or name a file in SSL_CERT_FILE")]
    Connector {
        /// Why.
        why: String,
    },
}

impl Client {
    /// A client that sees this environment.
    ///
    /// # Errors
    /// [`ClientError`] where a proxy, a certificate file or TLS cannot be used.
    pub fn new(
        environment: Environment,
        limits: Limits,
        events: Arc<dyn Events>,
    ) -> Result<Self, ClientError> {
        let connector = connect::connector(&environment, &limits)?;
        let cache = Cache::of_environment(&environment, limits.cache).map(Arc::new);
        let netrc = Netrc::of_environment(&environment);
        Ok(Self {
            inner: Arc::new(Inner {
                connector,
                limits,
                cache,
                events,
                environment,
                netrc,
                turns: Mutex::default(),
                pauses: Mutex::default(),
                wallet: Wallet::default(),
            }),
        })
    }

    /// What this client sees of the environment.
    pub fn environment(&self) -> &Environment {
        &self.inner.environment
    }

    /// The logins by host.
    pub fn netrc(&self) -> &Netrc {
        &self.inner.netrc
    }

    /// What the run was lent by AWS.
    pub(in crate::observe) fn wallet(&self) -> &Wallet {
        &self.inner.wallet
    }

    /// The limits.
    pub fn limits(&self) -> &Limits {
        &self.inner.limits
    }

    /// Asks, within [`Limits::total`] counted from when it is this question's turn at its host.
    ///
    /// # Errors
    /// [`Unanswered`] for every outcome but a whole answer of status 200 or its confirmed copy.
    pub async fn send(&self, request: &Request) -> Result<Reply, Unanswered> {
        let begun = Instant::now();
        let sent = self.send_in_turn(request).await;
        if let Err(unanswered) = &sent {
            let endpoint = RedactedUrl::of(&request.url);
            let event = match (unanswered.status, request.manner.may_be_challenged) {
                (Some(status), true) if unanswered.is_challenge() => Event::Finished {
                    endpoint,
                    status,
                    bytes: 0,
                    took: begun.elapsed(),
                },
                _ => Event::Failed {
                    endpoint,
                    why: unanswered.failure.kind,
                    detail: unanswered.failure.detail.clone(),
                },
            };
            self.inner.events.event(&event);
        }
        sent
    }

    async fn send_in_turn(&self, request: &Request) -> Result<Reply, Unanswered> {
        if !(request.manner.platform && redirect::is_platform(&request.url)) {
            redirect::check_scheme(&request.url).map_err(Unanswered::of)?;
        }
        let turn = self.turn(&request.url).await;
        let total = self.inner.limits.total;
        let deadline = Instant::now() + total;
        timeout_at(deadline, self.try_again(request, deadline, turn))
            .await
            .unwrap_or_else(|_| {
                Err(Unanswered::because(
                    FailureKind::Timeout,
                    format!("no whole answer within {} s", total.as_secs_f32()),
                ))
            })
    }

    async fn try_again(
        &self,
        request: &Request,
        deadline: Instant,
        turn: Option<OwnedSemaphorePermit>,
    ) -> Result<Reply, Unanswered> {
        let limits = &self.inner.limits;
        let mut turn = turn;
        let mut attempt = 1;
        loop {
            let (outcome, held) = match self.paused(&request.url, &request.credential) {
                Some(until) => (Err(failure::paused(until)), turn),
                None => self.follow(request, attempt, turn).await,
            };
            turn = held;
            let unanswered = match outcome {
                Ok(reply) => return Ok(reply),
                Err(unanswered) => unanswered,
            };
            let wait = match unanswered.retry_at {
                // One second more: servers round too.
                Some(at) => Duration::from_secs(at.since(now()).seconds() + 1),
                None => backoff(limits.backoff, attempt),
            };
            let fits = Instant::now()
                .checked_add(wait)
                .is_some_and(|then| then < deadline);
            let again = match request.manner.once {
                // Only what was refused was surely not done.
                true => unanswered.failure.kind == FailureKind::RateLimited,
                false => unanswered.is_worth_retrying(),
            };
            if attempt >= limits.tries || !again || !fits {
                return Err(unanswered);
            }
            self.tell_pause(request, &unanswered, wait);
            sleep(wait).await;
            attempt += 1;
        }
    }

    fn tell_pause(&self, request: &Request, unanswered: &Unanswered, after: Duration) {
        let endpoint = RedactedUrl::of(&request.url);
        self.inner.events.event(&match unanswered.retry_at {
            Some(until) => Event::Waiting { endpoint, until },
            None => Event::Retrying {
                endpoint,
                why: unanswered.failure.kind,
                after,
            },
        });
    }

    /// Asks the address and those that it redirects to. The credential stays with its origin: once
    /// a redirect has left it, nothing is sent along any more (THREATS row 19).
    async fn follow(
        &self,
        request: &Request,
        attempt: u32,
        turn: Option<OwnedSemaphorePermit>,
    ) -> (Result<Reply, Unanswered>, Option<OwnedSemaphorePermit>) {
        let nobody = Credential::anonymous();
        let mut credential = &request.credential;
        let mut url = request.url.clone();
        let mut turn = turn;
        for _ in 0..=self.inner.limits.redirects {
            let hop = self.exchange(request, &url, credential, attempt).await;
            let next = match hop {
                Ok(Hop::Reply(reply)) => return (Ok(*reply), turn),
                Ok(Hop::Redirect(status, location)) => {
                    let kept = matches!(status.as_u16(), 307 | 308);
                    let has_body = matches!(request.method, Method::Post(_));
                    if (has_body || request.manner.writes) && !kept {
                        let words = format!("status {status} to a request with a body");
                        return (Err(Unanswered::because(FailureKind::Redirect, words)), turn);
                    }
                    redirect::target(&url, location.as_deref()).map_err(Unanswered::of)
                }
                Err(unanswered) => return (Err(unanswered), turn),
            };
            let next = match next {
                Ok(next) => next,
                Err(unanswered) => return (Err(unanswered), turn),
            };
            if !redirect::same_origin(&url, &next) {
                if request.manner.confidential {
                    let words = "a redirect of an exchange of secrets to another host";
                    return (Err(Unanswered::because(FailureKind::Redirect, words)), turn);
                }
                credential = &nobody;
                // The old turn goes back first: two hosts that wait for each other would stand still.
                drop(turn.take());
                turn = self.turn(&next).await;
            }
            url = next;
        }
        let words = format!("more than {} redirects", self.inner.limits.redirects);
        (Err(Unanswered::because(FailureKind::Redirect, words)), turn)
    }

    pub(super) fn inner(&self) -> &Inner {
        &self.inner
    }

    /// Remembers that an origin wants no requests of this credential until then.
    pub(super) fn pause(&self, url: &Url, credential: &Credential, until: Time) {
        let mut pauses = self
            .inner
            .pauses
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        pauses.insert(whose(url, credential), until);
    }

    fn paused(&self, url: &Url, credential: &Credential) -> Option<Time> {
        let mut pauses = self
            .inner
            .pauses
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let whose = whose(url, credential);
        let until = *pauses.get(&whose)?;
        if until < now() {
            pauses.remove(&whose);
            return None;
        }
        Some(until)
    }

    async fn turn(&self, url: &Url) -> Option<OwnedSemaphorePermit> {
        let host = url.origin().ascii_serialization();
        let turns = {
            let mut hosts = self
                .inner
                .turns
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            let turns = || Arc::new(Semaphore::new(self.inner.limits.per_host.max(1)));
            Arc::clone(hosts.entry(host).or_insert_with(turns))
        };
        // Fails only where the semaphore was closed, which never happens.
        turns.acquire_owned().await.ok()
    }
}

fn whose(url: &Url, credential: &Credential) -> (String, Digest) {
    (url.origin().ascii_serialization(), credential.fingerprint())
}

/// Doubles with each try, and between a half and one and a half of that.
fn backoff(first: Duration, attempt: u32) -> Duration {
    let doubled = first.saturating_mul(1 << (attempt - 1).min(10));
    // A fresh hasher is seeded by the system: enough randomness to part clients that fail together.
    let random = RandomState::new().hash_one(attempt) % 1_000;
    doubled / 2 + doubled.mul_f64(random as f64 / 1_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_differ() {
        let first = Duration::from_millis(500);
        for attempt in 1..=4 {
            let middle = first * (1 << (attempt - 1));
            let pause = backoff(first, attempt);
            assert!(pause >= middle / 2 && pause <= middle * 3 / 2, "{pause:?}");
        }
        let pauses: std::collections::HashSet<_> = (0..20).map(|_| backoff(first, 3)).collect();
        assert!(pauses.len() > 1);
    }
}
