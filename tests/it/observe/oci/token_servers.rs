//! Token servers: the real handshake with Debian's registry, and servers that want what is not
//! theirs (THREATS row 19).

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lockstep::model::{Digest, FailureKind, Observation};
use lockstep::observe::{Ask, Environment};
use serde_json::json;

use super::channel;
use super::pusher::{IMAGE, Pusher};
use super::registries::{Demand, PASSWORD, Registry, TokenServer, USER};
use super::scripted::channel_at;
use crate::observe::asking::{World, about, configure, entry_of, failure, patient, short, whole};
use crate::observe::loopback::{Heard, Loopback, Step, answer, head};
use crate::observe::secrets::{assert_clean, traces};

const JSON: (&str, &str) = ("content-type", "application/json");

/// A world whose Docker configuration holds this login for a host.
fn world_of(host: &str, login: &serde_json::Value) -> (World, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let mut auths = serde_json::Map::new();
    auths.insert(host.to_owned(), login.clone());
    let text = json!({"auths": auths}).to_string();
    std::fs::write(folder.path().join("config.json"), text).unwrap();
    let place = folder.path().to_str().unwrap();
    let environment = Environment::empty().with("DOCKER_CONFIG", place);
    (World::with(patient(), environment), folder)
}

fn basic() -> serde_json::Value {
    json!({"auth": STANDARD.encode(format!("{USER}:{PASSWORD}"))})
}

fn host(server: &Loopback) -> String {
    server.url("").strip_prefix("http://").unwrap().to_owned()
}

/// The real handshake, as a user and with a refresh token; the token is got once.
#[test]
fn a_token_is_got_once_and_opens_the_repository() {
    let tokens = TokenServer::start();
    let Some(registry) = Registry::distribution(Demand::Token(&tokens)) else {
        return;
    };
    let mut pusher = Pusher::new(registry.port());
    let token = tokens.token("acme/api", &["pull", "push"]);
    pusher.authorization = Some(format!("Bearer {token}"));
    let image = pusher.image("acme/api", Some("1.0"), "linux/amd64", "one");
    for login in [basic(), json!({"identitytoken": PASSWORD})] {
        let before = tokens.server.heard().len();
        // The registry knows the token server on another port: the policy must declare it.
        let (world, _files) = world_of(&format!("127.0.0.1:{}", registry.port()), &login);
        let keys = [
            ("image", &*registry.image("acme/api")),
            ("tag", "{version}"),
            ("token-server", &tokens.server.url("/")),
        ];
        let ask = configure("oci", None, &keys).unwrap();
        let seen = world.ask_names(&ask, &["1.0"], &[]);
        assert_eq!(whole(&seen[0]).entries.len(), 1);
        assert_eq!(entry_of(&seen, "1.0").digest, Some(image.digest));
        assert_eq!(entry_of(&seen, "1.0").platforms.len(), 1);
        assert!(
            seen.iter()
                .all(|it| it.credential == "docker configuration")
        );
        assert_eq!(tokens.server.heard().len(), before + 1);
        assert_clean(&traces(&world, &seen));
        assert!(!traces(&world, &seen).contains("eyJ"), "a token was kept");
    }
}

#[test]
fn nobody_gets_a_token_that_opens_nothing() {
    let tokens = TokenServer::start();
    let Some(registry) = Registry::distribution(Demand::Token(&tokens)) else {
        return;
    };
    let world = World::new(patient());
    let seen = world.ask_names(&channel(&registry.image("acme/api")), &["1.0"], &[]);
    assert_eq!(failure(&seen[0]).unwrap().0, FailureKind::Unauthorized);
    assert_eq!(seen[0].credential, "anonymous");
    // An absence cannot be earned either.
    assert!(failure(about(&seen, "1.0")).is_some());
}

