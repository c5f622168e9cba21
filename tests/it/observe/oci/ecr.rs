//! Amazon ECR: a real registry that wants the password of the user `AWS`, and its JSON API as a
//! script, for moto's images have digests of their own and its logins never end.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lockstep::model::{Answer, Digest, FailureKind, Observation};
use lockstep::observe::oci::{Image, Repository};
use lockstep::observe::{Ask, Environment};
use serde_json::{Value, json};
use url::Url;

use super::pusher::Pusher;
use super::registries::{Demand, PASSWORD, Registry, USER};
use crate::observe::asking::{World, about, entry_of, failure, patient, whole};
use crate::observe::loopback::{Heard, Loopback, Step, answer};
use crate::observe::secrets::{assert_clean, traces};

const HOST: &str = "111122223333.dkr.ecr.eu-west-1.amazonaws.com";

/// The image `acme/api` of ECR, whose registry is at this address.
fn image_at(registry: &str) -> Arc<dyn Ask> {
    let image = Image::read(&format!("{HOST}/acme/api")).unwrap();
    let registry = Url::parse(registry).unwrap();
    Arc::new(Repository::new(image, registry, None, None))
}

/// A real registry with two tags, closed to all but its users.
struct Closed {
    registry: Registry,
    digests: [Digest; 2],
}

fn closed() -> Option<Closed> {
    let registry = Registry::distribution(Demand::Password)?;
    let mut pusher = Pusher::new(registry.port());
    pusher.authorization = Some(format!("Basic {}", encoded("AWS")));
    let push = |tag: &str| {
        let pushed = pusher.image("acme/api", Some(tag), "linux/amd64", tag);
        pushed.digest
    };
    let digests = [push("1.0"), push("1.1")];
    Some(Closed { registry, digests })
}

impl Closed {
    fn channel(&self) -> Arc<dyn Ask> {
        image_at(&format!("http://127.0.0.1:{}/", self.registry.port()))
    }
}

fn encoded(user: &str) -> String {
    STANDARD.encode(format!("{user}:{PASSWORD}"))
}

/// The API, which says this of images.
fn api(images: impl Fn() -> Vec<Step> + Send + Sync + 'static) -> Loopback {
    Loopback::start(move |heard| match operation(heard).as_str() {
        "GetAuthorizationToken" => {
            let data = json!({"authorizationToken": encoded("AWS"), "expiresAt": 4e9});
            reply("200 OK", &json!({"authorizationData": [data]}))
        }
        _ => images(),
    })
}

fn operation(heard: &Heard) -> String {
    let target = heard.header("x-amz-target").unwrap();
    target.rsplit('.').next().unwrap().to_owned()
}

fn reply(status: &str, body: &Value) -> Vec<Step> {
    answer(status, &[], body.to_string().as_bytes())
}

/// Nobody is signed in, and there is no machine of AWS beneath.
fn nobody(api: &Loopback) -> Environment {
    Environment::empty()
        .with("AWS_ENDPOINT_URL_ECR", api.url(""))
        .with("AWS_EC2_METADATA_DISABLED", "true")
}

fn signed_in(api: &Loopback) -> Environment {
    nobody(api)
        .with("AWS_ACCESS_KEY_ID", "AKIA1")
        .with("AWS_SECRET_ACCESS_KEY", "s3cr3t-planted")
}

/// The listing and three names, of which one is not there.
fn seen(environment: Environment, ask: &Arc<dyn Ask>) -> Vec<Observation> {
    let world = World::with(patient(), environment);
    let seen = world.ask_names(ask, &["1.0", "1.1", "9.9"], &["1.0"]);
    assert_clean(&traces(&world, &seen));
    seen
}

fn operations(api: &Loopback) -> Vec<String> {
    api.heard().iter().map(operation).collect()
}

#[test]
fn the_login_is_one_of_aws_and_a_push_is_stated_where_its_digest_is_the_tags() {
    let Some(closed) = closed() else { return };
    let detail = |digest: Digest, tag: &str| {
        json!({"imageDigest": digest.to_string(), "imageTags": [tag],
            "imagePushedAt": 1_767_225_600.25})
    };
    let other = Digest::of(b"what 1.1 was before");
    let images = json!({"imageDetails": [detail(closed.digests[0], "1.0"), detail(other, "1.1")]});
    let api = api(move || reply("200 OK", &images));
    let seen = seen(signed_in(&api), &closed.channel());
    assert_eq!(whole(&seen[0]).entries.len(), 2);
    let entries = [entry_of(&seen, "1.0"), entry_of(&seen, "1.1")];
    let digests = entries.map(|entry| entry.digest.unwrap());
    assert_eq!(digests, closed.digests);
    assert_eq!(
        entries.map(|entry| entry.published),
        ["2026-01-01T00:00:00Z".parse().ok(), None]
    );
    assert!(entries[0].platforms.contains_key("linux/amd64"));
    assert!(matches!(
        about(&seen, "9.9").answer,
        Answer::Absent { parent_read } if parent_read == seen[0].id
    ));
    for observation in &seen {
        assert_eq!(observation.credential, "aws:environment (ecr)");
    }
    assert_eq!(
        operations(&api),
        ["GetAuthorizationToken", "DescribeImages"]
    );
    let body: Value = serde_json::from_slice(&api.heard()[1].body).unwrap();
    assert_eq!(body["repositoryName"], "acme/api");
    assert_eq!(body["registryId"], "111122223333");
    let asked = json!([{"imageTag": "1.0"}, {"imageTag": "1.1"}]);
    assert_eq!(body["imageIds"], asked);
}

