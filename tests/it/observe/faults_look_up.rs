//! Every fault in each question about one release that follows a listing: a tarball of npm, an object
//! of S3, a file at a commit by GitHub's API (and the repository above it), a list of checksums. Unknown with clear words, never an
//! absence, in bounded time and memory (THREATS rows 11, 12, 13, 19, 21). Assets of GitHub are in
//! `github_release`, manifests and blobs of registries in `oci::faults`.

use std::time::{Duration, Instant};

use lockstep::model::{Answer, FailureKind, Observation, Query};
use lockstep::observe::Environment;
use lockstep::observe::http::Limits;

use super::asking::{World, about, failure, short, wanted};
use super::loopback::{Heard, Loopback, Step, answer, head};

use FailureKind::{
    Connection, Forbidden, Malformed, NotFound, RateLimited, Redirect, ServerError, Timeout,
    TooLarge, Unauthorized, UnexpectedStatus,
};

const JSON: (&str, &str) = ("content-type", "application/json");
const CHECKSUM: &str = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
const MODIFIED: (&str, &str) = ("last-modified", "Mon, 02 Mar 2026 09:30:00 GMT");
const COMMIT: &str = "1111111111111111111111111111111111111111";

#[derive(Debug, Clone, Copy, PartialEq)]
enum Asked {
    Tarball,
    Head,
    Object,
    Repository,
    Contents,
    List,
}

const ALL: &[Asked] = &[
    Asked::Tarball,
    Asked::Head,
    Asked::Object,
    Asked::Repository,
    Asked::Contents,
    Asked::List,
];

/// Those that are answered with a body.
const BODIES: &[Asked] = &[
    Asked::Tarball,
    Asked::Object,
    Asked::Repository,
    Asked::Contents,
    Asked::List,
];

/// Those whose cap is smaller than what a test should read.
const SMALL: &[Asked] = &[
    Asked::Tarball,
    Asked::Repository,
    Asked::Contents,
    Asked::List,
];

/// The question that a request asks about the release, if it asks one.
fn asked(heard: &Heard) -> Option<Asked> {
    match (heard.method.as_str(), heard.target.as_str()) {
        (_, "/npm/x-1.0.tgz") => Some(Asked::Tarball),
        ("HEAD", "/bucket/x-1.0.zip") => Some(Asked::Head),
        ("GET", "/bucket/x-1.0.zip") => Some(Asked::Object),
        (_, "/api/v3/repos/a/x") => Some(Asked::Repository),
        (_, target) if target.contains("/contents/package.json") => Some(Asked::Contents),
        (_, "/x/1.0/SHA256SUMS") => Some(Asked::List),
        _ => None,
    }
}

fn body(asked: Asked) -> Vec<u8> {
    match asked {
        Asked::Tarball => b"the bytes of a tarball".to_vec(),
        Asked::Head => Vec::new(),
        Asked::Object => b"the bytes of an object".to_vec(),
        Asked::Repository => br#"{"id":1,"full_name":"a/x"}"#.to_vec(),
        Asked::Contents => br#"{"name":"x","version":"1.0"}"#.to_vec(),
        Asked::List => format!("{}  x-1.0.bin\n", "a".repeat(64)).into_bytes(),
    }
}

fn media(asked: Asked) -> (&'static str, &'static str) {
    let media = match asked {
        Asked::Repository => JSON.1,
        Asked::Contents => "application/vnd.github.raw+json",
        Asked::List => "text/plain",
        _ => "application/octet-stream",
    };
    ("content-type", media)
}

/// Everything in order; an object whose content is asked for has no checksum.
fn well(heard: &Heard, question: Asked) -> Vec<Step> {
    let Some(asked) = asked(heard) else {
        let here = format!("http://{}", heard.header("host").unwrap());
        return match question {
            Asked::Tarball => {
                let dist = serde_json::json!({"tarball": format!("{here}/npm/x-1.0.tgz")});
                let page = serde_json::json!({"name": "x", "versions": {"1.0": {"dist": dist}}});
                answer("200 OK", &[JSON], page.to_string().as_bytes())
            }
            _ => {
                let object = "<Contents><Key>x-1.0.zip</Key><LastModified>2026-03-02T09:30:00Z</LastModified></Contents>";
                let page = format!(
                    "<ListBucketResult><IsTruncated>false</IsTruncated>{object}</ListBucketResult>"
                );
                answer("200 OK", &[], page.as_bytes())
            }
        };
    };
    match asked {
        Asked::Head => {
            let length = body(Asked::Object).len().to_string();
            let mut headers = vec![MODIFIED, ("content-length", &length), ("etag", "\"1\"")];
            if question == Asked::Head {
                headers.push(("x-amz-checksum-sha256", CHECKSUM));
            }
            vec![Step::Send(head("200 OK", &headers))]
        }
        Asked::Object => answer("200 OK", &[MODIFIED, ("etag", "\"1\"")], &body(asked)),
        other => answer("200 OK", &[media(other)], &body(other)),
    }
}

