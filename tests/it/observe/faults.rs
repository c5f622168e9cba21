//! Every fault, in each question of each channel: unknown with clear words, never a listing that
//! lacks names, never an absence, in bounded time and memory (THREATS rows 11, 12, 13, 19, 21).

mod aws;
mod github;
#[cfg(target_os = "linux")]
mod memory;
mod packages;

use std::time::{Duration, Instant};

use lockstep::model::{Answer, FailureKind, Observation, Query};
use lockstep::observe::http::Limits;

use super::asking::{World, failure, short, whole};
use super::loopback::{Heard, Loopback, Step, answer, head};

/// A question of a channel: where it goes, what it gets where all is well.
struct Asked {
    name: &'static str,
    kind: &'static str,
    target: &'static str,
    media: &'static str,
    body: fn() -> Vec<u8>,
}

const TAG: &[(&str, &str)] = &[("tag", "v{version}")];

const QUESTIONS: &[Asked] = &[
    Asked {
        name: "info/refs",
        kind: "git-tag",
        target: "/x.git/info/refs?service=git-upload-pack",
        media: "application/x-git-upload-pack-advertisement",
        body: || packets(&["version 2\n", "ls-refs\n"]),
    },
    Asked {
        name: "ls-refs",
        kind: "git-tag",
        target: "/x.git/git-upload-pack",
        media: "application/x-git-upload-pack-result",
        body: || packets(&[&tag("v1.0"), &tag("v1.1")]),
    },
    Asked {
        name: "tags",
        kind: "oci",
        target: "/v2/x/tags/list?n=1000",
        media: "application/json",
        body: || br#"{"name":"x","tags":["1.0","1.1"]}"#.to_vec(),
    },
];

fn questions() -> impl Iterator<Item = &'static Asked> {
    let kinds = [
        QUESTIONS,
        github::QUESTIONS,
        packages::QUESTIONS,
        aws::QUESTIONS,
    ];
    kinds.into_iter().flatten()
}

fn packets(lines: &[&str]) -> Vec<u8> {
    let line = |line: &&str| format!("{:04x}{line}", line.len() + 4).into_bytes();
    let mut bytes: Vec<u8> = lines.iter().flat_map(line).collect();
    bytes.extend(b"0000");
    bytes
}

fn tag(name: &str) -> String {
    format!("{} refs/tags/{name}\n", "1".repeat(40))
}

/// A server that answers all questions well but one, which gets the fault.
fn faulty(
    asked: &'static Asked,
    fault: impl Fn(&Heard) -> Vec<Step> + Send + Sync + 'static,
) -> Loopback {
    Loopback::start(move |heard| {
        if heard.target == asked.target {
            return fault(heard);
        }
        let well = questions().find(|other| other.target == heard.target);
        match well {
            Some(well) => answer("200 OK", &[("content-type", well.media)], &(well.body)()),
            None => fault(heard),
        }
    })
}

fn ask(asked: &Asked, world: &World, server: &Loopback) -> Vec<Observation> {
    match asked.kind {
        "git-tag" => {
            let source = server.url("/x.git");
            world.ask("git-tag", Some(&source), TAG)
        }
        "github-release" => github::ask(world, server),
        "lambda" | "s3" => aws::ask(asked, world),
        "oci" => {
            let image = server.url("/x");
            let image = image.strip_prefix("http://").unwrap();
            world.ask("oci", None, &[("image", image), ("tag", "{version}")])
        }
        _ => packages::ask(asked, world, server),
    }
}

