//! A repository of a registry as somebody: sends questions and answers challenges with the right
//! credential (distribution/distribution, "Token Authentication Specification").

use tokio::sync::Mutex;
use url::Url;

use super::challenge::Challenge;
use super::image::Image;
use super::login::Login;
use super::logins;
use super::token;
use crate::model::{Duration, Failure, FailureKind, Time, visible};
use crate::observe::http::{Client, Credential, Reply, Request, Unanswered};
use crate::observe::{aws, now};

/// The longest answer to `GET /v2/`, which says nothing.
const GREETING_BYTES: u64 = 64 << 10;

/// How long a login that was found is used before it is looked for again.
const LOGIN_LIFE: Duration = Duration::from_minutes(1);

/// A repository and whoever asks it.
pub(super) struct Registry {
    image: Image,
    address: Url,
    token_server: Option<Url>,
    /// Where the host is Amazon ECR's: its logins are made of AWS credentials.
    ecr: Option<aws::Registry>,
    held: Mutex<Option<Held>>,
    login: Mutex<Option<(Time, FoundLogin)>>,
    /// Something will be pushed: tokens are asked for with that right.
    pushes: bool,
}

/// A login that was looked for, or why nobody can say whether there is one.
type FoundLogin = Result<Login, Box<Unanswered>>;

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

impl Registry {
    pub(super) fn new(
        image: Image,
        address: Url,
        token_server: Option<Url>,
        ecr: Option<aws::Registry>,
    ) -> Self {
        Self {
            image,
            address,
            token_server,
            ecr,
            held: Mutex::default(),
            login: Mutex::default(),
            pushes: false,
        }
    }

    /// The same, with tokens that may push.
    pub(super) fn pushing(self) -> Self {
        Self {
            pushes: true,
            ..self
        }
    }

    /// What tokens are asked for.
    pub(super) fn actions(&self) -> &'static str {
        match self.pushes {
            true => "pull,push",
            false => "pull",
        }
    }

    pub(super) fn image(&self) -> &Image {
        &self.image
    }

    pub(super) fn address(&self) -> &Url {
        &self.address
    }

    /// The token server that the policy declares.
    pub(super) fn token_server(&self) -> Option<&Url> {
        self.token_server.as_ref()
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
        let first = match self.first(client).await {
            Ok(first) => first,
            Err((label, unanswered)) => {
                return Asked {
                    label,
                    outcome: Err(unanswered),
                };
            }
        };
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

    /// The credential to begin with. Where there is a login, the registry is asked first what it
    /// demands (`GET /v2/`, as Docker does): some say "not found" or "forbidden" to nobody, without
    /// a challenge.
    async fn first(&self, client: &Client) -> Result<Credential, (String, Box<Unanswered>)> {
        let mut held = self.held.lock().await;
        if let Some(held) = held.as_ref()
            && held.is_good()
        {
            return Ok(held.credential.clone());
        }
        let login = match self.login(client).await {
            Ok(login) => login,
            // Amazon ECR answers nobody: without a login it is not asked.
            Err(why) if self.ecr.is_some() => return Err(("anonymous".to_owned(), why)),
            // Where no credential is demanded, a login that cannot be read is not missed.
            Err(_) => Login::anonymous(),
        };
        let mut fresh = Held::for_good(Credential::anonymous());
        if !login.is_anonymous() {
            let mut url = self.address.clone();
            if let Ok(mut path) = url.path_segments_mut() {
                path.pop_if_empty().push("v2").push("");
            }
            let question = Request::get(url, "application/json").body_cap(GREETING_BYTES);
            let greeting = client.send(&question.may_be_challenged()).await;
            if let Err(refusal) = greeting
                && refusal.status == Some(401)
            {
                let credential = self.credential(client, refusal, &login).await;
                fresh = credential.map_err(|why| (login.label().to_owned(), why))?;
            }
        }
        let credential = fresh.credential.clone();
        *held = Some(fresh);
        Ok(credential)
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
            Err(why) => return Err(("anonymous".to_owned(), why)),
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

    /// Whose login is used: that of Docker's files; where they have none for a host of Amazon ECR,
    /// one of AWS.
    ///
    /// What was found, a helper that does not work too, is not looked for again for a while.
    async fn login(&self, client: &Client) -> FoundLogin {
        let mut known = self.login.lock().await;
        if let Some((until, login)) = known.as_ref()
            && now() < *until
        {
            return login.clone();
        }
        let (host, repository) = (self.image.host(), self.image.repository());
        let limit = client.limits().total;
        let login = logins::login(client.environment(), host, repository, limit).await;
        let login = match (login, &self.ecr) {
            (Ok(login), Some(ecr)) if login.is_anonymous() => {
                let login = aws::login(client, ecr).await;
                login
                    .map(Login::Plain)
                    .map_err(|why| self.without_login(&why))
            }
            (login, _) => login.map_err(|why| Box::new(Unanswered::of(why))),
        };
        *known = Some((now().plus(LOGIN_LIFE), login.clone()));
        login
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
        match (bearer, challenges.iter().find(is("basic")), login) {
            (Some(_), _, Login::Registry(token)) => Ok(Held::for_good(token.clone())),
            (Some(challenge), _, login) => {
                let (credential, until) = token::issued(self, client, challenge, login).await?;
                Ok(Held {
                    credential,
                    until: Some(until),
                })
            }
            (None, Some(_), Login::Plain(user)) if !user.is_anonymous() => {
                Ok(Held::for_good(user.clone()))
            }
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
        *refused(format!(
            "{host} wants a login, and Docker's configuration has none for it: run `docker login`, or configure its credential helper"
        ))
    }

    /// Why AWS gives no login. Nothing was asked of the registry: no status of AWS is its own, and
    /// what AWS does not find is nobody's absence.
    fn without_login(&self, of_aws: &Unanswered) -> Box<Unanswered> {
        let kind = match of_aws.failure.kind {
            FailureKind::NotFound => FailureKind::UnexpectedStatus,
            kind => kind,
        };
        let host = self.image.host();
        let detail = format!(
            "Docker's configuration has no login for {host}, and AWS gives none: {}",
            of_aws.failure.detail
        );
        Box::new(Unanswered {
            retry_at: of_aws.retry_at,
            ..Unanswered::of(Failure { kind, detail })
        })
    }
}

impl Held {
    fn for_good(credential: Credential) -> Self {
        Self {
            credential,
            until: None,
        }
    }

    fn is_good(&self) -> bool {
        self.until.is_none_or(|until| now() < until)
    }
}

/// A login that is lacking, or must not be sent.
pub(super) fn refused(detail: String) -> Box<Unanswered> {
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
