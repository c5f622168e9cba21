//! Trades a code for an identity token (RFC 6749, section 4.1.3; RFC 7636, section 4.5), and holds
//! the token to the question (OpenID Connect Core 1.0, section 3.1.3.7).
//!
//! The token's signature is not verified here: it comes from the token endpoint itself over TLS
//! (the same section, number 6), and Fulcio verifies it before it certifies anything.

use serde::Deserialize;
use sigstore_sign::oidc::SecretString;
use url::form_urlencoded;

use super::{AuthorizationRequest, callback};
use crate::attest::SignError;
use crate::attest::keyless::token::TOKEN_BYTES;
use crate::attest::keyless::{IdentityToken, ask};
use crate::model::{RedactedUrl, visible};
use crate::observe::http::{Request, Unanswered};
use crate::observe::now;

/// The service, in messages.
const WHAT: &str = "the identity provider's token service";

/// The longest answer in bytes: other tokens are in it too.
const ANSWER_BYTES: u64 = 4 * TOKEN_BYTES as u64;

/// Without the access token and the refresh token, which are never looked at.
#[derive(Deserialize)]
struct Answer {
    id_token: SecretString,
}

/// What a token service says when it refuses (RFC 6749, section 5.2).
#[derive(Deserialize)]
struct Refusal {
    error: String,
    #[serde(default)]
    error_description: String,
}

/// The identity token for this code.
pub(super) async fn token(
    request: &AuthorizationRequest<'_>,
    code: &SecretString,
) -> Result<IdentityToken, SignError> {
    let provider = &request.at.provider;
    let form = form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", "authorization_code")
        .append_pair("code", code.expose_secret())
        .append_pair("redirect_uri", &request.redirect)
        .append_pair("client_id", &request.at.client_id)
        .append_pair("code_verifier", request.verifier.expose_secret())
        .finish();
    let endpoint = provider.token.clone();
    // Once: a code is good once, and a provider that sees it twice takes it for stolen.
    let question = Request::idempotent_post(endpoint, "application/json", form.into_bytes())
        .header("content-type", "application/x-www-form-urlencoded")
        .confidential()
        .explained()
        .once()
        .body_cap(ANSWER_BYTES);
    let reply = request.at.client.send(&question).await;
    let reply = reply.map_err(|error| refused(&error, &question, code))?;
    // The reason is not told: it would quote the answer.
    let answer: Answer = serde_json::from_slice(&reply.body)
        .map_err(|_| ask::malformed(WHAT, question.url(), "no identity token"))?;
    let whence = format!("the sign-in at {}", visible(&provider.issuer, 200));
    let token = IdentityToken::read(
        answer.id_token.expose_secret(),
        &whence,
        &request.at.client_id,
    )?;
    check(&token, request, &whence)?;
    Ok(token)
}

fn check(
    token: &IdentityToken,
    request: &AuthorizationRequest<'_>,
    whence: &str,
) -> Result<(), SignError> {
    let wrong = |why: String| SignError {
        unanswered: false,
        message: format!("the identity token of {whence} {why}"),
        hint: Some("nothing was signed; tell who runs that identity provider".to_owned()),
    };
    let issuer = token.unverified_claim("iss").unwrap_or_default();
    if issuer != request.at.provider.issuer {
        let issuer = visible(issuer, 200);
        return Err(wrong(format!("is of another issuer, `{issuer}`")));
    }
    if token.unverified_claim("nonce") != Some(request.nonce.as_str()) {
        let why = "is not for this sign-in: its nonce is another one, or missing";
        return Err(wrong(why.to_owned()));
    }
    let client = request.at.client_id.as_str();
    let party = token.unverified_claim("azp").unwrap_or(client);
    if !token.is_for(client) || party != client {
        let client = visible(client, 100);
        return Err(wrong(format!("is not for the client `{client}`")));
    }
    token.check(now())
}

/// What a refusal says to people; nothing of it that is the code.
fn refused(unanswered: &Unanswered, question: &Request, code: &SecretString) -> SignError {
    let said: Option<Refusal> = serde_json::from_slice(unanswered.refusal.bytes()).ok();
    match said {
        Some(said) if unanswered.failure.kind.is_refusal() => {
            let without = |text: &str| text.replace(code.expose_secret(), "…");
            let told = callback::refused(&without(&said.error), &without(&said.error_description));
            let at = RedactedUrl::of(question.url());
            SignError {
                message: format!("{WHAT} at {at}: {}", told.message),
                ..told
            }
        }
        _ => SignError {
            hint: Some("run it again: the code was good once".to_owned()),
            ..ask::refused(unanswered, question.url(), WHAT)
        },
    }
}
