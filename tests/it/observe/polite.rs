//! What servers may expect of the client: conditions, patience, few connections, a name.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use lockstep::model::{Answer, Digest, FailureKind};
use lockstep::observe::http::{Event, Limits, Request};
use lockstep::observe::{Environment, now};

use super::asking::{World, configure, failure, runtime, short, whole};
use super::loopback::{Heard, Loopback, Step, answer};

const PAGE: &[u8] = br#"{"meta":{"api-version":"1.0"},"name":"x","versions":["1.0"],"files":[]}"#;
const PROJECT: &[u8] = br#"{"info":{"name":"x"},"last_serial":1,"releases":{"1.0":[]}}"#;
const JSON: (&str, &str) = ("content-type", "application/json");

fn conditional(heard: &Heard) -> Vec<Step> {
    let (tag, body) = match heard.target.as_str() {
        "/simple/x/" => ("\"simple\"", PAGE),
        _ => ("\"project\"", PROJECT),
    };
    if heard.header("if-none-match") == Some(tag) {
        return answer("304 Not Modified", &[("etag", tag)], b"");
    }
    answer("200 OK", &[JSON, ("etag", tag)], body)
}

fn ask(world: &World, server: &Loopback) -> Vec<lockstep::model::Observation> {
    world.ask("pypi", None, &[("index", &server.url("/simple/"))])
}

#[test]
fn a_second_pass_over_what_has_not_changed_costs_only_304s() {
    let server = Loopback::start(conditional);
    let world = World::new(short());
    let first = ask(&world, &server);
    let second = ask(&world, &server);
    assert_eq!(world.events.statuses(), [200, 200, 304, 304]);
    for (before, after) in first.iter().zip(&second) {
        assert_eq!(whole(before), whole(after));
        let Answer::Seen {
            body: Some(digest), ..
        } = &before.answer
        else {
            panic!("no body");
        };
        match &after.answer {
            Answer::Seen {
                body: None,
                unchanged_since,
                ..
            } => {
                assert_eq!(unchanged_since.as_ref(), Some(digest));
            }
            other => panic!("not confirmed: {other:?}"),
        }
    }
}

#[test]
fn a_damaged_cache_is_asked_again_without_a_condition() {
    let server = Loopback::start(conditional);
    let world = World::new(short());
    ask(&world, &server);
    let folder = world.cache.path().join("http");
    for file in std::fs::read_dir(folder).unwrap().flatten() {
        let text = std::fs::read_to_string(file.path()).unwrap();
        std::fs::write(file.path(), text.replace("1.0", "6.6")).unwrap();
    }
    let again = ask(&world, &server);
    assert_eq!(world.events.statuses(), [200; 4]);
    assert!(whole(&again[0]).entries.contains_key("1.0"));
}

#[test]
fn a_cache_that_is_switched_off_keeps_nothing() {
    let server = Loopback::start(conditional);
    let world = World::new(Limits {
        cache: 0,
        ..short()
    });
    ask(&world, &server);
    ask(&world, &server);
    assert_eq!(world.events.statuses(), [200; 4]);
    assert_eq!(std::fs::read_dir(world.cache.path()).unwrap().count(), 0);
}

#[test]
fn a_confirmation_nobody_asked_for_is_no_answer() {
    let server = Loopback::start(|_| answer("304 Not Modified", &[], b""));
    let observations = ask(&World::new(short()), &server);
    assert_eq!(
        failure(&observations[0]).unwrap().0,
        FailureKind::UnexpectedStatus
    );
}

/// A server that answers the first requests with a refusal and then for real.
fn refusing(times: usize, status: &'static str, headers: &'static [(&str, &str)]) -> Loopback {
    let count = AtomicUsize::new(0);
    Loopback::start(move |heard| {
        if heard.target != "/simple/x/" {
            return answer("404 Not Found", &[], b"");
        }
        if count.fetch_add(1, Ordering::SeqCst) < times {
            return answer(status, headers, b"");
        }
        answer("200 OK", &[JSON], PAGE)
    })
}

#[test]
fn what_is_worth_it_is_tried_again_and_then_read_whole() {
    for status in [
        "500 Internal Server Error",
        "502 Bad Gateway",
        "408 Request Timeout",
    ] {
        let server = refusing(2, status, &[]);
        let world = World::new(short());
        whole(&ask(&world, &server)[0]);
        let retried = |event: &Event| matches!(event, Event::Retrying { .. });
        assert_eq!(
            world.events.events().iter().filter(|e| retried(e)).count(),
            2
        );
    }
}

