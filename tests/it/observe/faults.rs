//! Every fault, in each question of each channel: unknown with clear words, never a listing that
//! lacks names, never an absence, in bounded time and memory (THREATS rows 11, 12, 13, 19, 21).

use std::time::{Duration, Instant};

use lockstep::model::{Answer, FailureKind, Observation};
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
    /// Which of the channel's observations it becomes.
    observation: usize,
}

const QUESTIONS: &[Asked] = &[
    Asked {
        name: "info/refs",
        kind: "git-tag",
        target: "/x.git/info/refs?service=git-upload-pack",
        media: "application/x-git-upload-pack-advertisement",
        body: || packets(&["version 2\n", "ls-refs\n"]),
        observation: 0,
    },
    Asked {
        name: "ls-refs",
        kind: "git-tag",
        target: "/x.git/git-upload-pack",
        media: "application/x-git-upload-pack-result",
        body: || packets(&[&tag("v1.0"), &tag("v1.1")]),
        observation: 0,
    },
    Asked {
        name: "simple json",
        kind: "pypi",
        target: "/simple/x/",
        media: "application/vnd.pypi.simple.v1+json",
        body: || {
            br#"{"meta":{"api-version":"1.0"},"name":"x","files":[{"filename":"x-1.0.zip","hashes":{}},{"filename":"x-1.1.zip","hashes":{}}]}"#.to_vec()
        },
        observation: 0,
    },
    Asked {
        name: "simple html",
        kind: "pypi",
        target: "/simple/x/",
        media: "text/html",
        body: || {
            b"<html><body><a href='x-1.0.zip'>a</a><a href='x-1.1.zip'>b</a></body></html>".to_vec()
        },
        observation: 0,
    },
    Asked {
        name: "project json",
        kind: "pypi",
        target: "/pypi/x/json",
        media: "application/json",
        body: || br#"{"info":{"name":"x"},"releases":{"1.0":[],"1.1":[]}}"#.to_vec(),
        observation: 1,
    },
    Asked {
        name: "tags",
        kind: "oci",
        target: "/v2/x/tags/list?n=1000",
        media: "application/json",
        body: || br#"{"name":"x","tags":["1.0","1.1"]}"#.to_vec(),
        observation: 0,
    },
];

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
        let well = QUESTIONS.iter().find(|other| other.target == heard.target);
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
            world.ask("git-tag", Some(&source), &[("tag", "v{version}")])
        }
        "oci" => {
            let image = server.url("/x");
            let image = image.strip_prefix("http://").unwrap();
            world.ask("oci", None, &[("image", image), ("tag", "{version}")])
        }
        _ => world.ask("pypi", None, &[("index", &server.url("/simple/"))]),
    }
}

/// Injects a fault into each question and checks what becomes of it.
fn inject(
    limits: &Limits,
    expected: &[FailureKind],
    fault: impl Fn(&'static Asked, &Heard) -> Vec<Step> + Clone + Send + Sync + 'static,
) {
    for asked in QUESTIONS {
        let fault = fault.clone();
        let server = faulty(asked, move |heard| fault(asked, heard));
        let world = World::new(limits.clone());
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
        let observation = &observations[asked.observation];
        let Some((kind, words)) = failure(observation) else {
            panic!("{}: taken for a whole answer: {observation:?}", asked.name);
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
    TooLarge, Unauthorized, UnexpectedStatus, Unsupported,
};

#[test]
fn without_a_fault_every_question_gives_a_whole_listing() {
    for asked in QUESTIONS {
        let server = faulty(asked, |_| answer("200 OK", &media(asked), &(asked.body)()));
        let observations = ask(asked, &World::new(short()), &server);
        let listing = whole(&observations[asked.observation]);
        assert_eq!(listing.entries.len(), 2, "{}", asked.name);
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
            answer("200 OK", &media(asked), garbage)
        });
    }
}

#[test]
fn another_content_type_is_no_answer() {
    for other in ["image/png", "text/plain", "application/xml", ""] {
        inject(&short(), &[Malformed, Unsupported], move |asked, _| {
            answer("200 OK", &[("content-type", other)], &(asked.body)())
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
/// index need not have.
#[test]
fn a_project_that_is_not_found_is_unknown() {
    for asked in QUESTIONS {
        let server = faulty(asked, |_| answer("404 Not Found", &[], b""));
        let observations = ask(asked, &World::new(short()), &server);
        if asked.name == "project json" {
            assert_eq!(observations.len(), 1);
            whole(&observations[0]);
        } else {
            assert_eq!(
                failure(&observations[0]).unwrap().0,
                NotFound,
                "{}",
                asked.name
            );
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

/// Peak memory of this process in KiB.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// THREATS rows 11 and 12: a gigabyte, an endless answer and a gzip bomb stop at the cap.
#[test]
#[cfg(target_os = "linux")]
fn memory_follows_the_cap_and_not_the_sender() {
    let before = peak_memory();
    let limits = Limits {
        total: Duration::from_secs(30),
        ..short()
    };
    inject(&limits, &[TooLarge], |asked, _| {
        let [media] = media(asked);
        let head = head("200 OK", &[media, ("content-length", "1000000000")]);
        vec![
            Step::Send(head),
            Step::Repeat(vec![b'1'; 1 << 16], 1_000_000_000),
        ]
    });
    inject(&limits, &[TooLarge], |asked, _| {
        let head = head("200 OK", &media(asked));
        vec![
            Step::Send(head),
            Step::Repeat(vec![b'<'; 1 << 16], u64::MAX),
        ]
    });
    let bomb = gzip_bomb();
    inject(&limits, &[TooLarge], move |asked, _| {
        let [media] = media(asked);
        answer("200 OK", &[media, ("content-encoding", "gzip")], &bomb)
    });
    let grown = (peak_memory() - before) / 1024;
    println!("peak memory grew by {grown} MiB");
    assert!(grown < 200, "peak memory grew by {grown} MiB");
}

/// 200 MB of zeros in about 200 KB, made by the real `gzip`.
fn gzip_bomb() -> Vec<u8> {
    let script = "head -c 200000000 /dev/zero | gzip -1";
    let output = std::process::Command::new("sh")
        .args(["-c", script])
        .output()
        .unwrap();
    assert!(output.stdout.len() > 1_000 && output.stdout.len() < 4_000_000);
    output.stdout
}