/// Injects a fault into each question and checks what becomes of it.
fn inject(
    limits: &Limits,
    expected: &[FailureKind],
    fault: impl Fn(&'static Asked, &Heard) -> Vec<Step> + Clone + Send + Sync + 'static,
) {
    for asked in questions() {
        let fault = fault.clone();
        let server = faulty(asked, move |heard| fault(asked, heard));
        let world = aws::world(limits, &server);
        let begun = Instant::now();
        let observations = ask(asked, &world, &server);
        let took = begun.elapsed();
        assert!(
            took < limits.total * 3 + Duration::from_secs(2),
            "{}: {took:?}",
            asked.name
        );
        let absent = |o: &Observation| matches!(o.answer, Answer::Absent { .. });
        assert!(!observations.iter().any(absent), "{}", asked.name);
        // All other questions are answered well: what failed is this one.
        let Some((kind, words)) = observations.iter().find_map(failure) else {
            panic!("{}: taken for a whole answer: {observations:?}", asked.name);
        };
        assert!(
            expected.contains(&kind),
            "{}: {kind:?}: {words}",
            asked.name
        );
        assert!(
            words.len() > 5 && words.len() < 400,
            "{}: {words}",
            asked.name
        );
    }
}

fn media(asked: &Asked) -> [(&'static str, &'static str); 1] {
    [("content-type", asked.media)]
}

use FailureKind::{
    Connection, Forbidden, Malformed, NotFound, RateLimited, Redirect, ServerError, Timeout,
    Unauthorized, UnexpectedStatus, Unsupported,
};

#[test]
fn without_a_fault_every_question_gives_a_whole_listing() {
    for asked in questions() {
        let server = faulty(asked, |_| answer("200 OK", &media(asked), &(asked.body)()));
        let observations = ask(asked, &aws::world(&short(), &server), &server);
        assert_eq!(
            observations.iter().find_map(failure),
            None,
            "{}",
            asked.name
        );
        let listings = observations.iter().filter(|it| it.query == Query::Listing);
        for listing in listings {
            let entries = if asked.kind == "lambda" { 1 } else { 2 };
            assert_eq!(whole(listing).entries.len(), entries, "{}", asked.name);
        }
        if asked.kind == "github-release" {
            let queries: Vec<&Query> = observations.iter().map(|it| &it.query).collect();
            let entry = Query::Entry("v1.0".to_owned());
            assert_eq!(queries, [&Query::Project, &Query::Listing, &entry]);
        }
    }
}

#[test]
fn silence_is_a_time_out() {
    inject(&short(), &[Timeout], |_, _| {
        vec![Step::Sleep(Duration::from_secs(4))]
    });
}

#[test]
fn a_slow_drip_is_a_time_out() {
    inject(&short(), &[Timeout], |asked, _| {
        let head = head("200 OK", &media(asked));
        vec![
            Step::Send(head),
            Step::Drip((asked.body)(), Duration::from_millis(100)),
        ]
    });
}

#[test]
fn a_reset_in_the_middle_is_no_connection() {
    inject(&short(), &[Connection], |asked, _| {
        let body = (asked.body)();
        let length = body.len().to_string();
        let [media] = media(asked);
        let mut bytes = head("200 OK", &[media, ("content-length", &length)]);
        bytes.extend_from_slice(&body[..body.len() - 8]);
        vec![Step::Send(bytes), Step::Reset]
    });
    inject(&short(), &[Connection], |_, _| vec![Step::Reset]);
}

#[test]
fn an_answer_that_is_shorter_than_it_says_is_no_answer() {
    inject(&short(), &[Connection], |asked, _| {
        let [media] = media(asked);
        let mut bytes = head("200 OK", &[media, ("content-length", "100000")]);
        bytes.extend((asked.body)());
        vec![Step::Send(bytes)]
    });
}

/// Where nothing tells the length, only the format can tell that something is cut off.
#[test]
fn an_answer_that_was_cut_anywhere_is_never_a_whole_listing() {
    for end in [0, 1, 4, 10, 30, 50] {
        inject(&short(), &[Malformed], move |asked, _| {
            let body = (asked.body)();
            let mut bytes = head("200 OK", &media(asked));
            bytes.extend_from_slice(&body[..end.min(body.len() - 9)]);
            vec![Step::Send(bytes)]
        });
    }
}

#[test]
fn malformed_answers_are_failures() {
    for garbage in [
        &b"\xff\xfe\0\x01garbage"[..],
        b"{}",
        b"[]",
        b"null",
        b"<html></html>",
        b"0004",
        b"fff0x",
    ] {
        inject(&short(), &[Malformed], move |asked, _| {
            let listed = garbage == b"[]" && github::LISTS.contains(&asked.name);
            let garbage = if listed { b"[0]" } else { garbage };
            answer("200 OK", &media(asked), garbage)
        });
    }
}

#[test]
fn another_content_type_is_no_answer() {
    for other in ["image/png", "text/plain", "application/xml", ""] {
        inject(&short(), &[Malformed, Unsupported], move |asked, _| {
            // A list of checksums has no media type of its own; a web page is none.
            let other = match (asked.name, other) {
                ("checksums", "text/plain" | "") => "text/html",
                _ => other,
            };
            // AWS's protocols do not go by the type; their answers are told by their content.
            let body = match asked.kind {
                "lambda" | "s3" => b"another type".to_vec(),
                _ => (asked.body)(),
            };
            answer("200 OK", &[("content-type", other)], &body)
        });
    }
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
        inject(&short(), &[kind], move |_, _| answer(status, &[], b""));
    }
    inject(&short(), &[RateLimited], |_, _| {
        answer("429 Too Many Requests", &[("retry-after", "600")], b"")
    });
}

/// 404 on the project itself is unknown (`channel-not-found`), except on the JSON API, which an
/// index need not have. A comparison that is not there leaves it unsaid whether a branch contains
/// the commit.
#[test]
fn a_project_that_is_not_found_is_unknown() {
    for asked in questions() {
        let server = faulty(asked, |_| answer("404 Not Found", &[], b""));
        let observations = ask(asked, &aws::world(&short(), &server), &server);
        let failed: Vec<_> = observations.iter().filter_map(failure).collect();
        match asked.name {
            "project json" => {
                assert_eq!(observations.len(), 1);
                whole(&observations[0]);
            }
            "compare" => {
                assert_eq!((observations.len(), failed.len()), (2, 0));
                whole(&observations[1]);
            }
            name => assert_eq!(failed[0].0, NotFound, "{name}"),
        }
    }
}

#[test]
fn redirects_end_and_never_leave_for_plain_http_elsewhere() {
    inject(&short(), &[Redirect], |_, heard| {
        answer(
            "307 Temporary Redirect",
            &[("location", &heard.target)],
            b"",
        )
    });
    for target in [
        "http://example.org/",
        "ftp://127.0.0.1/",
        "http://",
        "",
        "http://169.254.169.254/",
    ] {
        inject(&short(), &[Redirect], move |_, _| {
            let location: &[(&str, &str)] = if target.is_empty() {
                &[]
            } else {
                &[("location", target)]
            };
            answer("308 Permanent Redirect", location, b"")
        });
    }
}
