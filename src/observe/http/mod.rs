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
mod link;
mod netrc;
mod rate;
mod redirect;

pub use client::{Client, ClientError};
pub(crate) use credential::percent_decoded;
pub use credential::{Credential, Signer, Unsigned};
pub use events::{Event, Events, Silent};
pub use limits::Limits;
pub use link::next_page;
pub use netrc::Netrc;
pub use rate::parse_retry_after;
pub(crate) use redirect::{is_inner, is_loopback, same_origin, target};
pub use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};

use std::fmt;

use url::Url;

use crate::model::{Digest, Failure, FailureKind, RedactedUrl, Time};

/// A question, or something to be kept. All of them may be repeated without harm, and are where that
/// is worth it, but those that are marked otherwise ([`Request::once`]).
#[derive(Clone)]
pub struct Request {
    method: Method,
    url: Url,
    headers: Vec<(HeaderName, HeaderValue)>,
    accept: &'static str,
    credential: Credential,
    body_cap: Option<u64>,
    content: Option<Digest>,
    manner: Manner,
}

/// What is different about some requests.
#[derive(Debug, Clone, Copy, Default)]
struct Manner {
    /// An exchange of secrets: never kept on disk, never redirected to another origin.
    confidential: bool,
    /// A refusal with a challenge is an answer.
    may_be_challenged: bool,
    /// To an address that the platform gives its programs: plain http, past every proxy.
    platform: bool,
    /// Refusals explain themselves in their bodies, and redirects are refusals.
    explained: bool,
    /// The body is hashed and kept nowhere.
    hashed_only: bool,
    /// Something is kept or begun: 201, 202 and 204 are answers too.
    writes: bool,
    /// Repeating it may do it twice.
    once: bool,
}

impl Manner {
    fn may_be_kept(self) -> bool {
        !(self.confidential || self.hashed_only)
    }
}

#[derive(Clone, PartialEq, Eq)]
enum Method {
    Get,
    Head,
    Post(Vec<u8>),
    Put(Vec<u8>),
}

/// A whole answer with a status that answers the question, or its copy that a 304 confirmed.
#[derive(Clone)]
pub struct Reply {
    /// The status; 200 for a confirmed copy.
    pub status: u16,
    /// Its header fields; for a confirmed copy the kept ones, overlaid by those of the 304.
    pub headers: HeaderMap,
    /// The decompressed body; empty where it was only hashed.
    pub body: Vec<u8>,
    /// Bytes of the body, of one that was only hashed too.
    pub length: u64,
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
#[error("{failure}")]
pub struct Unanswered {
    /// The reason, for an observation.
    pub failure: Failure,
    /// The status, where the server gave one.
    pub status: Option<u16>,
    /// The header fields of that status (an OCI registry's challenge is one of them).
    pub headers: Box<HeaderMap>,
    /// What the body of that status said, where the question wanted it.
    pub refusal: Refusal,
    /// When the server says that asking again makes sense.
    pub retry_at: Option<Time>,
    /// When that was known.
    pub at: Time,
}

/// The beginning of a refusal's body. Never printed: some services repeat the credential in it.
#[derive(Clone, Default)]
pub struct Refusal(Vec<u8>);

impl Refusal {
    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Refusal({} bytes)", self.0.len())
    }
}

/// Without the body: exchanges of secrets go this way too.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let method = match &self.method {
            Method::Get => "GET",
            Method::Head => "HEAD",
            Method::Post(_) => "POST",
            Method::Put(_) => "PUT",
        };
        let (url, whose) = (RedactedUrl::of(&self.url), &self.credential);
        write!(f, "Request({method} {url}, {whose:?})")
    }
}

