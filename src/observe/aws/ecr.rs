//! Elastic Container Registry: logins for the registry protocol, and when images were pushed.
//!
//! Source: Amazon ECR API reference, GetAuthorizationToken and DescribeImages.

use base64::Engine as _;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::chain::MARGIN;
use super::endpoint::Service;
use super::refusal;
use super::service::Session;
use super::unanswered;
use crate::model::{Digest, FailureKind, Time};
use crate::observe::environment::now;
use crate::observe::http::{Client, Credential, HeaderValue, Request, Unanswered};

/// A private registry: `<12 digits>.dkr.ecr[-fips].<region>.amazonaws.com[.cn]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::observe) struct Registry {
    account: String,
    region: String,
}

/// An image as `DescribeImages` tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::observe) struct EcrImage {
    /// Digest of its manifest or index.
    pub(in crate::observe) digest: Digest,
    /// Its tags at that time.
    pub(in crate::observe) tags: Vec<String>,
    /// When it was pushed to the repository, by AWS's clock; a tag that moved later is not newer.
    pub(in crate::observe) pushed_at: Option<Time>,
}

/// A login that is kept until it ends.
pub(super) struct Login {
    registry: Registry,
    credential: Credential,
    until: Time,
}

/// Images that are read of one repository.
const MAXIMUM_IMAGES: usize = 100_000;

/// Tags in one question, as the API allows.
const TAGS_AT_A_TIME: usize = 100;

/// The longest page, in bytes.
const PAGE_BYTES: u64 = 16 << 20;

impl Registry {
    /// The registry of a host; nothing for every other host.
    pub(in crate::observe) fn of_host(host: &str) -> Option<Self> {
        let host = host.to_ascii_lowercase();
        let (account, rest) = host.split_once(".dkr.ecr")?;
        let rest = rest.strip_prefix("-fips").unwrap_or(rest);
        let (region, domain) = rest.strip_prefix('.')?.split_once('.')?;
        let digits = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
        let word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let known = (4..=32).contains(&region.len())
            && region.bytes().all(word)
            && domain == super::endpoint::suffix(region);
        (digits && known).then(|| Self {
            account: account.to_owned(),
            region: region.to_owned(),
        })
    }
}

/// The login of a registry for the registry protocol (Basic, or for a token where it asks for one).
/// It is fetched once and kept until shortly before it ends.
///
/// # Errors
/// Why there is none: no credential of AWS, no permission, no answer.
pub(in crate::observe) async fn login(
    client: &Client,
    registry: &Registry,
) -> Result<Credential, Box<Unanswered>> {
    // Held while asking: the others wait for the one answer.
    let mut logins = client.wallet().logins.lock().await;
    logins.retain(|login| now() < login.until);
    if let Some(login) = logins.iter().find(|login| login.registry == *registry) {
        return Ok(login.credential.clone());
    }
    let ecr = Session::of(client, Service::Ecr, &registry.region).await?;
    let body = json!({"registryIds": [registry.account]});
    let action = "ecr:GetAuthorizationToken";
    let reply: Tokens = ask(client, &ecr, "GetAuthorizationToken", &body, action).await?;
    let found = reply.data.first().and_then(|data| {
        let login = base64::engine::general_purpose::STANDARD
            .decode(&data.token)
            .ok()?;
        let login = String::from_utf8(login).ok()?;
        let (user, password) = login.split_once(':')?;
        Some((user.to_owned(), password.to_owned(), data.expires))
    });
    let Some((user, password, expires)) = found else {
        let words = "GetAuthorizationToken gave no login";
        return Err(unanswered(FailureKind::Malformed, words));
    };
    let label = format!("{} (ecr)", ecr.label());
    let credential = Credential::basic(label, user, password);
    // Without an end it is used for this question alone.
    if let Some(end) = expires.and_then(moment) {
        logins.push(Login {
            registry: registry.clone(),
            credential: credential.clone(),
            until: end.minus(MARGIN),
        });
    }
    Ok(credential)
}

/// What ECR says about the images of these tags, or of all tagged images where none is given. A tag
/// that is not there has no image in the answer.
///
/// # Errors
/// Why there is no whole answer; a repository that is not there is one.
pub(in crate::observe) async fn describe_images(
    client: &Client,
    registry: &Registry,
    repository: &str,
    tags: &[&str],
) -> Result<Vec<EcrImage>, Box<Unanswered>> {
    let ecr = Session::of(client, Service::Ecr, &registry.region).await?;
    let about = json!({"registryId": registry.account, "repositoryName": repository});
    if tags.is_empty() {
        return all_images(client, &ecr, about).await;
    }
    let mut images = Vec::new();
    for some in tags.chunks(TAGS_AT_A_TIME) {
        match some_images(client, &ecr, &about, some).await {
            Ok(page) => add(&mut images, page)?,
            // One tag that is not there fails the whole question.
            Err(refused) if lacks_an_image(&refused) => {
                for tag in some {
                    match some_images(client, &ecr, &about, &[*tag]).await {
                        Ok(page) => add(&mut images, page)?,
                        Err(refused) if lacks_an_image(&refused) => {}
                        Err(refused) => return Err(refused),
                    }
                }
            }
            Err(refused) => return Err(refused),
        }
    }
    Ok(images)
}

