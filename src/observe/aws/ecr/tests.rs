//! ECR's JSON API played by a small server: moto's tokens never end, and its digests are its own.

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
        let detail =
            json!({"imageDigest": digest, "imageTags": ["1.0"], "imagePushedAt": 1767225600.25});
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
