//! One request to one address and its whole answer: conditional, streamed, capped.

use std::sync::Arc;
use std::time::{Duration as StdDuration, Instant};

use reqwest::{Response, StatusCode};
use sha2::{Digest as _, Sha256};
use tokio::time::timeout;
use url::Url;

use super::cache::{Cache, CacheKey, Kept};
use super::client::Client;
use super::rate::Rate;
use super::{
    Credential, Event, HeaderMap, Method, Refusal, Reply, Request, Unanswered, connect, failure,
};
use crate::model::{Digest, Duration, FailureKind, RedactedUrl};
use crate::observe::environment::now;

/// How much of a refusal's body is kept, in bytes.
const REFUSAL_BYTES: usize = 16 << 10;

/// What one address answered.
pub(super) enum Hop {
    Reply(Box<Reply>),
    /// A redirect with its status and target as the server wrote it.
    Redirect(StatusCode, Option<String>),
}

impl Client {
    /// Asks one address once, as `credential`.
    pub(super) async fn exchange(
        &self,
        request: &Request,
        url: &Url,
        credential: &Credential,
        attempt: u32,
    ) -> Result<Hop, Unanswered> {
        let inner = self.inner();
        let endpoint = RedactedUrl::of(url);
        let slot = match (&inner.cache, &request.method) {
            (Some(cache), Method::Get) if request.manner.may_be_kept() => {
                let key = match request.content {
                    // Wherever redirects lead to: it is the same content.
                    Some(content) => {
                        let print = request.credential.fingerprint();
                        CacheKey::of("content", &content.to_string(), request.accept, print)
                    }
                    None => {
                        let print = credential.fingerprint();
                        CacheKey::of("GET", url.as_str(), request.accept, print)
                    }
                };
                Some((Arc::clone(cache), key))
            }
            _ => None,
        };
        let mut kept = match &slot {
            Some((cache, key)) => read(Arc::clone(cache), *key).await,
            None => None,
        };
        // What is kept under a digest and has another confirms nothing.
        if let Some(content) = request.content
            && let Some(kept) = kept.take()
            && kept.digest == content
        {
            if let Some((cache, key)) = slot {
                cache.touch(key);
            }
            return Ok(Hop::Reply(Box::new(confirmed(
                kept,
                &HeaderMap::new(),
                url,
            ))));
        }
        let begun = Instant::now();
        inner.events.event(&Event::Started {
            endpoint: endpoint.clone(),
            credential: credential.label().to_owned(),
            attempt,
        });
        let response = self
            .transmit(request, url, credential, kept.as_ref())
            .await?;
        let status = response.status();
        let headers = response.headers().clone();
        self.note_rate(&headers, url, credential, status, &endpoint);

        if status == StatusCode::NOT_MODIFIED {
            let Some((kept, (cache, key))) = kept.zip(slot) else {
                return Err(Unanswered::because(
                    FailureKind::UnexpectedStatus,
                    "status 304 to a request without a condition",
                ));
            };
            cache.touch(key);
            self.finished(&endpoint, status, 0, begun);
            return Ok(Hop::Reply(Box::new(confirmed(kept, &headers, url))));
        }
        let redirects = matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308);
        if redirects && !request.manner.explained {
            self.finished(&endpoint, status, 0, begun);
            let location = headers.get("location");
            let location = location.and_then(|value| value.to_str().ok());
            return Ok(Hop::Redirect(status, location.map(str::to_owned)));
        }
        // 206 and other partial or empty successes are no answer to these questions.
        let written = request.manner.writes && matches!(status.as_u16(), 201 | 202 | 204);
        if status != StatusCode::OK && !written {
            let mut unanswered = failure::of_status(status, headers);
            if request.manner.explained {
                unanswered.refusal = read_refusal(response, inner.limits.idle).await;
            } else if unanswered.failure.kind == FailureKind::Forbidden
                && is_pace(response, inner.limits.idle).await
            {
                let until = now().plus(PACE_PAUSE);
                self.pause(url, credential, until);
                return Err(failure::paced(status, until));
            }
            return Err(unanswered);
        }
        let cap = request.body_cap.unwrap_or(inner.limits.body);
        let read = read_body(response, inner.limits.idle, cap, request.manner.hashed_only).await?;
        let (digest, length) = (read.digest, read.length);
        let body = Arc::new(read.body);
        if let Some(content) = request.content
            && content != digest
        {
            return Err(Unanswered::because(
                FailureKind::Malformed,
                format!("the content of {content} that was sent is {digest}"),
            ));
        }
        if let Some((cache, key)) = slot {
            let (headers, body) = (headers.clone(), Arc::clone(&body));
            let names_itself = request.content.is_some();
            // A cache that cannot be written is no failure.
            let write = move || cache.keep(key, &headers, &body, digest, names_itself);
            let _ = tokio::task::spawn_blocking(write).await;
        }
        let body = Arc::unwrap_or_clone(body);
        self.finished(&endpoint, status, length, begun);
        Ok(Hop::Reply(Box::new(Reply {
            status: status.as_u16(),
            headers,
            body,
            length,
            digest,
            unchanged: false,
            url: url.clone(),
            at: now(),
        })))
    }

    async fn transmit(
        &self,
        request: &Request,
        url: &Url,
        credential: &Credential,
        kept: Option<&Kept>,
    ) -> Result<Response, Unanswered> {
        let connector = match request.manner.platform {
            true => &connect::direct(&self.inner().limits)?,
            false => &self.inner().connector,
        };
        let mut builder = match &request.method {
            Method::Get => connector.get(url.clone()),
            Method::Head => connector.head(url.clone()),
            Method::Post(body) => connector.post(url.clone()).body(body.clone()),
            Method::Put(body) => connector.put(url.clone()).body(body.clone()),
        };
        builder = credential.apply(builder.header("accept", request.accept));
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        let validators = [
            ("etag", "if-none-match"),
            ("last-modified", "if-modified-since"),
        ];
        for (validator, condition) in validators {
            if let Some(value) = kept.and_then(|kept| kept.headers.get(validator)) {
                builder = builder.header(condition, value);
            }
        }
        let mut outgoing = builder.build().map_err(failure::of_transport)?;
        credential
            .sign(&mut outgoing, now())
            .map_err(Unanswered::of)?;
        let limits = &self.inner().limits;
        let patience = match request.manner.writes {
            true => limits.total,
            false => limits.idle,
        };
        timeout(patience, connector.execute(outgoing))
            .await
            .map_err(|_| failure::late())?
            .map_err(failure::of_transport)
    }

    fn note_rate(
        &self,
        headers: &HeaderMap,
        url: &Url,
        credential: &Credential,
        status: StatusCode,
        endpoint: &RedactedUrl,
    ) {
        let rate = Rate::of(headers, now());
        if let Some(remaining) = rate.remaining {
            self.inner().events.event(&Event::Budget {
                endpoint: endpoint.clone(),
                remaining,
                limit: rate.limit,
                reset: rate.reset,
            });
        }
        let refused = matches!(status.as_u16(), 403 | 429);
        let until = rate.retry_at.filter(|_| refused).or_else(|| {
            rate.reset
                .filter(|_| rate.is_spent() && (refused || rate.counts_all))
        });
        if let Some(until) = until {
            self.pause(url, credential, until);
        }
    }

    fn finished(&self, endpoint: &RedactedUrl, status: StatusCode, bytes: u64, begun: Instant) {
        self.inner().events.event(&Event::Finished {
            endpoint: endpoint.clone(),
            status: status.as_u16(),
            bytes,
            took: begun.elapsed(),
        });
    }
}

