//! Delivering: what cosign 3 finds, what is there already, who gets which credential, and what comes
//! of a fault in the middle.

use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lockstep::attest::deliver::{GithubStore, Referrer};
use lockstep::model::Digest;
use lockstep::observe::Environment;
use lockstep::observe::attached::of_image;
use lockstep::observe::http::Limits;
use serde_json::{Value, json};

use super::{bundle, documents, image, reference};
use crate::observe::asking::{World, runtime, short};
use crate::observe::github_fake::Github;
use crate::observe::loopback::{Loopback, Step, answer};
use crate::observe::oci::pusher::{IMAGE, INDEX, Pusher};
use crate::observe::oci::registries::{Demand, PASSWORD, Registry, TokenServer, USER};
use crate::observe::secrets::{assert_clean, traces};

fn fallback(world: &World, name: &str, digest: &Digest) -> Option<Value> {
    let tag = format!("{name}:sha256-{}", digest.hex());
    let (host, rest) = tag.split_once('/').unwrap();
    let (repository, tag) = rest.rsplit_once(':').unwrap();
    let url = format!("http://{host}/v2/{repository}/manifests/{tag}");
    let url = url::Url::parse(&url).unwrap();
    let request = lockstep::observe::http::Request::get(url, INDEX);
    let reply = runtime().block_on(world.client.send(&request)).ok()?;
    serde_json::from_slice(&reply.body).ok()
}

#[test]
fn a_bundle_is_attached_once_and_other_entries_stay() {
    let distribution = Registry::distribution(Demand::Nothing).map(|it| (it, true));
    let ferro = Registry::ferro().map(|it| (it, false));
    for (registry, without_api) in distribution.into_iter().chain(ferro) {
        let pusher = Pusher::new(registry.port());
        let pushed = pusher.image("acme/api", Some("1.0"), "linux/amd64", "one");
        let name = registry.image("acme/api");
        let world = World::new(Limits::default());
        let tag = format!("sha256-{}", pushed.digest.hex());
        let other = json!({"mediaType": IMAGE, "digest": pushed.digest, "size": 3,
            "artifactType": "application/spdx+json", "annotations": {"kept": "yes"}});
        if without_api {
            let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [other]});
            pusher.manifest("acme/api", Some(&tag), INDEX, index.to_string());
        }
        let referrer = Referrer::new(&image(&name)).unwrap();
        let (one, two) = (bundle(&pushed.digest, "1"), bundle(&pushed.digest, "2"));
        let subject = pushed.digest.into();
        runtime().block_on(async {
            for (bundle, already) in [(&one, false), (&one, true), (&two, false), (&one, true)] {
                let delivered = referrer.deliver(&world.client, &subject, bundle).await;
                let delivered = delivered.unwrap();
                assert_eq!(delivered.already, already);
                assert_eq!(delivered.place, format!("{name}@{}", pushed.digest));
            }
        });
        let found = of_image_at(&world, &format!("{name}:1.0"));
        assert_eq!(found.len(), 2);
        assert!(found.contains(&one.json) && found.contains(&two.json));
        match (fallback(&world, &name, &pushed.digest), without_api) {
            (None, false) => {}
            (Some(index), true) => {
                let entries = index["manifests"].as_array().unwrap();
                assert_eq!(entries.len(), 3);
                assert_eq!(entries[0], other);
                let entry = &entries[1];
                let bundle_type = "application/vnd.dev.sigstore.bundle.v0.3+json";
                assert_eq!(entry["artifactType"], bundle_type);
                let predicate = "https://slsa.dev/provenance/v1";
                let annotations = &entry["annotations"];
                assert_eq!(annotations["dev.sigstore.bundle.predicateType"], predicate);
                assert_eq!(annotations["dev.sigstore.bundle.content"], "dsse-envelope");
            }
            other => panic!("{other:?}"),
        }
    }
}

fn of_image_at(world: &World, name: &str) -> Vec<String> {
    let found = runtime().block_on(of_image(&world.client, &reference(name), false));
    let found = found.unwrap();
    documents(&found.places[0])
        .into_iter()
        .map(str::to_owned)
        .collect()
}