/// Everything that is said.
fn ask(question: Asked, limits: &Limits, server: &Loopback) -> Vec<Observation> {
    let environment = Environment::empty()
        .with("AWS_ENDPOINT_URL", server.url(""))
        .with("AWS_ACCESS_KEY_ID", "AKIA1")
        .with("AWS_SECRET_ACCESS_KEY", "secret")
        .with("GITHUB_SERVER_URL", server.url(""));
    let world = World::with(limits.clone(), environment);
    let (registry, source) = (server.url("/npm/"), server.url("/a/x"));
    let list = server.url("/x/{version}/SHA256SUMS");
    let (kind, keys): (_, Vec<(&str, &str)>) = match question {
        Asked::Tarball => ("npm", vec![("registry", &registry), ("hash-files", "1MB")]),
        Asked::Contents | Asked::Repository => (
            "manifest",
            vec![("file", "package.json"), ("key", "version")],
        ),
        Asked::List => (
            "files",
            vec![("checksums", &list), ("names", "x-{version}.bin")],
        ),
        Asked::Head | Asked::Object => {
            let place = [("bucket", "bucket"), ("region", "eu-west-1")];
            let mut keys = place.to_vec();
            keys.push(("key", "{name}-{version}.zip"));
            if question == Asked::Object {
                keys.push(("download", "true"));
            }
            ("s3", keys)
        }
    };
    let wanted = [wanted("1.0", Some(COMMIT))];
    let (listed, looked_up) = world.ask_for(kind, Some(&source), &keys, &wanted);
    [listed, looked_up].concat()
}

/// What a question is about: the release, or the repository above it.
fn of(question: Asked, seen: &[Observation]) -> &Observation {
    match question {
        Asked::Repository => seen.iter().find(|it| it.query == Query::Project).unwrap(),
        _ => about(seen, "1.0"),
    }
}

/// Injects a fault into each of these questions.
fn inject(
    limits: &Limits,
    questions: &[Asked],
    expected: &[FailureKind],
    fault: impl Fn(Asked, &Heard) -> Vec<Step> + Clone + Send + Sync + 'static,
) {
    for question in questions.iter().copied() {
        let fault = fault.clone();
        let server = Loopback::start(move |heard| match asked(heard) {
            mine if mine == Some(question) => fault(question, heard),
            _ => well(heard, question),
        });
        let begun = Instant::now();
        let seen = ask(question, limits, &server);
        let took = begun.elapsed();
        assert!(
            took < limits.total * 3 + Duration::from_secs(2),
            "{question:?}: {took:?}"
        );
        let observation = of(question, &seen);
        let Answer::Failed { .. } = observation.answer else {
            panic!("{question:?}: taken for an answer: {observation:?}");
        };
        let (kind, words) = failure(observation).unwrap();
        assert!(expected.contains(&kind), "{question:?}: {kind:?}: {words}");
        assert!(
            words.len() > 5 && words.len() < 400,
            "{question:?}: {words}"
        );
    }
}

#[test]
fn without_a_fault_every_release_is_known() {
    for question in ALL.iter().copied() {
        let server = Loopback::start(move |heard| well(heard, question));
        let seen = ask(question, &short(), &server);
        assert_eq!(failure(of(question, &seen)), None, "{question:?}: {seen:?}");
        let heard = server.heard();
        assert!(
            heard.iter().any(|it| asked(it) == Some(question)),
            "{heard:?}"
        );
    }
}

#[test]
fn silence_drips_and_resets_are_unknown() {
    inject(&short(), ALL, &[Timeout], |_, _| {
        vec![Step::Sleep(Duration::from_secs(4))]
    });
    inject(&short(), ALL, &[Connection], |_, _| vec![Step::Reset]);
    inject(&short(), BODIES, &[Timeout], |question, _| {
        vec![
            Step::Send(head(
                "200 OK",
                &[media(question), MODIFIED, ("etag", "\"1\"")],
            )),
            Step::Drip(body(question), Duration::from_millis(150)),
        ]
    });
    inject(&short(), BODIES, &[Connection], |question, _| {
        let headers = [media(question), MODIFIED, ("content-length", "100000")];
        let sent = [head("200 OK", &headers), body(question)].concat();
        vec![Step::Send(sent)]
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
        ("206 Partial Content", UnexpectedStatus),
        ("418 Teapot", UnexpectedStatus),
    ] {
        inject(&short(), ALL, &[kind], move |_, _| {
            vec![Step::Send(head(status, &[("content-length", "0")]))]
        });
    }
    // An object that was listed and a file whose folder was listed without it are gone: absent.
    let named = [Asked::Tarball, Asked::Repository, Asked::List];
    inject(&short(), &named, &[NotFound], |_, _| {
        answer("404 Not Found", &[JSON], b"{}")
    });
}

#[test]
fn redirects_end_and_never_lead_into_a_network() {
    inject(&short(), ALL, &[Redirect], |_, heard| {
        let location = [("location", &*heard.target), ("content-length", "0")];
        vec![Step::Send(head("307 Temporary Redirect", &location))]
    });
    for target in ["http://169.254.169.254/", "ftp://127.0.0.1/", "http://"] {
        inject(&short(), ALL, &[Redirect], move |_, _| {
            let location = [("location", target), ("content-length", "0")];
            vec![Step::Send(head("302 Found", &location))]
        });
    }
}

#[test]
fn what_is_not_the_thing_itself_is_no_answer() {
    inject(&short(), &[Asked::Head], &[Malformed], |_, _| {
        let headers = [("x-amz-checksum-sha256", "47DE"), MODIFIED];
        vec![Step::Send(head("200 OK", &headers))]
    });
    for garbage in [
        &b"\xff\xfe\0\x01garbage"[..],
        b"null",
        b"<html></html>",
        b"",
    ] {
        inject(
            &short(),
            &[Asked::Repository, Asked::Contents, Asked::List],
            &[Malformed],
            move |question, _| answer("200 OK", &[media(question)], garbage),
        );
    }
}

/// THREATS rows 11 and 12: what is sent without end stops at the cap.
#[test]
fn endless_answers_stop_at_the_cap() {
    let limits = Limits {
        total: Duration::from_secs(30),
        ..short()
    };
    inject(&limits, SMALL, &[TooLarge], |question, _| {
        let head = head("200 OK", &[media(question)]);
        vec![
            Step::Send(head),
            Step::Repeat(vec![b'a'; 1 << 16], u64::MAX),
        ]
    });
}