#[test]
fn a_login_of_dockers_configuration_goes_first_and_needs_no_aws() {
    let Some(closed) = closed() else { return };
    let api = api(|| reply("500 Internal Server Error", &json!({})));
    let configuration = json!({"auths": {HOST: {"auth": encoded(USER)}}});
    for environment in [nobody(&api), signed_in(&api)] {
        let environment = environment.with("DOCKER_AUTH_CONFIG", configuration.to_string());
        let seen = seen(environment, &closed.channel());
        assert!(seen.iter().all(|it| failure(it).is_none()), "{seen:?}");
        assert_eq!(seen[0].credential, "docker configuration");
        assert_eq!(entry_of(&seen, "1.0").published, None);
    }
    let asked = operations(&api);
    assert!(!asked.is_empty() && asked.iter().all(|it| it == "DescribeImages"));
}

#[test]
fn images_that_are_not_described_are_no_failure_of_the_channel() {
    let Some(closed) = closed() else { return };
    let faults: [fn() -> Vec<Step>; 5] = [
        || {
            reply(
                "400 Bad Request",
                &json!({"__type": "AccessDeniedException"}),
            )
        },
        || {
            reply(
                "400 Bad Request",
                &json!({"__type": "RepositoryNotFoundException"}),
            )
        },
        || {
            reply(
                "200 OK",
                &json!({"imageDetails": [{"imageDigest": "none"}]}),
            )
        },
        || answer("200 OK", &[], b"<html>"),
        || vec![Step::Reset],
    ];
    for fault in faults {
        let api = api(fault);
        let seen = seen(signed_in(&api), &closed.channel());
        assert!(seen.iter().all(|it| failure(it).is_none()), "{seen:?}");
        let entry = entry_of(&seen, "1.0");
        assert_eq!(
            (entry.digest, entry.published),
            (Some(closed.digests[0]), None)
        );
    }
}

/// Without a login nobody is asked in its place, and nothing is absent.
#[test]
fn where_aws_gives_no_login_the_registry_is_not_asked() {
    let registry = Loopback::start(|_| answer("404 Not Found", &[], b""));
    let refuse = |status: &'static str, code: &'static str| {
        let body = json!({"__type": code, "message": "s3cr3t-planted"});
        Loopback::start(move |_| reply(status, &body))
    };
    let refusals = [
        (
            refuse("400 Bad Request", "AccessDeniedException"),
            FailureKind::Forbidden,
            "ecr:GetAuthorizationToken",
        ),
        (
            refuse("400 Bad Request", "ExpiredTokenException"),
            FailureKind::Unauthorized,
            "sign in again",
        ),
        (
            refuse("404 Not Found", "ResourceNotFoundException"),
            FailureKind::UnexpectedStatus,
            "AWS gives none",
        ),
        (
            refuse("200 OK", "none"),
            FailureKind::Malformed,
            "GetAuthorizationToken",
        ),
    ];
    let told = |environment: Environment, kind: FailureKind, words: &str| {
        // A login that was found, or not, is kept for a while.
        let ask = image_at(&registry.url("/"));
        for observation in seen(environment, &ask) {
            let (found, detail) = failure(&observation).unwrap();
            assert_eq!(found, kind, "{detail}");
            assert!(detail.contains(words), "{detail}");
        }
    };
    for (api, kind, words) in &refusals {
        told(signed_in(api), *kind, words);
    }
    let (api, _, _) = &refusals[0];
    told(nobody(api), FailureKind::Unauthorized, "AWS_PROFILE");
    // Nobody can say whether a file that cannot be read has a login: AWS is not asked instead.
    let asked = api.heard().len();
    let broken = signed_in(api).with("DOCKER_AUTH_CONFIG", "{");
    told(broken, FailureKind::Unauthorized, "DOCKER_AUTH_CONFIG");
    assert_eq!(api.heard().len(), asked);
    assert_eq!(registry.heard().len(), 0);
}