#[test]
fn a_registry_that_wants_a_password_gets_it_and_one_without_the_right_is_named() {
    let Some(registry) = Registry::distribution(Demand::Password) else {
        return;
    };
    let mut pusher = Pusher::new(registry.port());
    let basic = STANDARD.encode(format!("{USER}:{PASSWORD}"));
    pusher.authorization = Some(format!("Basic {basic}"));
    let pushed = pusher.image("acme/api", Some("1.0"), "linux/amd64", "one");
    let name = registry.image("acme/api");
    let folder = tempfile::tempdir().unwrap();
    let host = format!("127.0.0.1:{}", registry.port());
    let config = json!({"auths": {host: {"auth": basic}}}).to_string();
    std::fs::write(folder.path().join("config.json"), config).unwrap();
    let login = Environment::empty().with("DOCKER_CONFIG", folder.path().to_str().unwrap());
    let (subject, one) = (pushed.digest.into(), bundle(&pushed.digest, "1"));
    let deliver = |environment: Environment| {
        let world = World::with(Limits::default(), environment);
        let referrer = Referrer::new(&image(&name)).unwrap();
        let delivered = runtime().block_on(referrer.deliver(&world.client, &subject, &one));
        assert_clean(&traces(&world, &[]));
        delivered
    };
    let refused = deliver(Environment::empty()).unwrap_err();
    assert!(
        refused.hint.as_ref().unwrap().contains("docker login"),
        "{refused:?}"
    );
    assert!(!format!("{refused:?}").contains(PASSWORD));
    assert!(!deliver(login.clone()).unwrap().already);
    assert!(deliver(login).unwrap().already);
}

/// A folder with Docker's configuration that has the login for a host, and the environment with it.
fn logged_in(host: &str) -> (tempfile::TempDir, Environment) {
    let folder = tempfile::tempdir().unwrap();
    let basic = STANDARD.encode(format!("{USER}:{PASSWORD}"));
    let config = json!({"auths": {host: {"auth": basic}}}).to_string();
    std::fs::write(folder.path().join("config.json"), config).unwrap();
    let login = Environment::empty().with("DOCKER_CONFIG", folder.path().to_str().unwrap());
    (folder, login)
}

/// Reading asks for no more than reading; pushing asks for both, whatever the challenge says.
#[test]
fn a_token_that_may_push_is_asked_for_only_to_push() {
    let tokens = TokenServer::start();
    let Some(registry) = Registry::distribution(Demand::Token(&tokens)) else {
        return;
    };
    let mut pusher = Pusher::new(registry.port());
    let token = tokens.token("acme/api", &["pull", "push"]);
    pusher.authorization = Some(format!("Bearer {token}"));
    let pushed = pusher.image("acme/api", Some("1.0"), "linux/amd64", "one");
    let name = registry.image("acme/api");
    // The token server is on another port: it is declared or a host's own; here the whole host is.
    let (_folder, login) = logged_in(&format!("127.0.0.1:{}", registry.port()));
    let world = World::with(Limits::default(), login);
    let referrer = Referrer::new(&image(&name)).unwrap();
    let (subject, one) = (pushed.digest.into(), bundle(&pushed.digest, "1"));
    let delivered = runtime().block_on(referrer.deliver(&world.client, &subject, &one));
    // The login goes to no token server that nobody declared (THREATS row 19).
    let refused = delivered.unwrap_err();
    assert!(refused.message.contains("another host"), "{refused:?}");
    assert!(tokens.server.heard().is_empty());

    let server = tokens.server.url("").parse().unwrap();
    let referrer = Referrer::new(&image(&name)).unwrap().token_server(server);
    let delivered = runtime().block_on(referrer.deliver(&world.client, &subject, &one));
    assert!(!delivered.unwrap().already);
    let scopes: Vec<String> = tokens
        .server
        .heard()
        .into_iter()
        .map(|it| it.target)
        .collect();
    assert!(!scopes.is_empty());
    let push = |it: &String| it.contains("scope=repository%3Aacme%2Fapi%3Apull%2Cpush");
    assert!(scopes.iter().all(push), "{scopes:?}");
}

