//! One way to ask a signing service, and one way to say why it gave nothing.

use url::Url;

use crate::attest::SignError;
use crate::model::{FailureKind, RedactedUrl, visible};
use crate::observe::http::{Client, Reply, Request, Unanswered};

/// The most bytes of a service's answer. Certificates and log entries have some kilobytes; an entry
/// of a log repeats an envelope nowhere.
const ANSWER_BYTES: u64 = 4 << 20;

/// A JSON question to a service.
pub(super) fn json(url: Url, body: Vec<u8>) -> Request {
    Request::idempotent_post(url, "application/json", body)
        .header("content-type", "application/json")
        .creates()
        .confidential()
        .explained()
        .body_cap(ANSWER_BYTES)
}

/// A question to a service for something else than JSON.
pub(super) fn binary(
    url: Url,
    accept: &'static str,
    content_type: &'static str,
    body: Vec<u8>,
) -> Request {
    Request::idempotent_post(url, accept, body)
        .header("content-type", content_type)
        .creates()
        .confidential()
        .explained()
        .body_cap(ANSWER_BYTES)
}

/// Asks.
///
/// # Errors
/// Why there is no answer, in words: `what` names the service.
pub(super) async fn send(
    client: &Client,
    request: &Request,
    what: &str,
) -> Result<Reply, SignError> {
    client
        .send(request)
        .await
        .map_err(|error| refused(&error, request.url(), what))
}

/// What a service's refusal says to people.
pub(super) fn refused(unanswered: &Unanswered, url: &Url, what: &str) -> SignError {
    let endpoint = RedactedUrl::of(url);
    let said = said(unanswered.refusal.bytes());
    let said = said.map_or_else(String::new, |said| format!(": {said}"));
    let reason = match unanswered.status {
        Some(status) if !said.is_empty() => format!("status {status}"),
        _ => unanswered.failure.detail.clone(),
    };
    let hint = match (unanswered.status, unanswered.failure.kind) {
        (Some(401 | 403), _) => Some(
            "the identity token may have expired, or be one that this \
                                      service does not take",
        ),
        (_, FailureKind::Connection | FailureKind::Timeout | FailureKind::ServerError) => {
            Some("try again later; nothing was given out")
        }
        (_, FailureKind::Tls) => Some("name the authority's certificate in SSL_CERT_FILE"),
        (_, FailureKind::NotFound) => Some("is this the address of the service, without a path?"),
        _ => None,
    };
    SignError {
        unanswered: !unanswered.failure.kind.is_refusal(),
        message: format!("{what} at {endpoint} did not answer: {reason}{said}"),
        hint: hint.map(str::to_owned),
    }
}

/// The `message` of a refusal in JSON (gRPC gateways of Fulcio and Rekor write it so), without
/// anything that could be a piece of a token: some repeat what they were sent.
fn said(body: &[u8]) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Refusal {
        message: String,
    }
    let refusal: Refusal = serde_json::from_slice(body).ok()?;
    Some(visible(&without_long_words(&refusal.message), 300))
}

/// The longest word of a message that is shown: the parts of tokens, signatures and certificates are
/// longer, and so are digests, which nobody misses here.
const WORD: usize = 40;

pub(super) fn without_long_words(text: &str) -> String {
    let mut kept = String::with_capacity(text.len().min(1_024));
    let mut word = String::new();
    let is_coded = |character: char| {
        character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '+' | '=' | '.' | '%')
    };
    for character in text.chars().take(2_000).chain(['\n']) {
        if is_coded(character) {
            word.push(character);
            continue;
        }
        match word.len() > WORD {
            true => kept.push('…'),
            false => kept.push_str(&word),
        }
        word.clear();
        kept.push(character);
    }
    kept.trim_end().to_owned()
}

/// The address of a service's method, below the service's own path.
pub(super) fn method(service: &Url, path: &str) -> Result<Url, SignError> {
    let base = service.as_str().trim_end_matches('/');
    Url::parse(&format!("{base}/{path}")).map_err(|error| SignError {
        unanswered: false,
        message: format!(
            "{} is no address of a service: {error}",
            RedactedUrl::of(service)
        ),
        hint: None,
    })
}

/// An answer that is not what the service's interface says.
pub(super) fn malformed(what: &str, url: &Url, why: impl std::fmt::Display) -> SignError {
    SignError {
        unanswered: true,
        message: format!(
            "{what} at {} gave an answer that cannot be used: {}",
            RedactedUrl::of(url),
            visible(&without_long_words(&why.to_string()), 300)
        ),
        hint: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_that_repeats_a_token_shows_no_part_of_it() {
        let token =
            "eyJhbGciOiJSUzI1NiIsImtpZCI6ImsxIiwidHlwIjoiSldUIn0.eyJpc3MiOiJodHRwczovL3Rva2Vu";
        let body = format!(r#"{{"code":3,"message":"bad token {token}: no such issuer"}}"#);
        let shown = said(body.as_bytes()).unwrap();
        assert_eq!(shown, "bad token …: no such issuer");
        assert_eq!(said(b"<html>eyJ"), None);
    }

    #[test]
    fn a_service_may_live_below_a_path() {
        for base in ["https://ca.example/fulcio", "https://ca.example/fulcio/"] {
            let url = method(&Url::parse(base).unwrap(), "api/v2/signingCert").unwrap();
            assert_eq!(url.as_str(), "https://ca.example/fulcio/api/v2/signingCert");
        }
    }
}
