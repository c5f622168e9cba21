//! Docker Hub's own API: times and publishers, and nothing where it does not answer.

use std::sync::Arc;

use lockstep::model::{Digest, Observation};
use lockstep::observe::Ask;
use lockstep::observe::oci::{Image, Repository};
use serde_json::json;
use url::Url;

use super::pusher::{Pushed, Pusher};
use super::registries::{Demand, Registry};
use crate::observe::asking::{World, about, entry_of, failure, patient};
use crate::observe::loopback::{Loopback, Step, answer};

/// The image `docker.io/x` on a real registry, with its API at this address.
fn seen_with(hub: &Loopback) -> Option<(Pushed, Vec<Observation>)> {
    let registry = Registry::distribution(Demand::Nothing)?;
    let pusher = Pusher::new(registry.port());
    let image = pusher.image("library/x", Some("1.0"), "linux/amd64", "one");
    pusher.tag("library/x", "latest", &image);
    let url = |text: String| Url::parse(&text).unwrap();
    let address = url(format!("http://127.0.0.1:{}/", registry.port()));
    let name = Image::read("docker.io/x").unwrap();
    let repository = Repository::new(name, address, None, Some(url(hub.url("/"))));
    let ask: Arc<dyn Ask> = Arc::new(repository);
    let seen = World::new(patient()).ask_names(&ask, &["1.0"], &["latest"]);
    Some((image, seen))
}

#[test]
fn the_time_and_the_account_of_a_push_are_stated() {
    let digest = Digest::of(b"not yet known");
    let body = |digest: Option<Digest>| {
        let mut body = json!({"name": "1.0", "tag_last_pushed": "2026-04-22T12:31:00.123Z",
            "last_updater_username": "mallory"});
        if let Some(digest) = digest {
            body["digest"] = digest.to_string().into();
        }
        body.to_string()
    };
    let json = [("content-type", "application/json")];
    let text = body(None);
    let hub = Loopback::start(move |_| answer("200 OK", &json, text.as_bytes()));
    let Some((_, seen)) = seen_with(&hub) else {
        return;
    };
    let stated = entry_of(&seen, "1.0");
    assert_eq!(stated.published, "2026-04-22T12:31:00Z".parse().ok());
    assert_eq!(stated.publisher.as_deref(), Some("mallory"));
    let asked: Vec<_> = hub.heard().into_iter().map(|it| it.target).collect();
    // A tag that moves is compared by its digest alone.
    assert_eq!(asked, ["/v2/namespaces/library/repositories/x/tags/1.0"]);

    // What it says of another push is not said of this one.
    let text = body(Some(digest));
    let hub = Loopback::start(move |_| answer("200 OK", &json, text.as_bytes()));
    let Some((_, seen)) = seen_with(&hub) else {
        return;
    };
    assert_eq!(entry_of(&seen, "1.0").published, None);
}

#[test]
fn an_api_that_fails_is_no_failure_of_the_channel() {
    let faults: [fn() -> Vec<Step>; 4] = [
        || answer("404 Not Found", &[], b""),
        || answer("429 Too Many Requests", &[("retry-after", "600")], b""),
        || answer("200 OK", &[], b"<html>"),
        || vec![Step::Reset],
    ];
    for fault in faults {
        let hub = Loopback::start(move |_| fault());
        let Some((image, seen)) = seen_with(&hub) else {
            return;
        };
        assert!(failure(about(&seen, "1.0")).is_none());
        let stated = entry_of(&seen, "1.0");
        assert_eq!(stated.digest, Some(image.digest));
        assert_eq!((stated.published, &stated.publisher), (None, &None));
    }
}
