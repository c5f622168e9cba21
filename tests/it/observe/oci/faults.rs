//! Every fault in each question about a tag: unknown with clear words or, where only the platforms
//! are lost, a digest without them; never an absence (THREATS rows 11, 12, 13, 19, 21).

use std::time::{Duration, Instant};

use lockstep::model::{Answer, Digest, FailureKind};
use lockstep::observe::http::Limits;
use serde_json::json;

use super::pusher::IMAGE;
use super::scripted::channel_at;
use crate::observe::asking::{World, about, entry_of, failure, short};
use crate::observe::loopback::{Heard, Loopback, Step, answer, head};

use FailureKind::{
    Connection, Forbidden, Malformed, RateLimited, Redirect, ServerError, Timeout, TooLarge,
    Unauthorized, UnexpectedStatus,
};

const CONFIG: &[u8] = br#"{"os":"linux","architecture":"amd64"}"#;

fn manifest() -> Vec<u8> {
    let config = json!({"mediaType": "application/vnd.oci.image.config.v1+json", "size": 1,
        "digest": Digest::of(CONFIG).to_string()});
    let manifest = json!({"schemaVersion": 2, "layers": [], "config": config});
    manifest.to_string().into_bytes()
}

/// The questions about a tag: which method and part of the path each has.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Asked {
    Head,
    Manifest,
    Configuration,
}

fn asked(heard: &Heard) -> Option<Asked> {
    match heard.method.as_str() {
        "HEAD" => Some(Asked::Head),
        _ if heard.target.contains("/manifests/sha256:") => Some(Asked::Manifest),
        _ if heard.target.contains("/blobs/") => Some(Asked::Configuration),
        _ => None,
    }
}

fn well(asked: Option<Asked>) -> Vec<Step> {
    let digest = Digest::of(&manifest()).to_string();
    let headers = [("content-type", IMAGE), ("docker-content-digest", &*digest)];
    match asked {
        None => answer(
            "200 OK",
            &[("content-type", "application/json")],
            br#"{"tags":["1.0"]}"#,
        ),
        Some(Asked::Head) => vec![Step::Send(head("200 OK", &headers))],
        Some(Asked::Manifest) => answer("200 OK", &headers, &manifest()),
        Some(Asked::Configuration) => answer("200 OK", &[], CONFIG),
    }
}

/// Injects a fault into each of these questions.
fn inject(
    limits: &Limits,
    questions: &[Asked],
    expected: &[FailureKind],
    fault: impl Fn(&Heard) -> Vec<Step> + Clone + Send + Sync + 'static,
) {
    for question in questions.iter().copied() {
        let fault = fault.clone();
        let server = Loopback::start(move |heard| match asked(heard) {
            mine if mine == Some(question) => fault(heard),
            other => well(other),
        });
        let begun = Instant::now();
        let seen = World::new(limits.clone()).ask_names(&channel_at(&server), &["1.0"], &[]);
        assert!(
            begun.elapsed() < limits.total * 3 + Duration::from_secs(2),
            "{question:?}"
        );
        let observation = about(&seen, "1.0");
        let Some((kind, words)) = failure(observation) else {
            panic!("{question:?}: taken for whole: {observation:?}");
        };
        assert!(expected.contains(&kind), "{question:?}: {kind:?}: {words}");
        assert!(words.len() > 5 && words.len() < 400, "{words}");
        match &observation.answer {
            Answer::Failed { .. } => {}
            Answer::Seen { .. } => {
                assert!(question != Asked::Head && kind != Malformed, "{question:?}");
                let entry = entry_of(&seen, "1.0");
                assert_eq!(entry.digest, Some(Digest::of(&manifest())));
                assert!(entry.platforms.is_empty());
            }
            absent @ Answer::Absent { .. } => panic!("{question:?}: {absent:?}"),
        }
    }
}

const ALL: &[Asked] = &[Asked::Head, Asked::Manifest, Asked::Configuration];
const BODIES: &[Asked] = &[Asked::Manifest, Asked::Configuration];

#[test]
fn without_a_fault_a_tag_is_known_whole() {
    let server = Loopback::start(|heard| well(asked(heard)));
    let seen = World::new(short()).ask_names(&channel_at(&server), &["1.0"], &[]);
    assert!(failure(about(&seen, "1.0")).is_none());
    assert_eq!(entry_of(&seen, "1.0").platforms.len(), 1);
}

#[test]
fn silence_drips_and_resets_are_unknown() {
    inject(&short(), ALL, &[Timeout], |_| {
        vec![Step::Sleep(Duration::from_secs(4))]
    });
    inject(&short(), ALL, &[Connection], |_| vec![Step::Reset]);
    inject(&short(), BODIES, &[Timeout], |_| {
        let head = head("200 OK", &[("content-type", IMAGE)]);
        vec![
            Step::Send(head),
            Step::Drip(manifest(), Duration::from_millis(100)),
        ]
    });
    inject(&short(), BODIES, &[Connection], |_| {
        let headers = [("content-type", IMAGE), ("content-length", "100000")];
        vec![Step::Send(head("200 OK", &headers)), Step::Send(manifest())]
    });
}

#[test]
fn each_status_is_what_it_says_and_never_an_absence() {
    for (status, kind) in [
        ("401 Unauthorized", Unauthorized),
        ("403 Forbidden", Forbidden),
        ("429 Too Many Requests", RateLimited),
        ("500 Internal Server Error", ServerError),
        ("503 Service Unavailable", ServerError),
        ("204 No Content", UnexpectedStatus),
        ("418 Teapot", UnexpectedStatus),
    ] {
        inject(&short(), ALL, &[kind], move |_| {
            vec![Step::Send(head(status, &[("content-length", "0")]))]
        });
    }
    inject(&short(), BODIES, &[FailureKind::NotFound], |_| {
        answer("404 Not Found", &[], b"")
    });
    inject(&short(), ALL, &[Redirect], |heard| {
        let location = [("location", &*heard.target), ("content-length", "0")];
        vec![Step::Send(head("307 Temporary Redirect", &location))]
    });
}

#[test]
fn other_bytes_and_other_types_are_no_answer() {
    for garbage in [&b"\xff\xfe\0"[..], b"{}", b"null", b"", &manifest()[..50]] {
        let garbage = garbage.to_vec();
        inject(&short(), BODIES, &[Malformed], move |_| {
            answer("200 OK", &[("content-type", IMAGE)], &garbage)
        });
    }
    for media_type in ["text/html", "application/json", ""] {
        inject(&short(), &[Asked::Head], &[Malformed], move |_| {
            let digest = Digest::of(&manifest()).to_string();
            let headers = [
                ("content-type", media_type),
                ("docker-content-digest", &*digest),
            ];
            vec![Step::Send(head("200 OK", &headers))]
        });
        inject(&short(), &[Asked::Manifest], &[Malformed], move |_| {
            answer("200 OK", &[("content-type", media_type)], &manifest())
        });
    }
}

/// THREATS rows 11 and 12: what is sent without end stops at the cap.
#[test]
fn endless_manifests_stop_at_the_cap() {
    let limits = Limits {
        total: Duration::from_secs(30),
        ..short()
    };
    inject(&limits, BODIES, &[TooLarge], |_| {
        let head = head("200 OK", &[("content-type", IMAGE)]);
        vec![
            Step::Send(head),
            Step::Repeat(vec![b' '; 1 << 16], u64::MAX),
        ]
    });
}
