//! The one polite HTTP client: conditional, patient within a limit, capped, and discreet.
//!
//! Every channel asks through [`Client::send`]. It retries what is worth it, obeys rate limits,
//! follows redirects by hand without ever taking a credential to another origin, and says in
//! [`Unanswered`] why there is no answer, without secrets.

mod cache;
mod client;
mod connect;
mod credential;
mod events;
mod exchange;
mod failure;
mod limits;
mod netrc;
mod rate;
mod redirect;

pub use client::{Client, ClientError};
pub use credential::Credential;
pub(crate) use credential::percent_decoded;
pub use events::{Event, Events, Silent};
pub use limits::Limits;
pub use netrc::Netrc;
pub use rate::parse_retry_after;
pub(crate) use redirect::{is_inner, is_loopback};
pub use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};

use url::Url;

use crate::model::{Digest, Failure, FailureKind, Time};

/// A question. All of them may be repeated without harm, and are where that is worth it.
#[derive(Debug, Clone)]
pub struct Request {
    method: Method,
    url: Url,
    headers: Vec<(HeaderName, HeaderValue)>,
    accept: &'static str,
    credential: Credential,
    body_cap: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Method {
    Get,
    Head,
    Post(Vec<u8>),
}

/// A whole answer with a status of 200 to 299, or its copy that a 304 confirmed.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The status; 200 for a confirmed copy.
    pub status: u16,
    /// Its header fields; for a confirmed copy the kept ones, overlaid by those of the 304.
    pub headers: HeaderMap,
    /// The decompressed body.
    pub body: Vec<u8>,
    /// SHA-256 of the body.
    pub digest: Digest,
    /// True where a 304 confirmed the kept copy.
    pub unchanged: bool,
    /// The address that answered, after redirects.
    pub url: Url,
    /// When it was whole.
    pub at: Time,
}

/// Why there is no answer.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{}: {}", .failure.kind.words(), .failure.detail)]
pub struct Unanswered {
    /// The reason, for an observation.
    pub failure: Failure,
    /// The status, where the server gave one.
    pub status: Option<u16>,
    /// The header fields of that status (an OCI registry's challenge is one of them).
    pub headers: Box<HeaderMap>,
    /// When the server says that asking again makes sense.
    pub retry_at: Option<Time>,
    /// When that was known.
    pub at: Time,
}

impl Request {
    /// A GET for an answer of these media types.
    pub fn get(url: Url, accept: &'static str) -> Self {
        Self::new(Method::Get, url, accept)
    }

    /// A HEAD.
    pub fn head(url: Url, accept: &'static str) -> Self {
        Self::new(Method::Head, url, accept)
    }

    /// A POST that changes nothing, as git's `ls-refs` is one.
    pub fn idempotent_post(url: Url, accept: &'static str, body: Vec<u8>) -> Self {
        Self::new(Method::Post(body), url, accept)
    }

    fn new(method: Method, url: Url, accept: &'static str) -> Self {
        Self {
            method,
            url,
            headers: Vec::new(),
            accept,
            credential: Credential::anonymous(),
            body_cap: None,
        }
    }

    /// With a header field of a fixed value.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: &'static str) -> Self {
        let name = HeaderName::from_static(name);
        self.headers.push((name, HeaderValue::from_static(value)));
        self
    }

    /// As somebody.
    #[must_use]
    pub fn credential(mut self, credential: Credential) -> Self {
        self.credential = credential;
        self
    }

    /// With another cap on the bytes of the decompressed body than [`Limits::body`].
    #[must_use]
    pub fn body_cap(mut self, bytes: u64) -> Self {
        self.body_cap = Some(bytes);
        self
    }
}

impl Reply {
    /// A header field as text, where it is there once and is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The media type in lower case, without parameters; empty where there is none.
    pub fn media_type(&self) -> String {
        let value = self.header("content-type").unwrap_or_default();
        let essence = value.split(';').next().unwrap_or_default();
        essence.trim().to_ascii_lowercase()
    }
}

impl Unanswered {
    /// True for 404 and 410: the thing asked for is not there, or is not shown to this credential.
    pub fn is_not_found(&self) -> bool {
        self.failure.kind == FailureKind::NotFound
    }
}
