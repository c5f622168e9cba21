//! Tokens for reading a repository, from the token server that the registry names
//! (distribution/distribution, "Token Authentication Specification" and "OAuth2").

use serde::Deserialize;
use url::Url;

use super::challenge::Challenge;
use super::login::Login;
use super::manifest::place;
use super::realm::may_get_login;
use super::registry::{Registry, refused};
use crate::model::{Duration, Failure, FailureKind, RedactedUrl, Time};
use crate::observe::http::{self, Client, Credential, Request, Unanswered};
use crate::observe::malformed;

/// The longest answer of a token server.
const TOKEN_BYTES: u64 = 1 << 20;

/// How long a token is good for where its server does not say, in seconds (the specification's
/// default).
const USUAL_LIFE: u64 = 60;

#[derive(Deserialize)]
struct TokenAnswer {
    token: Option<String>,
    access_token: Option<String>,
    expires_in: Option<u64>,
}

/// Gets a token that may read this repository.
pub(super) async fn issued(
    registry: &Registry,
    client: &Client,
    challenge: &Challenge,
    login: &Login,
) -> Result<(Credential, Time), Box<Unanswered>> {
    let Some(realm) = challenge.parameter("realm") else {
        return Err(Box::new(Unanswered::of(malformed(
            "a challenge that names no token server",
        ))));
    };
    // What holds of a redirect holds of a realm: no plain http, no way into a network.
    let realm = http::target(registry.address(), Some(realm)).map_err(|why| {
        Box::new(Unanswered::of(Failure {
            detail: format!("the token server is not asked: {}", why.detail),
            ..why
        }))
    })?;
    let trusted = may_get_login(registry.address(), &realm, registry.token_server());
    if !login.is_anonymous() && !trusted {
        return Err(refused(format!(
            "{} names a token server on another host, {}, which does not get its login; \
                 where that is right, declare it as `token-server`",
            registry.image().host(),
            RedactedUrl::of_path(&realm.origin().ascii_serialization()),
        )));
    }
    let service = challenge.parameter("service");
    let scope = scope(
        registry.image().repository(),
        registry.actions(),
        challenge.parameter("scope"),
    );
    let (request, holder) = question(&realm, service, &scope, login);
    let sent = client
        .send(&request)
        .await
        .map_err(|it| Box::new(of_token_server(it)))?;
    let answer: TokenAnswer = serde_json::from_slice(&sent.body).map_err(|error| {
        let words = format!("the token server's answer: {}", place(&error));
        Box::new(Unanswered::of(malformed(words)))
    })?;
    let filled = |token: &String| !token.is_empty() && token.bytes().all(|b| b.is_ascii_graphic());
    let tokens = [answer.token, answer.access_token];
    let Some(token) = tokens.into_iter().flatten().find(filled) else {
        let words = "the token server's answer holds no token";
        return Err(Box::new(Unanswered::of(malformed(words))));
    };
    let life = answer.expires_in.unwrap_or(USUAL_LIFE).min(24 * 3600);
    // A little less, for clocks and for the way of the question.
    let until = sent.at.plus(Duration::from_seconds(life.saturating_sub(5)));
    Ok((holder.token_issued_by(&realm, token), until))
}

/// The scope that the registry asks for, where it is about reading this repository and nothing is
/// pushed; else that itself: no registry chooses what else a token may do.
fn scope(repository: &str, actions: &str, wanted: Option<&str>) -> String {
    let mine = format!("repository:{}:", repository);
    let reads = |scope: &&str| {
        let actions = scope.strip_prefix(mine.as_str()).unwrap_or_default();
        !actions.is_empty()
            && actions
                .split(',')
                .all(|it| matches!(it, "pull" | "metadata_read"))
    };
    let wanted = wanted.unwrap_or_default().split(' ').filter(reads);
    let wanted: Vec<&str> = wanted.take(4).collect();
    match wanted.is_empty() || actions != "pull" {
        true => format!("{mine}{actions}"),
        false => wanted.join(" "),
    }
}

