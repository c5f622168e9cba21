//! Requests that write: where they do not go, and how long they are awaited.

use lockstep::model::FailureKind;
use lockstep::observe::http::{Credential, Request};

use crate::observe::asking::{World, runtime, short};
use crate::observe::loopback::{Loopback, Step, answer};
use crate::observe::oci::registries::PASSWORD;

/// What is written stays with whom it was written to: neither it nor a login goes elsewhere.
#[test]
fn nothing_that_is_written_is_redirected_to_another_host() {
    let other = Loopback::start(|_| answer("201 Created", &[], b""));
    for status in [
        "301 Moved",
        "302 Found",
        "303 See Other",
        "307 Temporary",
        "308 Permanent",
    ] {
        let elsewhere = other.url("/x");
        let server = Loopback::start(move |_| answer(status, &[("location", &elsewhere)], b""));
        let url: url::Url = server.url("/x").parse().unwrap();
        let body = b"body".to_vec();
        for request in [
            Request::keep(url.clone(), "text/plain", body.clone()),
            Request::create(url.clone(), "*/*", "text/plain", body.clone()).once(),
        ] {
            let world = World::new(short());
            let request = request.credential(Credential::bearer("label", PASSWORD.to_owned()));
            let sent = runtime().block_on(world.client.send(&request));
            assert_eq!(
                sent.unwrap_err().failure.kind,
                FailureKind::Redirect,
                "{status}"
            );
        }
    }
    assert!(other.heard().is_empty());
}

/// A log answers when its entry is durable, and that may take longer than any other answer.
#[test]
fn what_writes_is_awaited_and_what_reads_is_not() {
    let mut limits = short();
    (limits.total, limits.tries) = (std::time::Duration::from_secs(5), 1);
    let late = limits.idle * 2;
    let server = Loopback::start(move |_| {
        let mut steps = answer("200 OK", &[], b"{}");
        steps.insert(0, Step::Sleep(late));
        steps
    });
    let url: url::Url = server.url("/x").parse().unwrap();
    let json = "application/json";
    let post = || Request::idempotent_post(url.clone(), json, b"{}".to_vec());
    for (request, answered) in [
        (Request::get(url.clone(), json), false),
        (post(), false),
        (post().creates(), true),
        (Request::keep(url.clone(), json, b"{}".to_vec()), true),
        (
            Request::create(url.clone(), json, json, b"{}".to_vec()),
            true,
        ),
    ] {
        let world = World::new(limits.clone());
        let sent = runtime().block_on(world.client.send(&request));
        match sent {
            Ok(_) => assert!(answered, "{request:?}"),
            Err(error) => {
                assert_eq!(error.failure.kind, FailureKind::Timeout, "{request:?}");
                assert!(!answered, "{request:?}");
            }
        }
    }
}