/// Without the body and the header fields: tokens and signed addresses come this way too.
impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = RedactedUrl::of(&self.url);
        write!(f, "Reply({}, {} bytes, {url})", self.status, self.length)
    }
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

    /// A PUT without a body that changes nothing, as the request for a session token of a metadata
    /// service is one.
    pub fn idempotent_put(url: Url, accept: &'static str) -> Self {
        Self::new(Method::Put(Vec::new()), url, accept)
    }

    /// A PUT that keeps a body of this media type under the address, as registries keep manifests:
    /// to repeat it is to keep the same. Nothing of it is redirected to another origin.
    pub fn keep(url: Url, media_type: &'static str, body: Vec<u8>) -> Self {
        Self::new(Method::Put(body), url, "application/json")
            .header("content-type", media_type)
            .writing()
    }

    /// A POST that makes something new or begins an upload. It is repeated like any other unless
    /// it is marked [`Request::once`]. Nothing of it is redirected to another origin.
    pub fn create(url: Url, accept: &'static str, media_type: &'static str, body: Vec<u8>) -> Self {
        Self::new(Method::Post(body), url, accept)
            .header("content-type", media_type)
            .writing()
    }

    /// Not repeated where it may have been done though no answer came: whoever asks finds out.
    #[must_use]
    pub fn once(mut self) -> Self {
        self.manner.once = true;
        self
    }

    fn writing(mut self) -> Self {
        self.manner.writes = true;
        self.confidential()
    }

    fn new(method: Method, url: Url, accept: &'static str) -> Self {
        Self {
            method,
            url,
            headers: Vec::new(),
            accept,
            credential: Credential::anonymous(),
            body_cap: None,
            content: None,
            manner: Manner::default(),
        }
    }

    /// With a header field of a fixed value.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: &'static str) -> Self {
        let name = HeaderName::from_static(name);
        self.headers.push((name, HeaderValue::from_static(value)));
        self
    }

    /// With a header field of a value that is no secret; for secrets see [`Credential::field`].
    #[must_use]
    pub fn header_value(mut self, name: &'static str, value: HeaderValue) -> Self {
        self.headers.push((HeaderName::from_static(name), value));
        self
    }

    /// To an address that a cloud gives the programs on its machines (link-local, plain http), which
    /// is asked past every proxy. For addresses of this program and the environment, never for those
    /// that a policy or a server names.
    #[must_use]
    pub fn to_platform(mut self) -> Self {
        self.manner.platform = true;
        self.confidential()
    }

    /// The beginning of a refusal's body is kept in [`Unanswered::refusal`], and a redirect counts as
    /// a refusal.
    #[must_use]
    pub fn explained(mut self) -> Self {
        self.manner.explained = true;
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

    /// With a body that is hashed as it comes and kept nowhere, in memory as little as on disk.
    #[must_use]
    pub fn hashed_only(mut self) -> Self {
        self.manner.hashed_only = true;
        self
    }

    /// As an exchange of secrets: the answer is not kept on disk, and a redirect to another origin
    /// is not followed, for the other origin would take the question's body or give the answer.
    #[must_use]
    pub fn confidential(mut self) -> Self {
        self.manner.confidential = true;
        self
    }

    /// As a question that makes something that did not exist before, a log entry or a timestamp:
    /// 201 is an answer to it, as 200 is.
    #[must_use]
    pub fn creates(mut self) -> Self {
        self.manner.writes = true;
        self
    }

    /// As a question whose refusal with a challenge (401, `WWW-Authenticate`) is answered with a
    /// credential by whoever asks: that refusal is reported as an answer, not as a failure.
    #[must_use]
    pub fn may_be_challenged(mut self) -> Self {
        self.manner.may_be_challenged = true;
        self
    }

    /// For content that is named by its own digest: another content is no answer, and what was
    /// kept is used without asking again, since it cannot have changed.
    #[must_use]
    pub fn content(mut self, digest: Digest) -> Self {
        self.content = Some(digest);
        self
    }

    /// The address.
    pub fn url(&self) -> &Url {
        &self.url
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_and_what_comes_back_are_never_printed() {
        let url = Url::parse("https://me:s3cr3t@auth.example/token?sig=s3cr3t").unwrap();
        let body = b"refresh_token=s3cr3t".to_vec();
        let request = Request::idempotent_post(url.clone(), "*/*", body.clone())
            .credential(Credential::bearer("label", "s3cr3t".to_owned()));
        let mut headers = HeaderMap::new();
        headers.insert("set-cookie", HeaderValue::from_static("s3cr3t"));
        let reply = Reply {
            status: 200,
            headers,
            length: body.len() as u64,
            digest: Digest::of(&body),
            body,
            unchanged: false,
            url,
            at: Time::from_unix_seconds(0),
        };
        // A vector of bytes is printed as numbers: 115 is `s`.
        for shown in [format!("{request:?}"), format!("{reply:?}")] {
            assert!(shown.contains("auth.example/token"), "{shown}");
            assert!(
                !shown.contains("s3cr3t") && !shown.contains("115"),
                "{shown}"
            );
        }
    }
}
