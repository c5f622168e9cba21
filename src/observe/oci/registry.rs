//! A repository of a registry as somebody: sends questions and answers challenges with the right
//! credential (distribution/distribution, "Token Authentication Specification").

use serde::Deserialize;
use tokio::sync::Mutex;
use url::Url;

use super::challenge::Challenge;
use super::image::Image;
use super::logins::{self, Login};
use super::manifest::place;
use super::realm::may_get_login;
use crate::model::{Duration, Failure, FailureKind, RedactedUrl, Time, visible};
use crate::observe::http::{self, Client, Credential, Reply, Request, Unanswered};
use crate::observe::{malformed, now};

/// The longest answer of a token server.
const TOKEN_BYTES: u64 = 1 << 20;

/// How long a token is good for where its server does not say, in seconds (the specification's
/// default).
const USUAL_LIFE: u64 = 60;

/// A repository and whoever asks it.
pub(super) struct Registry {
    image: Image,
    address: Url,
    token_server: Option<Url>,
    held: Mutex<Option<Held>>,
}

/// A credential that the registry has asked for.
struct Held {
    credential: Credential,
    /// When it ends, where it does.
    until: Option<Time>,
}

/// An answer, and as whom it was asked for.
pub(super) struct Asked {
    pub(super) label: String,
    pub(super) outcome: Result<Reply, Box<Unanswered>>,
}

#[derive(Deserialize)]
struct TokenAnswer {
    token: Option<String>,
    access_token: Option<String>,
    expires_in: Option<u64>,
}

impl Registry {
    pub(super) fn new(image: Image, address: Url, token_server: Option<Url>) -> Self {
        Self {
            image,
            address,
            token_server,
            held: Mutex::default(),
        }
    }

    pub(super) fn image(&self) -> &Image {
        &self.image
    }

    pub(super) fn address(&self) -> &Url {
        &self.address
    }

    /// The address of something of this repository, as `["manifests", "1.0"]`.
    pub(super) fn url(&self, parts: &[&str]) -> Url {
        let mut url = self.address.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().push("v2");
            path.extend(self.image.repository().split('/'))
                .extend(parts);
        }
        url
    }

    /// Asks; where the registry demands a credential, gets it and asks again, once.
    pub(super) async fn send(&self, client: &Client, request: Request) -> Asked {
        let first = self.held_credential().await;
        let unasked = request.clone().may_be_challenged();
        let refusal = match client.send(&unasked.credential(first.clone())).await {
            Err(unanswered) if unanswered.status == Some(401) => unanswered,
            outcome => return asked(&first, outcome),
        };
        match self.answer(client, refusal, &first).await {
            Ok(credential) => {
                let again = request.credential(credential.clone());
                asked(&credential, client.send(&again).await)
            }
            Err((label, unanswered)) => Asked {
                label,
                outcome: Err(unanswered),
            },
        }
    }

    async fn held_credential(&self) -> Credential {
        match self.held.lock().await.as_ref() {
            Some(held) if held.is_good() => held.credential.clone(),
            _ => Credential::anonymous(),
        }
    }

    /// The credential that a refusal of `refused` demands. Questions that are refused at a time
    /// wait for one of them to get it.
    async fn answer(
        &self,
        client: &Client,
        refusal: Unanswered,
        refused: &Credential,
    ) -> Result<Credential, (String, Box<Unanswered>)> {
        let mut held = self.held.lock().await;
        if let Some(held) = held.as_ref()
            && held.is_good()
            && held.credential != *refused
        {
            return Ok(held.credential.clone());
        }
        *held = None;
        let login = match self.login(client).await {
            Ok(login) => login,
            Err(why) => return Err(("anonymous".to_owned(), Box::new(Unanswered::of(why)))),
        };
        match self.credential(client, refusal, &login).await {
            Ok(fresh) => {
                let credential = fresh.credential.clone();
                *held = Some(fresh);
                Ok(credential)
            }
            Err(unanswered) => Err((login.label().to_owned(), unanswered)),
        }
    }

    /// Whose login is used. A registry that takes a cloud's own credential ([`is_amazon_ecr`]) gets
    /// its login here, where Docker's files have none for it.
    async fn login(&self, client: &Client) -> Result<Login, Failure> {
        let (host, repository) = (self.image.host(), self.image.repository());
        let limit = client.limits().total;
        logins::login(client.environment(), host, repository, limit).await
    }

    async fn credential(
        &self,
        client: &Client,
        refusal: Unanswered,
        login: &Login,
    ) -> Result<Held, Box<Unanswered>> {
        let challenges = Challenge::all(&refusal.headers);
        let is = |scheme: &'static str| move |it: &&Challenge| it.scheme == scheme;
        let bearer = challenges.iter().find(is("bearer"));
        let forever = |credential: &Credential| Held {
            credential: credential.clone(),
            until: None,
        };
        match (bearer, challenges.iter().find(is("basic")), login) {
            (Some(_), _, Login::Registry(token)) => Ok(forever(token)),
            (Some(challenge), _, login) => self.token(client, challenge, login).await,
            (None, Some(_), Login::Plain(user)) if !user.is_anonymous() => Ok(forever(user)),
            (None, Some(_), Login::Plain(_)) => Err(Box::new(self.wants_login())),
            (None, Some(_), _) => Err(refused(format!(
                "{} wants a user name and a password, and the login is a token",
                self.image.host()
            ))),
            (None, None, _) => Err(Box::new(refusal)),
        }
    }

    fn wants_login(&self) -> Unanswered {
        let host = self.image.host();
        let how = match is_amazon_ecr(host) {
            true => {
                "pipe `aws ecr get-login-password` into `docker login --username AWS --password-stdin`, or configure its credential helper"
            }
            false => "run `docker login`, or configure its credential helper",
        };
        *refused(format!(
            "{host} wants a login, and Docker's configuration has none for it: {how}"
        ))
    }

    /// Gets a token that may read this repository.
    async fn token(
        &self,
        client: &Client,
        challenge: &Challenge,
        login: &Login,
    ) -> Result<Held, Box<Unanswered>> {
        let Some(realm) = challenge.parameter("realm") else {
            return Err(Box::new(Unanswered::of(malformed(
                "a challenge that names no token server",
            ))));
        };
        // What holds of a redirect holds of a realm: no plain http, no way into a network.
        let realm = http::target(&self.address, Some(realm)).map_err(|why| {
            Box::new(Unanswered::of(Failure {
                detail: format!("the token server is not asked: {}", why.detail),
                ..why
            }))
        })?;
        let trusted = may_get_login(&self.address, &realm, self.token_server.as_ref());
        if !login.is_anonymous() && !trusted {
            return Err(refused(format!(
                "{} names a token server on another host, {}, which does not get its login; \
                 where that is right, declare it as `token-server`",
                self.image.host(),
                RedactedUrl::of_path(&realm.origin().ascii_serialization()),
            )));
        }
        let service = challenge.parameter("service");
        let scope = self.scope(challenge.parameter("scope"));
        let (request, holder) = question(&realm, service, &scope, login);
        let sent = client
            .send(&request)
            .await
            .map_err(|it| Box::new(of_token_server(it)))?;
        let answer: TokenAnswer = serde_json::from_slice(&sent.body).map_err(|error| {
            let words = format!("the token server's answer: {}", place(&error));
            Box::new(Unanswered::of(malformed(words)))
        })?;
        let filled =
            |token: &String| !token.is_empty() && token.bytes().all(|b| b.is_ascii_graphic());
        let tokens = [answer.token, answer.access_token];
        let Some(token) = tokens.into_iter().flatten().find(filled) else {
            let words = "the token server's answer holds no token";
            return Err(Box::new(Unanswered::of(malformed(words))));
        };
        let life = answer.expires_in.unwrap_or(USUAL_LIFE).min(24 * 3600);
        Ok(Held {
            credential: holder.token_issued_by(&realm, token),
            // A little less, for clocks and for the way of the question.
            until: Some(sent.at.plus(Duration::from_seconds(life.saturating_sub(5)))),
        })
    }

    /// The scope that the registry asks for, where it is about reading this repository; else that
    /// itself: no registry chooses what else a token may do.
    fn scope(&self, wanted: Option<&str>) -> String {
        let mine = format!("repository:{}:", self.image.repository());
        let reads = |scope: &&str| {
            let actions = scope.strip_prefix(mine.as_str()).unwrap_or_default();
            !actions.is_empty()
                && actions
                    .split(',')
                    .all(|it| matches!(it, "pull" | "metadata_read"))
        };
        let wanted = wanted.unwrap_or_default().split(' ').filter(reads);
        let wanted: Vec<&str> = wanted.take(4).collect();
        match wanted.is_empty() {
            true => format!("{mine}pull"),
            false => wanted.join(" "),
        }
    }
}