/// A registry that demands a token of this server, takes `token` and has one tag.
fn demanding(challenge: impl Fn(&Heard) -> String + Send + Sync + 'static) -> Loopback {
    Loopback::start(move |heard| {
        if heard.header("authorization") != Some("Bearer token") {
            let challenge = challenge(heard);
            return answer("401 Unauthorized", &[("www-authenticate", &challenge)], b"");
        }
        match heard.target.starts_with("/v2/x/tags/list") {
            true => answer("200 OK", &[JSON], br#"{"tags":["1.0"]}"#),
            false => answer("404 Not Found", &[], b""),
        }
    })
}

fn token_server() -> Arc<Loopback> {
    let body = br#"{"access_token":"token"}"#;
    Arc::new(Loopback::start(move |_| answer("200 OK", &[JSON], body)))
}

fn ask(world: &World, ask: Arc<dyn Ask>) -> Observation {
    world.ask_many(vec![ask]).remove(0).remove(0)
}

/// THREATS row 19, CVE-2025-27403: a hostile `realm` gets no login.
#[test]
fn a_realm_on_another_host_gets_no_login() {
    let elsewhere = token_server();
    let realm = elsewhere.url("/token");
    let registry = demanding(move |_| format!("Bearer realm=\"{realm}\",service=\"s\""));
    for login in [basic(), json!({"identitytoken": PASSWORD})] {
        let (world, _files) = world_of(&host(&registry), &login);
        let seen = ask(&world, channel_at(&registry));
        let (kind, words) = failure(&seen).unwrap();
        assert_eq!(kind, FailureKind::Unauthorized);
        assert!(words.contains("token-server"), "{words}");
        assert_clean(&traces(&world, &[seen]));
    }
    assert!(elsewhere.heard().is_empty());
    // Nobody may ask it: images of one registry are often given out under another name.
    let seen = ask(&World::new(short()), channel_at(&registry));
    assert_eq!(whole(&seen).entries.len(), 1);
    assert!(elsewhere.heard()[0].header("authorization").is_none());
    assert_eq!(seen.credential, "anonymous");
}

#[test]
fn a_realm_that_is_no_safe_address_is_not_asked() {
    for realm in [
        "http://auth.example/token",
        "file:///etc/passwd",
        "http://10.0.0.1/",
        "https://",
    ] {
        let registry = demanding(move |_| format!("Bearer realm=\"{realm}\""));
        let seen = ask(&World::new(short()), channel_at(&registry));
        let (kind, words) = failure(&seen).unwrap();
        assert_eq!(kind, FailureKind::Redirect, "{realm}: {words}");
        assert!(words.contains("token server"), "{words}");
    }
}

/// THREATS row 19: neither a login nor a refresh token follows a redirect of the token server.
#[test]
fn a_token_server_cannot_pass_a_login_on() {
    let elsewhere = token_server();
    for status in [
        "302 Found",
        "307 Temporary Redirect",
        "308 Permanent Redirect",
    ] {
        for login in [basic(), json!({"identitytoken": PASSWORD})] {
            let target = elsewhere.url("/token");
            let registry = Loopback::start(move |heard| {
                if heard.target.starts_with("/token") {
                    return answer(status, &[("location", &target)], b"");
                }
                let host = heard.header("host").unwrap();
                let challenge = format!("Bearer realm=\"http://{host}/token\"");
                answer("401 Unauthorized", &[("www-authenticate", &challenge)], b"")
            });
            let (world, _files) = world_of(&host(&registry), &login);
            let (kind, _) = failure(&ask(&world, channel_at(&registry))).unwrap();
            assert_eq!(kind, FailureKind::Redirect, "{status}");
        }
    }
    assert!(elsewhere.heard().is_empty());
}

/// A registry that demands another token each time is asked twice and not for ever.
#[test]
fn a_registry_that_is_never_content_is_given_up() {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    let registry = Loopback::start(move |heard| {
        if heard.target.starts_with("/token") {
            let turn = counted.fetch_add(1, Ordering::SeqCst);
            let body = format!("{{\"token\":\"t{turn}\"}}");
            return answer("200 OK", &[JSON], body.as_bytes());
        }
        let host = heard.header("host").unwrap();
        let challenge = format!("Bearer realm=\"http://{host}/token\"");
        answer("401 Unauthorized", &[("www-authenticate", &challenge)], b"")
    });
    let seen = ask(&World::new(short()), channel_at(&registry));
    assert_eq!(failure(&seen).unwrap().0, FailureKind::Unauthorized);
    assert_eq!(count.load(Ordering::SeqCst), 1);
    assert_eq!(registry.heard().len(), 3);
}

/// Some registries challenge nobody: what they hide they call "not found" or "forbidden". A login is
/// sent all the same, but never where none is demanded.
#[test]
fn a_login_opens_what_is_hidden_from_nobody_and_goes_nowhere_unasked() {
    for (status, demands) in [
        ("404 Not Found", true),
        ("403 Forbidden", true),
        ("404 Not Found", false),
    ] {
        let registry = Loopback::start(move |heard| {
            let known = heard.header("authorization").is_some();
            match heard.target.as_str() {
                "/v2/" if demands && !known => {
                    let challenge = [("www-authenticate", "Basic realm=\"x\"")];
                    answer("401 Unauthorized", &challenge, b"")
                }
                "/v2/" => answer("200 OK", &[JSON], b"{}"),
                _ if known => answer("200 OK", &[JSON], br#"{"tags":["1.0"]}"#),
                _ => answer(status, &[], b""),
            }
        });
        let (world, _files) = world_of(&host(&registry), &basic());
        let seen = ask(&world, channel_at(&registry));
        if demands {
            assert_eq!(whole(&seen).entries.len(), 1, "{status}");
            assert_eq!(seen.credential, "docker configuration");
        } else {
            assert_eq!(failure(&seen).unwrap().0, FailureKind::NotFound);
            let heard = registry.heard();
            assert!(heard.iter().all(|it| it.header("authorization").is_none()));
        }
    }
}

/// A token that ends in the middle of a round is renewed, once for all the questions that were
/// refused at that moment.
#[test]
fn a_token_that_has_ended_is_renewed_once() {
    let issued = Arc::new(AtomicUsize::new(0));
    let count = issued.clone();
    let registry = Loopback::start(move |heard| {
        let host = heard.header("host").unwrap();
        if heard.target.starts_with("/token") {
            let number = count.fetch_add(1, Ordering::SeqCst);
            let body = format!("{{\"token\":\"t{number}\",\"expires_in\":300}}");
            return answer("200 OK", &[JSON], body.as_bytes());
        }
        let listing = heard.target.contains("/tags/list");
        let good = if listing { "Bearer t0" } else { "Bearer t1" };
        if heard.header("authorization") != Some(good) {
            let challenge = format!("Bearer realm=\"http://{host}/token\"");
            let challenge = [("www-authenticate", &*challenge), ("content-length", "0")];
            return vec![Step::Send(head("401 Unauthorized", &challenge))];
        }
        if listing {
            return answer("200 OK", &[JSON], br#"{"tags":["1.0"]}"#);
        }
        let digest = Digest::of(b"x").to_string();
        let headers = [("content-type", IMAGE), ("docker-content-digest", &*digest)];
        vec![Step::Send(head("200 OK", &headers))]
    });
    let names: Vec<String> = (0..40).map(|number| format!("1.{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let seen = World::new(short()).ask_names(&channel_at(&registry), &[], &names);
    for name in names {
        assert_eq!(entry_of(&seen, name).digest, Some(Digest::of(b"x")));
    }
    assert_eq!(issued.load(Ordering::SeqCst), 2);
}

/// An answer of the token server that is not a token is no absence and no access.
#[test]
fn what_a_token_server_cannot_give_is_unknown() {
    for (status, body, expected) in [
        ("200 OK", "{}", FailureKind::Malformed),
        ("200 OK", "{\"token\":\"\"}", FailureKind::Malformed),
        ("200 OK", "{\"token\":\"a b\"}", FailureKind::Malformed),
        (
            "200 OK",
            "{\"token\":\"a\\r\\nx: y\"}",
            FailureKind::Malformed,
        ),
        ("200 OK", "<html>", FailureKind::Malformed),
        ("401 Unauthorized", "", FailureKind::Unauthorized),
        ("403 Forbidden", "", FailureKind::Forbidden),
        // A 404 there is nobody's absence.
        ("404 Not Found", "", FailureKind::UnexpectedStatus),
        ("500 Internal Server Error", "", FailureKind::ServerError),
    ] {
        let tokens = Loopback::start(move |_| answer(status, &[JSON], body.as_bytes()));
        let realm = tokens.url("/token");
        let registry = demanding(move |_| format!("Bearer realm=\"{realm}\""));
        let seen = ask(&World::new(short()), channel_at(&registry));
        let (kind, words) = failure(&seen).unwrap();
        assert_eq!(kind, expected, "{status} {body}: {words}");
        assert!(words.contains("token"), "{words}");
    }
}

/// Blobs are often elsewhere; the token stays with the registry.
#[test]
fn a_blob_on_another_host_gets_no_token() {
    let config = json!({"os": "linux", "architecture": "amd64"}).to_string();
    let image = json!({"schemaVersion": 2, "layers": [], "config": {
        "mediaType": "application/vnd.oci.image.config.v1+json", "size": 1,
        "digest": Digest::of(config.as_bytes()).to_string()}})
    .to_string();
    let storage = Loopback::start(move |_| {
        answer(
            "200 OK",
            &[("content-type", "application/octet-stream")],
            config.as_bytes(),
        )
    });
    let blob = storage.url("/blob?X-Amz-Signature=s3cr3t-planted");
    let media = IMAGE;
    let registry = Loopback::start(move |heard| {
        let digest = Digest::of(image.as_bytes()).to_string();
        let headers = [("content-type", media), ("docker-content-digest", &*digest)];
        match heard.target.split('?').next().unwrap() {
            _ if heard.header("authorization") != Some("Bearer token") => {
                let host = heard.header("host").unwrap();
                let challenge = format!("Bearer realm=\"http://{host}/token\"");
                if heard.target.starts_with("/token") {
                    return answer("200 OK", &[JSON], br#"{"token":"token"}"#);
                }
                answer("401 Unauthorized", &[("www-authenticate", &challenge)], b"")
            }
            "/v2/x/tags/list" => answer("200 OK", &[JSON], br#"{"tags":["1.0"]}"#),
            path if path.starts_with("/v2/x/blobs/") => {
                answer("307 Temporary Redirect", &[("location", &blob)], b"")
            }
            _ if heard.method == "HEAD" => {
                vec![Step::Send(head("200 OK", &headers))]
            }
            _ => answer("200 OK", &headers, image.as_bytes()),
        }
    });
    let (world, _files) = world_of(&host(&registry), &basic());
    let seen = world.ask_names(&channel_at(&registry), &["1.0"], &[]);
    assert_eq!(entry_of(&seen, "1.0").platforms.len(), 1);
    assert_eq!(storage.heard().len(), 1);
    assert!(storage.heard()[0].header("authorization").is_none());
    assert_clean(&traces(&world, &seen));
}