#[test]
fn a_short_rate_limit_is_waited_out() {
    let server = refusing(1, "429 Too Many Requests", &[("retry-after", "0")]);
    let world = World::new(Limits {
        total: Duration::from_secs(5),
        ..short()
    });
    let begun = Instant::now();
    whole(&ask(&world, &server)[0]);
    assert!(begun.elapsed() >= Duration::from_secs(1));
    let waited = |event: &Event| matches!(event, Event::Waiting { .. });
    assert!(world.events.events().iter().any(waited));
}

#[test]
fn a_long_rate_limit_is_a_failure_with_its_end_and_nobody_knocks_again() {
    for (status, headers) in [
        ("429 Too Many Requests", &[("retry-after", "3600")] as &[_]),
        (
            "403 Forbidden",
            &[
                ("x-ratelimit-remaining", "0"),
                ("x-ratelimit-reset", "3600"),
                ("x-ratelimit-limit", "60"),
            ],
        ),
    ] {
        let server = Loopback::start(move |_| answer(status, headers, b""));
        let world = World::new(short());
        for _ in 0..2 {
            let observations = ask(&world, &server);
            assert_eq!(
                failure(&observations[0]).unwrap().0,
                FailureKind::RateLimited
            );
            let Answer::Failed {
                retry_at: Some(at), ..
            } = observations[0].answer
            else {
                panic!("no time to ask again");
            };
            let wait = at.since(now()).seconds();
            assert!((3_500..=3_600).contains(&wait), "{wait}");
        }
        // One request for each of the two APIs at most, and none in the second pass.
        assert!(server.heard().len() <= 2);
    }
}

#[test]
fn one_host_gets_at_most_six_requests_at_a_time() {
    let server = Loopback::start(|_| {
        let mut steps = vec![Step::Sleep(Duration::from_millis(30))];
        steps.extend(answer("200 OK", &[JSON, ("connection", "close")], PAGE));
        steps
    });
    let world = World::new(Limits {
        total: Duration::from_secs(10),
        ..short()
    });
    let index = server.url("/simple");
    let ask = configure("pypi", None, &[("index", &index)]).unwrap();
    let answers = world.ask_many(vec![ask; 20]);
    assert!(answers.iter().all(|answer| !answer.is_empty()));
    assert!(server.most_at_once() <= 6, "{}", server.most_at_once());
    assert!(server.most_at_once() >= 2);
}

/// A kept answer that is not the content that was asked for is not confirmed either.
#[test]
fn a_file_of_the_cache_never_stands_for_other_content() {
    let server = Loopback::start(|heard| match heard.header("if-none-match") {
        Some(_) => answer("304 Not Modified", &[("etag", "\"1\"")], b""),
        None => answer("200 OK", &[("etag", "\"1\"")], b"right"),
    });
    let world = World::new(short());
    let (right, wrong) = (Digest::of(b"right"), Digest::of(b"wrong"));
    let accept = "application/json";
    let key = format!("content\n{right}\n{accept}\n{}", Digest::of(b"none"));
    let key = Digest::of(key.as_bytes());
    let head = format!(
        r#"{{"format":"lockstep-cache-1","key":"{key}","body":"{wrong}","headers":[["etag","\"1\""]]}}"#
    );
    let folder = world.cache.path().join("http");
    std::fs::create_dir_all(&folder).unwrap();
    let file = format!("{}\n{head}\nwrong", Digest::of(head.as_bytes()));
    std::fs::write(folder.join(key.hex()), file).unwrap();
    let url = server.url("/blob").parse().unwrap();
    let request = Request::get(url, accept).content(right);
    let reply = runtime().block_on(world.client.send(&request)).unwrap();
    assert_eq!(
        (reply.body.as_slice(), reply.digest),
        (&b"right"[..], right)
    );
}

#[test]
fn proxies_are_those_of_the_environment() {
    let proxy = Loopback::start(|_| answer("200 OK", &[JSON], PAGE));
    let environment = Environment::empty().with("HTTP_PROXY", proxy.url("/"));
    let keys = [("index", "http://localhost:9/simple/")];
    let observations = World::with(short(), environment.clone()).ask("pypi", None, &keys);
    whole(&observations[0]);
    let targets: Vec<String> = proxy.heard().into_iter().map(|h| h.target).collect();
    assert!(
        targets.contains(&"http://localhost:9/simple/x/".to_owned()),
        "{targets:?}"
    );
    let without = environment.with("NO_PROXY", "localhost");
    let observations = World::with(short(), without).ask("pypi", None, &keys);
    assert_eq!(
        failure(&observations[0]).unwrap().0,
        FailureKind::Connection
    );
}