impl Held {
    fn is_good(&self) -> bool {
        self.until.is_none_or(|until| now() < until)
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

/// Amazon ECR, private or public: its logins are made from AWS credentials.
fn is_amazon_ecr(host: &str) -> bool {
    let parts: Vec<&str> = host.split('.').collect();
    let domain = match parts.as_slice() {
        ["public", "ecr", "aws"] => return true,
        [account, "dkr", "ecr" | "ecr-fips", _, rest @ ..] if account.len() == 12 => rest,
        _ => return false,
    };
    matches!(domain, ["amazonaws", "com"] | ["amazonaws", "com", "cn"])
}

fn refused(detail: String) -> Box<Unanswered> {
    Box::new(Unanswered::of(Failure {
        kind: FailureKind::Unauthorized,
        detail: visible(&detail, 400),
    }))
}

fn asked(credential: &Credential, outcome: Result<Reply, Unanswered>) -> Asked {
    Asked {
        label: credential.label().to_owned(),
        outcome: outcome.map_err(Box::new),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registry(image: &str) -> Registry {
        let image = Image::read(image).unwrap();
        let address = image.registry().unwrap();
        Registry::new(image, address, None)
    }

    #[test]
    fn a_registry_chooses_nothing_but_reading_this_repository() {
        let registry = registry("ghcr.io/acme/api");
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
            assert_eq!(registry.scope(wanted), mine, "{wanted:?}");
        }
        let azure = "repository:acme/api:metadata_read";
        assert_eq!(registry.scope(Some(azure)), azure);
        assert_eq!(
            registry.url(&["manifests", "1.0"]).as_str(),
            "https://ghcr.io/v2/acme/api/manifests/1.0"
        );
    }

    #[test]
    fn amazon_ecr_is_told_by_its_name() {
        for right in [
            "111122223333.dkr.ecr.eu-west-1.amazonaws.com",
            "111122223333.dkr.ecr-fips.us-gov-west-1.amazonaws.com",
            "111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn",
            "public.ecr.aws",
        ] {
            assert!(is_amazon_ecr(right), "{right}");
        }
        for wrong in [
            "111122223333.dkr.ecr.eu-west-1.amazonaws.com.evil.example",
            "dkr.ecr.eu-west-1.amazonaws.com",
            "ghcr.io",
        ] {
            assert!(!is_amazon_ecr(wrong), "{wrong}");
        }
    }
}
