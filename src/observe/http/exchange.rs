//! One request to one address and its whole answer: conditional, streamed, capped.

use std::sync::Arc;
use std::time::Instant;

use reqwest::{Response, StatusCode};
use url::Url;

use super::cache::{Cache, CacheKey, Kept};
use super::client::Client;
use super::rate::Rate;
use super::{Credential, Event, HeaderMap, Method, Reply, Request, Unanswered, failure};
use crate::model::{Digest, FailureKind, RedactedUrl};
use crate::observe::environment::now;

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
            (Some(cache), Method::Get) if !request.confidential => {
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
        if let Some(content) = request.content
            && let Some(kept) = kept.take_if(|kept| kept.digest == content)
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
        if matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) {
            self.finished(&endpoint, status, 0, begun);
            let location = headers.get("location");
            let location = location.and_then(|value| value.to_str().ok());
            return Ok(Hop::Redirect(status, location.map(str::to_owned)));
        }
        // 206 and other partial or empty successes are no answer to these questions.
        if status != StatusCode::OK {
            return Err(failure::of_status(status, headers));
        }
        let cap = request.body_cap.unwrap_or(inner.limits.body);
        let body = Arc::new(read_body(response, cap).await?);
        let digest = Digest::of(&body);
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
        self.finished(&endpoint, status, body.len() as u64, begun);
        Ok(Hop::Reply(Box::new(Reply {
            status: status.as_u16(),
            headers,
            body,
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
        let connector = &self.inner().connector;
        let mut builder = match &request.method {
            Method::Get => connector.get(url.clone()),
            Method::Head => connector.head(url.clone()),
            Method::Post(body) => connector.post(url.clone()).body(body.clone()),
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
        builder.send().await.map_err(failure::of_transport)
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
        body: kept.body,
        digest: kept.digest,
        unchanged: true,
        url: url.clone(),
        at: now(),
    }
}

/// Reads a body as it comes and stops at the cap, whatever the server said about its length
/// (THREATS rows 11 and 12: memory follows the cap, not the sender).
async fn read_body(mut response: Response, cap: u64) -> Result<Vec<u8>, Unanswered> {
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
    while let Some(chunk) = response.chunk().await.map_err(failure::of_transport)? {
        if (body.len() + chunk.len()) as u64 > cap {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
