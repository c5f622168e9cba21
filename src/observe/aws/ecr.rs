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
use super::service::Region;
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
    let ecr = Region::of(client, Service::Ecr, &registry.region).await?;
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
    let ecr = Region::of(client, Service::Ecr, &registry.region).await?;
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
    ecr: &Region,
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
    ecr: &Region,
    about: &Value,
    tags: &[&str],
) -> Result<Images, Box<Unanswered>> {
    let mut about = about.clone();
    about["imageIds"] = tags.iter().map(|tag| json!({"imageTag": tag})).collect();
    describe(client, ecr, &about).await
}

async fn describe(client: &Client, ecr: &Region, body: &Value) -> Result<Images, Box<Unanswered>> {
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
    ecr: &Region,
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
mod tests {
    use std::sync::{Arc, Mutex};

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;
    use crate::observe::Environment;
    use crate::observe::http::{Limits, Silent};

    #[test]
    fn only_hosts_of_ecr_are_registries() {
        let registry = |host: &str| {
            let found = Registry::of_host(host)?;
            Some(format!("{} {}", found.account, found.region))
        };
        for (host, found) in [
            (
                "111122223333.dkr.ecr.eu-west-1.amazonaws.com",
                "111122223333 eu-west-1",
            ),
            (
                "111122223333.dkr.ecr-fips.us-gov-west-1.amazonaws.com",
                "111122223333 us-gov-west-1",
            ),
            (
                "111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn",
                "111122223333 cn-north-1",
            ),
        ] {
            assert_eq!(registry(host).as_deref(), Some(found));
        }
        for foreign in [
            "ghcr.io",
            "public.ecr.aws",
            "11112222333.dkr.ecr.eu-west-1.amazonaws.com",
            "111122223333.dkr.ecr.eu-west-1.amazonaws.com.evil.example",
            "111122223333.dkr.ecr.eu-west-1.amazonaws.com.cn",
            "111122223333.dkr.ecr.eu-west-1.evil.example",
            "111122223333.dkr.ecr.evil/x.amazonaws.com",
            "111122223333.dkr.ecrx.eu-west-1.amazonaws.com",
        ] {
            assert_eq!(registry(foreign), None, "{foreign}");
        }
    }

    /// A server of ECR's JSON API: for each request, what the script makes of operation and body.
    struct Ecr {
        client: Client,
        registry: Registry,
        asked: Arc<Mutex<Vec<(String, Value)>>>,
    }

    async fn ecr(script: fn(&str, &Value) -> (u16, Value)) -> Ecr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = asked.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut heard = Vec::new();
                let (head, body) = loop {
                    stream.read_buf(&mut heard).await.unwrap();
                    let text = String::from_utf8_lossy(&heard).into_owned();
                    let Some((head, body)) = text.split_once("\r\n\r\n") else {
                        continue;
                    };
                    if let Ok(body) = serde_json::from_str::<Value>(body) {
                        break (head.to_owned(), body);
                    }
                };
                assert!(head.contains("authorization: AWS4-HMAC-SHA256 Credential=AKIA1/"));
                let target = "x-amz-target: AmazonEC2ContainerRegistry_V20150921.";
                let operation = head.split(target).nth(1).unwrap();
                let operation = operation.lines().next().unwrap();
                let (status, answer) = script(operation, &body);
                log.lock().unwrap().push((operation.to_owned(), body));
                let answer = answer.to_string();
                let text = format!(
                    "HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{answer}",
                    answer.len()
                );
                stream.write_all(text.as_bytes()).await.unwrap();
            }
        });
        let environment = Environment::empty()
            .with("AWS_ACCESS_KEY_ID", "AKIA1")
            .with("AWS_SECRET_ACCESS_KEY", "s3cr3t")
            .with("AWS_ENDPOINT_URL_ECR", format!("http://{address}"));
        let client = Client::new(environment, Limits::default(), Arc::new(Silent)).unwrap();
        let host = "111122223333.dkr.ecr.eu-west-1.amazonaws.com";
        let registry = Registry::of_host(host).unwrap();
        Ecr {
            client,
            registry,
            asked,
        }
    }

    impl Ecr {
        fn count(&self) -> usize {
            self.asked.lock().unwrap().len()
        }
    }

    /// `AWS:pass:word`.
    const TOKEN: &str = "QVdTOnBhc3M6d29yZA==";

    #[tokio::test]
    async fn a_login_is_asked_for_once_until_it_ends() {
        let lasting = ecr(|_, _| {
            let end = now()
                .plus(crate::model::Duration::from_hours(12))
                .unix_seconds();
            let data = json!({"authorizationToken": TOKEN, "expiresAt": end as f64 + 0.5});
            (200, json!({"authorizationData": [data]}))
        })
        .await;
        let wanted = Credential::basic("aws:environment (ecr)", "AWS".into(), "pass:word".into());
        for _ in 0..3 {
            let found = login(&lasting.client, &lasting.registry).await.unwrap();
            assert_eq!(found, wanted);
        }
        assert_eq!(lasting.count(), 1);
        let (operation, body) = lasting.asked.lock().unwrap()[0].clone();
        assert_eq!(operation, "GetAuthorizationToken");
        assert_eq!(body, json!({"registryIds": ["111122223333"]}));

        let ended = ecr(|_, _| {
            let end = now().unix_seconds() + 60;
            let data = json!({"authorizationToken": TOKEN, "expiresAt": end});
            (200, json!({"authorizationData": [data]}))
        })
        .await;
        for _ in 0..2 {
            login(&ended.client, &ended.registry).await.unwrap();
        }
        assert_eq!(ended.count(), 2);
    }

    #[tokio::test]
    async fn an_answer_without_a_login_is_a_failure_that_does_not_show_it() {
        for answer in [
            json!({}),
            json!({"authorizationData": []}),
            json!({"authorizationData": [{"authorizationToken": "czNjcjN0"}]}),
            json!({"authorizationData": [{"authorizationToken": "s3cr3t"}]}),
        ] {
            static ANSWER: Mutex<Option<Value>> = Mutex::new(None);
            *ANSWER.lock().unwrap() = Some(answer);
            let ecr = ecr(|_, _| (200, ANSWER.lock().unwrap().clone().unwrap())).await;
            let error = login(&ecr.client, &ecr.registry).await.unwrap_err();
            assert_eq!(error.failure.kind, FailureKind::Malformed);
            assert!(!format!("{error:?}").contains("s3cr3t"), "{error:?}");
        }
    }

    #[tokio::test]
    async fn all_images_are_read_page_by_page() {
        let ecr = ecr(|_, body| {
            let second = body.get("nextToken").is_some();
            let digest = format!("sha256:{}", if second { "22" } else { "11" }.repeat(32));
            let detail = json!({"imageDigest": digest, "imageTags": ["1.0"], "imagePushedAt": 1767225600.25});
            match second {
                true => (200, json!({"imageDetails": [detail]})),
                false => (200, json!({"imageDetails": [detail], "nextToken": "n"})),
            }
        })
        .await;
        let images = describe_images(&ecr.client, &ecr.registry, "api", &[])
            .await
            .unwrap();
        assert_eq!(images.len(), 2);
        assert_eq!(
            images[0].pushed_at,
            Some("2026-01-01T00:00:00Z".parse().unwrap())
        );
        assert_eq!(ecr.count(), 2);
    }

    #[tokio::test]
    async fn a_page_that_repeats_itself_ends() {
        let ecr = ecr(|_, _| (200, json!({"imageDetails": [], "nextToken": "n"}))).await;
        let error = describe_images(&ecr.client, &ecr.registry, "api", &[])
            .await
            .unwrap_err();
        assert_eq!(error.failure.kind, FailureKind::Malformed);
    }

    #[tokio::test]
    async fn one_tag_that_is_not_there_does_not_hide_the_others() {
        let ecr = ecr(|_, body| {
            let ids = body["imageIds"].as_array().unwrap();
            if ids.contains(&json!({"imageTag": "gone"})) {
                return (
                    400,
                    json!({"__type": "ImageNotFoundException", "message": "x"}),
                );
            }
            let digest = format!("sha256:{}", "11".repeat(32));
            let tags: Vec<&Value> = ids.iter().map(|id| &id["imageTag"]).collect();
            (
                200,
                json!({"imageDetails": [{"imageDigest": digest, "imageTags": tags}]}),
            )
        })
        .await;
        let tags = ["1.0", "gone", "1.1"];
        let images = describe_images(&ecr.client, &ecr.registry, "api", &tags)
            .await
            .unwrap();
        let found: Vec<_> = images.iter().flat_map(|image| &image.tags).collect();
        assert_eq!(found, ["1.0", "1.1"]);
    }

    #[tokio::test]
    async fn refusals_say_what_to_do() {
        let ecr = ecr(|_, body| {
            let code = match body["repositoryName"].as_str().unwrap() {
                "denied" => "com.amazonaws.ecr#AccessDeniedException",
                "gone" => "RepositoryNotFoundException",
                _ => "ExpiredTokenException",
            };
            (400, json!({"__type": code, "message": "s3cr3t"}))
        })
        .await;
        for (repository, kind, words) in [
            ("denied", FailureKind::Forbidden, "ecr:DescribeImages"),
            ("gone", FailureKind::NotFound, "RepositoryNotFoundException"),
            ("old", FailureKind::Unauthorized, "sign in again"),
        ] {
            let error = describe_images(&ecr.client, &ecr.registry, repository, &["1"]).await;
            let error = error.unwrap_err();
            assert_eq!(error.failure.kind, kind);
            assert!(
                error.failure.detail.contains(words),
                "{}",
                error.failure.detail
            );
            assert!(!format!("{error:?}").contains("s3cr3t"), "{error:?}");
        }
    }
}