async fn read(cache: Arc<Cache>, key: CacheKey) -> Option<Kept> {
    tokio::task::spawn_blocking(move || cache.read(key))
        .await
        .ok()
        .flatten()
}

fn confirmed(kept: Kept, fresh: &HeaderMap, url: &Url) -> Reply {
    let mut headers = kept.headers;
    for name in ["link", "x-pypi-last-serial"] {
        if let Some(value) = fresh.get(name) {
            headers.insert(name, value.clone());
        }
    }
    Reply {
        status: 200,
        headers,
        length: kept.body.len() as u64,
        body: kept.body,
        digest: kept.digest,
        unchanged: true,
        url: url.clone(),
        at: now(),
    }
}

/// The next piece of a body, nothing at its end.
async fn piece(
    response: &mut Response,
    idle: StdDuration,
) -> Result<Option<impl AsRef<[u8]>>, Unanswered> {
    timeout(idle, response.chunk())
        .await
        .map_err(|_| failure::late())?
        .map_err(failure::of_transport)
}

/// The beginning of a refusal's body; as much as came where it breaks off.
async fn read_refusal(mut response: Response, idle: StdDuration) -> Refusal {
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = piece(&mut response, idle).await {
        let chunk = chunk.as_ref();
        let room = REFUSAL_BYTES.saturating_sub(body.len());
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if body.len() >= REFUSAL_BYTES {
            break;
        }
    }
    Refusal(body)
}

/// How long GitHub wants to be left alone after a secondary rate limit that gives no time: "at
/// least one minute" ("Rate limits for the REST API").
const PACE_PAUSE: Duration = Duration::from_seconds(60);

/// Whether a refusal that names no limit in its header says in words that it is GitHub's secondary
/// one: it looks like a lack of permission otherwise.
async fn is_pace(response: Response, idle: StdDuration) -> bool {
    const WORDS: &[u8] = b"secondary rate limit";
    match read_body(response, idle, 16 << 10, false).await {
        Ok(read) => read.body.windows(WORDS.len()).any(|words| words == WORDS),
        Err(_) => false,
    }
}

/// A body that was read to its end.
struct Read {
    body: Vec<u8>,
    length: u64,
    digest: Digest,
}

/// Reads a body as it comes and stops at the cap, whatever the server said about its length
/// (THREATS rows 11 and 12: memory follows the cap, not the sender).
async fn read_body(
    mut response: Response,
    idle: StdDuration,
    cap: u64,
    hashed_only: bool,
) -> Result<Read, Unanswered> {
    let too_large = || {
        Unanswered::because(
            FailureKind::TooLarge,
            format!("the answer is longer than the cap of {cap} bytes"),
        )
    };
    if response.content_length().is_some_and(|length| length > cap) {
        return Err(too_large());
    }
    let mut body = Vec::new();
    let mut length = 0;
    let mut hasher = Sha256::new();
    while let Some(chunk) = piece(&mut response, idle).await? {
        let chunk = chunk.as_ref();
        length += chunk.len() as u64;
        if length > cap {
            return Err(too_large());
        }
        if hashed_only {
            hasher.update(chunk);
        } else {
            body.extend_from_slice(chunk);
        }
    }
    let digest = match hashed_only {
        true => Digest::from_bytes(hasher.finalize().into()),
        false => Digest::of(&body),
    };
    Ok(Read {
        body,
        length,
        digest,
    })
}