/// Somebody else writes the list of referrers between our reading and our writing.
#[test]
fn an_entry_that_another_writer_dropped_is_written_again_and_an_endless_fight_is_told() {
    let manifest = json!({"schemaVersion": 2, "mediaType": IMAGE,
        "config": {"mediaType": "application/vnd.oci.empty.v1+json",
            "digest": Digest::of(b"{}"), "size": 2}, "layers": []})
    .to_string();
    let subject = Digest::of(manifest.as_bytes());
    let other = json!({"digest": Digest::of(b"other"), "size": 1, "mediaType": IMAGE});
    let others = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [other]});
    for (drops, succeeds) in [(1, true), (9, false)] {
        let (manifest, others) = (manifest.clone(), others.clone());
        let written: std::sync::Mutex<(usize, Option<Vec<u8>>)> = Default::default();
        let registry = Loopback::start(move |heard| {
            let tag = format!("sha256-{}", subject.hex());
            let mut written = written.lock().unwrap();
            match (heard.method.as_str(), heard.target.as_str()) {
                ("PUT", it) if it.ends_with(&tag) => {
                    written.0 += 1;
                    let dropped = written.0 <= drops;
                    let theirs = others.to_string().into_bytes();
                    written.1 = Some(if dropped { theirs } else { heard.body.clone() });
                    answer("201 Created", &[], b"")
                }
                ("GET", it) if it.ends_with(&tag) && written.1.is_some() => {
                    let media = [("content-type", INDEX)];
                    answer("200 OK", &media, written.1.as_ref().unwrap())
                }
                ("PUT", _) => answer("201 Created", &[], b""),
                ("POST", _) => answer("202 Accepted", &[("location", "/v2/x/upload")], b""),
                ("HEAD", it) if it.contains("/manifests/") => {
                    let media = [("content-type", IMAGE)];
                    vec![Step::Send(crate::observe::loopback::head("200 OK", &media))]
                }
                ("GET", it) if it.ends_with(&format!("manifests/{subject}")) => {
                    answer("200 OK", &[("content-type", IMAGE)], manifest.as_bytes())
                }
                _ => answer("404 Not Found", &[], b"{}"),
            }
        });
        let address = registry.url("/x");
        let name = image(address.strip_prefix("http://").unwrap());
        let world = World::new(short());
        let one = bundle(&subject, "1");
        let referrer = Referrer::new(&name).unwrap();
        let delivered = runtime().block_on(referrer.deliver(&world.client, &subject.into(), &one));
        assert_eq!(delivered.is_ok(), succeeds, "{delivered:?}");
        let lists = registry.heard().into_iter();
        let mut lists = lists.filter(|it| it.method == "PUT" && it.target.contains("sha256-"));
        let last = lists.next_back().unwrap();
        let list: Value = serde_json::from_slice(&last.body).unwrap();
        assert_eq!(list["manifests"].as_array().unwrap().len(), 2);
        assert_eq!(list["manifests"][0], other);
    }
}