async fn all_images(
    client: &Client,
    ecr: &Session,
    mut about: Value,
) -> Result<Vec<EcrImage>, Box<Unanswered>> {
    about["maxResults"] = json!(1000);
    about["filter"] = json!({"tagStatus": "TAGGED"});
    let mut images = Vec::new();
    loop {
        let page: Images = describe(client, ecr, &about).await?;
        let next = page.next.clone();
        add(&mut images, page)?;
        match next {
            None => return Ok(images),
            Some(next) if about.get("nextToken") == Some(&json!(next)) => {
                let words = "DescribeImages gives the same page again and again";
                return Err(unanswered(FailureKind::Malformed, words));
            }
            Some(next) => about["nextToken"] = json!(next),
        }
    }
}

async fn some_images(
    client: &Client,
    ecr: &Session,
    about: &Value,
    tags: &[&str],
) -> Result<Images, Box<Unanswered>> {
    let mut about = about.clone();
    about["imageIds"] = tags.iter().map(|tag| json!({"imageTag": tag})).collect();
    describe(client, ecr, &about).await
}

async fn describe(client: &Client, ecr: &Session, body: &Value) -> Result<Images, Box<Unanswered>> {
    ask(client, ecr, "DescribeImages", body, "ecr:DescribeImages").await
}

fn lacks_an_image(refused: &Unanswered) -> bool {
    refusal::code(refused).as_deref() == Some("ImageNotFoundException")
}

fn add(images: &mut Vec<EcrImage>, page: Images) -> Result<(), Box<Unanswered>> {
    for detail in page.details {
        let Ok(digest) = detail.digest.parse() else {
            let words = "DescribeImages gives a digest that is none";
            return Err(unanswered(FailureKind::Malformed, words));
        };
        images.push(EcrImage {
            digest,
            tags: detail.tags,
            pushed_at: detail.pushed.and_then(moment),
        });
    }
    if images.len() > MAXIMUM_IMAGES {
        let words = format!("the repository has more than {MAXIMUM_IMAGES} tagged images");
        return Err(unanswered(FailureKind::TooLarge, words));
    }
    Ok(())
}

/// Seconds since the epoch, with a fraction.
fn moment(seconds: f64) -> Option<Time> {
    let sane = seconds.is_finite() && (0.0..1e11).contains(&seconds);
    sane.then(|| Time::from_unix_seconds(seconds as i64))
}

async fn ask<T: DeserializeOwned>(
    client: &Client,
    ecr: &Session,
    operation: &str,
    body: &Value,
    action: &str,
) -> Result<T, Box<Unanswered>> {
    let malformed = || {
        let words = format!("the answer to {operation} is not what the API says");
        unanswered(FailureKind::Malformed, words)
    };
    let target = format!("AmazonEC2ContainerRegistry_V20150921.{operation}");
    let target = HeaderValue::from_str(&target).map_err(|_| malformed())?;
    let body = body.to_string().into_bytes();
    let request = Request::idempotent_post(ecr.url("", None), "application/json", body)
        .header("content-type", "application/x-amz-json-1.1")
        .header_value("x-amz-target", target)
        .body_cap(PAGE_BYTES);
    let reply = ecr.send(client, request, action).await?;
    serde_json::from_slice(&reply.body).map_err(|_| malformed())
}

#[derive(Deserialize)]
struct Tokens {
    #[serde(rename = "authorizationData")]
    data: Vec<Token>,
}

#[derive(Deserialize)]
struct Token {
    #[serde(rename = "authorizationToken")]
    token: String,
    #[serde(rename = "expiresAt")]
    expires: Option<f64>,
}

#[derive(Deserialize)]
struct Images {
    #[serde(rename = "imageDetails")]
    details: Vec<Detail>,
    #[serde(rename = "nextToken")]
    next: Option<String>,
}

#[derive(Deserialize)]
struct Detail {
    #[serde(rename = "imageDigest")]
    digest: String,
    #[serde(rename = "imageTags", default)]
    tags: Vec<String>,
    #[serde(rename = "imagePushedAt")]
    pushed: Option<f64>,
}

#[cfg(test)]
mod tests;
