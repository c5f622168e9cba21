//! How an issuer is asked: its discovery document (OpenID Connect Discovery 1.0, section 4).

use serde::Deserialize;
use url::Url;

use crate::attest::SignError;
use crate::attest::keyless::ask;
use crate::model::{RedactedUrl, visible};
use crate::observe::http::{Client, Request, is_loopback, target};

/// The service, in messages.
const WHAT: &str = "the identity provider";

/// The longest document in bytes: real ones have some kilobytes.
const DOCUMENT_BYTES: u64 = 256 << 10;

/// An issuer and its addresses.
#[derive(Debug)]
pub(super) struct Provider {
    /// As it was asked and as its tokens name it.
    pub(super) issuer: String,
    pub(super) authorization: Url,
    pub(super) token: Url,
    /// Whether it names itself in what it sends by the browser (RFC 9207).
    pub(super) names_issuer: bool,
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    code_challenge_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

/// Asks.
pub(super) async fn discover(client: &Client, issuer: &str) -> Result<Provider, SignError> {
    let base = address(issuer)?;
    let url = ask::method(&base, ".well-known/openid-configuration")?;
    // Confidential: neither kept nor taken from another host, for it says where secrets go.
    let request = Request::get(url, "application/json")
        .confidential()
        .body_cap(DOCUMENT_BYTES);
    let reply = client.send(&request).await.map_err(|error| {
        let refused = ask::refused(&error, request.url(), WHAT);
        match refused.unanswered {
            true => refused,
            false => SignError {
                hint: Some("is it the issuer's address? name it with --oidc-issuer".to_owned()),
                ..refused
            },
        }
    })?;
    let malformed = |why: String| ask::malformed(WHAT, request.url(), why);
    // The parser's reason is not told: it would quote the document.
    let document: Document = serde_json::from_slice(&reply.body)
        .map_err(|_| malformed("no discovery document of OpenID Connect".to_owned()))?;
    provider(issuer, &base, document)
}

fn provider(issuer: &str, base: &Url, document: Document) -> Result<Provider, SignError> {
    let wrong = |why: String, hint: &str| SignError {
        unanswered: false,
        message: format!("{WHAT} at {} {why}", RedactedUrl::of(base)),
        hint: Some(hint.to_owned()),
    };
    // Section 4.3: identical, letter by letter.
    if document.issuer != issuer {
        return Err(wrong(
            format!("says that it is `{}`", visible(&document.issuer, 200)),
            "name it with --oidc-issuer exactly as it calls itself, if that is who you mean",
        ));
    }
    let methods = document.code_challenge_methods_supported;
    if methods.is_some_and(|methods| methods.iter().all(|it| it != "S256")) {
        return Err(wrong(
            "does not protect its codes: it knows no PKCE with S256".to_owned(),
            "give a token with --identity-token instead",
        ));
    }
    let endpoint = |name: &str, text: &str| {
        let url = Url::parse(text).ok();
        let url = url.filter(|url| url.has_host() && url.fragment().is_none());
        let url = url.filter(|url| url.username().is_empty() && url.password().is_none());
        // As a redirect would be followed: never from https to http, never from outside to inside.
        let url = url.and_then(|url| target(base, Some(url.as_str())).ok());
        url.ok_or_else(|| {
            wrong(
                format!(
                    "names the {name} `{}`, to which nobody is sent",
                    visible(text, 200)
                ),
                "it must be https, without user, password and fragment, and not inside a network \
                 where the issuer is outside",
            )
        })
    };
    Ok(Provider {
        authorization: endpoint("authorization_endpoint", &document.authorization_endpoint)?,
        token: endpoint("token_endpoint", &document.token_endpoint)?,
        names_issuer: document.authorization_response_iss_parameter_supported,
        issuer: document.issuer,
    })
}

/// An issuer is `https` without query and fragment (OpenID Connect Core 1.0, section 1.2), or on
/// this machine.
fn address(issuer: &str) -> Result<Url, SignError> {
    let url = Url::parse(issuer).ok().filter(Url::has_host);
    let url = url.filter(|url| {
        let is_plain = url.query().is_none() && url.fragment().is_none();
        let is_open = url.username().is_empty() && url.password().is_none();
        let is_safe = match url.scheme() {
            "https" => true,
            "http" => is_loopback(url),
            _ => false,
        };
        is_plain && is_open && is_safe
    });
    // Not shown: it may hold a password.
    url.ok_or_else(|| SignError {
        unanswered: false,
        message: "the issuer (--oidc-issuer, SIGSTORE_OIDC_ISSUER or the signing config) is no \
                  address where people can sign in"
            .to_owned(),
        hint: Some(
            "write it as https://HOST/PATH; plain http is for this machine alone".to_owned(),
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(issuer: &str, claimed: &str, token: &str) -> Result<Provider, SignError> {
        let document = Document {
            issuer: claimed.to_owned(),
            authorization_endpoint: format!("{issuer}/authorize?tenant=a"),
            token_endpoint: token.to_owned(),
            code_challenge_methods_supported: Some(vec!["plain".to_owned(), "S256".to_owned()]),
            authorization_response_iss_parameter_supported: false,
        };
        provider(issuer, &address(issuer)?, document)
    }

    #[test]
    fn codes_go_to_https_or_from_this_machine_to_this_machine() {
        let public = "https://id.example/auth";
        for good in ["https://id.example/token", "https://tokens.example/"] {
            assert_eq!(found(public, public, good).unwrap().token.as_str(), good);
        }
        for bad in [
            "http://id.example/token",
            "http://127.0.0.1/token",
            "https://127.0.0.1/token",
            "https://10.0.0.1/token",
            "https://me:s3cr3t@id.example/token",
            "https://id.example/token#a",
            "file:///etc/passwd",
            "/token",
            "",
        ] {
            assert!(found(public, public, bad).is_err(), "{bad}");
        }
        let here = "http://127.0.0.1:9";
        assert!(found(here, here, "http://127.0.0.1:9/token").is_ok());
        assert!(found(here, here, "http://id.example/token").is_err());
    }

    #[test]
    fn an_issuer_is_the_one_that_was_asked_letter_by_letter() {
        let public = "https://id.example/auth";
        for other in [
            "https://id.example/auth/",
            "https://ID.example/auth",
            "https://evil.example/auth",
            "",
        ] {
            let why = found(public, other, "https://id.example/token").unwrap_err();
            assert!(
                why.message.contains("says that it is"),
                "{other}: {}",
                why.message
            );
        }
        for bad in [
            "http://id.example",
            "https://me:s3cr3t@id.example",
            "https://id.example?a=s3cr3t",
            "id.example",
        ] {
            let why = address(bad).unwrap_err();
            assert!(!format!("{why:?}").contains("s3cr3t"), "{why:?}");
        }
    }

    #[test]
    fn a_provider_that_knows_other_challenges_only_is_not_used() {
        let with = |methods: Option<&[&str]>| {
            let issuer = "https://id.example";
            let methods = methods.map(|it| it.iter().map(|it| (*it).to_owned()).collect());
            let document = Document {
                issuer: issuer.to_owned(),
                authorization_endpoint: "https://id.example/a".to_owned(),
                token_endpoint: "https://id.example/t".to_owned(),
                code_challenge_methods_supported: methods,
                authorization_response_iss_parameter_supported: false,
            };
            provider(issuer, &address(issuer).unwrap(), document).map(drop)
        };
        assert!(with(Some(&["plain"])).is_err() && with(Some(&[])).is_err());
        // Some say nothing and do it: what they ignore harms nobody.
        assert!(with(None).is_ok() && with(Some(&["S256"])).is_ok());
    }
}