/// THREATS row 19: an upload that goes to another host takes no credential there.
#[test]
fn an_upload_at_another_host_gets_no_credential() {
    let manifest = json!({"schemaVersion": 2, "mediaType": IMAGE,
        "config": {"mediaType": "application/vnd.oci.empty.v1+json",
            "digest": Digest::of(b"{}"), "size": 2}, "layers": []})
    .to_string();
    let subject = Digest::of(manifest.as_bytes());
    let storage = Loopback::start(|_| answer("201 Created", &[], b""));
    let elsewhere = storage.url("/upload?state=1");
    let basic = STANDARD.encode(format!("{USER}:{PASSWORD}"));
    let registry = Loopback::start(move |heard| {
        if heard.header("authorization").is_none() {
            let challenge = [("www-authenticate", "Basic realm=\"x\"")];
            return answer("401 Unauthorized", &challenge, b"");
        }
        let path = heard.target.as_str();
        match heard.method.as_str() {
            "POST" => answer("202 Accepted", &[("location", &elsewhere)], b""),
            "PUT" => {
                let named = [("oci-subject", &*subject.to_string())];
                answer("201 Created", &named, b"")
            }
            _ if path == "/v2/" => answer("200 OK", &[], b"{}"),
            "HEAD" if path.contains("/manifests/") => {
                vec![Step::Send(crate::observe::loopback::head(
                    "200 OK",
                    &[("content-type", IMAGE)],
                ))]
            }
            "GET" if path.ends_with(&subject.to_string()) && path.contains("/manifests/") => {
                answer("200 OK", &[("content-type", IMAGE)], manifest.as_bytes())
            }
            _ => answer("404 Not Found", &[], b"{}"),
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let address = registry.url("");
    let host = address.strip_prefix("http://").unwrap();
    let config = json!({"auths": {host: {"auth": basic}}}).to_string();
    std::fs::write(folder.path().join("config.json"), config).unwrap();
    let login = Environment::empty().with("DOCKER_CONFIG", folder.path().to_str().unwrap());
    let world = World::with(short(), login);
    let referrer = Referrer::new(&image(&format!("{host}/x"))).unwrap();
    let one = bundle(&subject, "1");
    let delivered = runtime().block_on(referrer.deliver(&world.client, &subject.into(), &one));
    assert!(!delivered.unwrap().already);
    let uploads = storage.heard();
    assert_eq!(uploads.len(), 2);
    for upload in &uploads {
        assert_eq!(upload.header("authorization"), None);
        assert!(
            upload.target.starts_with("/upload?state=1&digest=sha256"),
            "{upload:?}"
        );
    }
    assert!(uploads.iter().any(|it| it.body == one.json.as_bytes()));
}

#[test]
fn githubs_store_keeps_a_bundle_once_and_names_the_right_that_is_missing() {
    let github = Github::with(&["acme/api"]);
    github.state().token("writer", true);
    github.state().token("reader", false);
    let subject = Digest::of(b"artifact");
    let one = bundle(&subject, "1");
    let deliver = |token: &str| {
        let environment = Environment::empty()
            .with("GITHUB_SERVER_URL", github.host())
            .with("GITHUB_TOKEN", token);
        let world = World::with(Limits::default(), environment);
        let store = GithubStore::new(github.source("acme/api").parse().unwrap());
        runtime().block_on(store.deliver(&world.client, &subject.into(), &one))
    };
    let refused = deliver("reader").unwrap_err();
    assert!(refused.hint.unwrap().contains("attestations: write"));
    assert!(!deliver("writer").unwrap().already);
    assert!(deliver("writer").unwrap().already);
    let posts = github.heard().into_iter().filter(|it| it.method == "POST");
    assert_eq!(posts.count(), 2);
}

/// A POST whose answer does not come may have been done: it is not repeated.
#[test]
fn a_post_without_an_answer_is_not_repeated() {
    let posts = AtomicUsize::new(0);
    let server = Loopback::start(move |heard| {
        if heard.method == "POST" {
            posts.fetch_add(1, Ordering::SeqCst);
            return vec![Step::Reset];
        }
        let kept = posts.load(Ordering::SeqCst) > 0;
        let body = match heard.target.contains("/attestations/") {
            true if kept => json!({"attestations": [{"bundle":
                serde_json::from_str::<Value>(&bundle(&Digest::of(b"a"), "1").json).unwrap()}]}),
            true => json!({"attestations": []}),
            false => json!({"id": 1, "full_name": "acme/api"}),
        };
        let media = [("content-type", "application/json")];
        answer("200 OK", &media, body.to_string().as_bytes())
    });
    let world = World::new(short());
    let store = GithubStore::new(server.url("/acme/api").parse().unwrap());
    let (subject, one) = (Digest::of(b"a"), bundle(&Digest::of(b"a"), "1"));
    let delivered = runtime().block_on(store.deliver(&world.client, &subject.into(), &one));
    assert!(!delivered.unwrap().already);
    let posts = server.heard().into_iter().filter(|it| it.method == "POST");
    assert_eq!(posts.count(), 1);
}