/// The question to a token server: a GET as the user, or a POST with a refresh token; and whose
/// token it will be.
fn question<'l>(
    realm: &Url,
    service: Option<&str>,
    scope: &str,
    login: &'l Login,
) -> (Request, &'l Credential) {
    let accept = "application/json";
    let pairs = [
        service.map(|service| ("service", service)),
        Some(("scope", scope)),
    ];
    let pairs = pairs.into_iter().flatten();
    let realm = without_scope(realm);
    match login {
        Login::Plain(user) | Login::Registry(user) => {
            let mut url = realm.clone();
            url.query_pairs_mut().extend_pairs(pairs);
            let request = Request::get(url, accept).credential(user.clone());
            (request.confidential().body_cap(TOKEN_BYTES), user)
        }
        Login::Identity(refresh) => {
            let mut form = url::form_urlencoded::Serializer::new(String::new());
            form.extend_pairs(pairs);
            form.append_pair("grant_type", "refresh_token")
                .append_pair("client_id", "lockstep")
                .append_pair("refresh_token", &refresh.token);
            let body = form.finish().into_bytes();
            let request = Request::idempotent_post(realm.clone(), accept, body)
                .header("content-type", "application/x-www-form-urlencoded");
            (
                request.confidential().body_cap(TOKEN_BYTES),
                &refresh.holder,
            )
        }
    }
}

/// The address of a token server without a scope: a server that finds two may give both.
fn without_scope(realm: &Url) -> Url {
    let mut url = realm.clone();
    let is_scope = |key: &str| key.eq_ignore_ascii_case("scope");
    if realm.query_pairs().any(|(key, _)| is_scope(&key)) {
        let others = realm.query_pairs().filter(|(key, _)| !is_scope(key));
        url.query_pairs_mut().clear().extend_pairs(others);
    }
    url
}

/// What a token server's failure says about the registry: a 404 there is nobody's absence.
fn of_token_server(unanswered: Unanswered) -> Unanswered {
    let kind = match unanswered.failure.kind {
        FailureKind::NotFound => FailureKind::UnexpectedStatus,
        kind => kind,
    };
    let detail = match kind {
        FailureKind::UnexpectedStatus => {
            let status = unanswered.status.unwrap_or_default();
            format!("the token server answers with status {status}")
        }
        _ => format!("the token server: {}", unanswered.failure.detail),
    };
    Unanswered {
        failure: Failure { kind, detail },
        ..unanswered
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registry_chooses_nothing_but_reading_this_repository() {
        let mine = "repository:acme/api:pull";
        for wanted in [
            None,
            Some("aws"),
            Some("repository:acme/api:push"),
            Some("repository:acme/api:pull,push"),
            Some("repository:acme/api:*"),
            Some("repository:acme/other:pull"),
            Some("registry:catalog:*"),
            Some(mine),
        ] {
            assert_eq!(scope("acme/api", "pull", wanted), mine, "{wanted:?}");
            let pushing = scope("acme/api", "pull,push", wanted);
            assert_eq!(pushing, "repository:acme/api:pull,push", "{wanted:?}");
        }
        let azure = "repository:acme/api:metadata_read";
        assert_eq!(scope("acme/api", "pull", Some(azure)), azure);
    }

    #[test]
    fn a_token_servers_address_asks_for_no_scope_of_its_own() {
        let mine = "repository:acme/api:pull";
        let realm =
            "https://auth.example/token?account=me&scope=repository:acme/other:push&%73cope=a";
        let realm = Url::parse(realm).unwrap();
        let refresh = Login::identity("label", "secret".to_owned());
        for (login, wanted) in [(&Login::anonymous(), &[mine][..]), (&refresh, &[])] {
            let (request, _) = question(&realm, Some("registry"), mine, login);
            let of = |name: &str| {
                let pairs = request.url().query_pairs().filter(|(key, _)| key == name);
                pairs
                    .map(|(_, value)| value.into_owned())
                    .collect::<Vec<_>>()
            };
            assert_eq!(of("scope"), wanted);
            assert_eq!(of("account"), ["me"]);
        }
    }
}
