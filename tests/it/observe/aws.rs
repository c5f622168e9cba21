//! Lambda and S3 where a real counterpart would have to misbehave: pages that break off, refusals,
//! checksums that are none.

use lockstep::model::{Answer, Coverage, Digest, FailureKind, Observation};
use lockstep::observe::Environment;
use lockstep::observe::http::Limits;

use super::asking::{World, failure, found, short, whole};
use super::loopback::{Loopback, Step, answer, head as head_of};

const BUCKET: [(&str, &str); 3] = [
    ("bucket", "bucket"),
    ("region", "eu-west-1"),
    ("key", "{name}-{version}.zip"),
];
const FUNCTION: [(&str, &str); 2] = [("function", "x"), ("region", "eu-west-1")];
const CONFIGURATION: &str = r#"{"FunctionName":"x","CodeSha256":"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=","LastModified":"2026-03-02T09:20:00.000+0000","Description":"1.0"}"#;

fn page(keys: &[&str], next: Option<&str>) -> Vec<u8> {
    let objects = keys.iter().map(|key| {
        format!(
            "<Contents><Key>{key}</Key><LastModified>2026-03-02T09:30:00Z</LastModified></Contents>"
        )
    });
    let objects: String = objects.collect();
    let next_token = next.map_or(String::new(), |token| {
        format!("<NextContinuationToken>{token}</NextContinuationToken>")
    });
    let more = next.is_some();
    format!("<ListBucketResult><IsTruncated>{more}</IsTruncated>{next_token}{objects}</ListBucketResult>")
        .into_bytes()
}

fn signed_in(server: &Loopback) -> Environment {
    Environment::empty()
        .with("AWS_ENDPOINT_URL", server.url(""))
        .with("AWS_ACCESS_KEY_ID", "AKIA1")
        .with("AWS_SECRET_ACCESS_KEY", "secret")
}

fn world(server: &Loopback) -> World {
    World::with(short(), signed_in(server))
}

#[test]
fn a_page_that_does_not_come_leaves_a_partial_listing() {
    let server = Loopback::start(
        |heard| match heard.target.contains("continuation-token=t%2F1") {
            true => answer("500 Internal Server Error", &[], b""),
            false => answer("200 OK", &[], &page(&["x-1.0.zip"], Some("t/1"))),
        },
    );
    let observations = world(&server).ask("s3", None, &BUCKET);
    assert_eq!(
        failure(&observations[0]).unwrap().0,
        FailureKind::ServerError
    );
    let Answer::Seen { coverage, .. } = &observations[0].answer else {
        panic!("{observations:?}");
    };
    assert!(matches!(coverage, Coverage::Partial { stopped_at, .. } if stopped_at == "page 2"));
}

#[test]
fn a_page_that_repeats_itself_is_no_listing() {
    let server = Loopback::start(|_| answer("200 OK", &[], &page(&["x-1.0.zip"], Some("again"))));
    let observations = world(&server).ask("s3", None, &BUCKET);
    assert_eq!(failure(&observations[0]).unwrap().0, FailureKind::Malformed);
    assert_eq!(server.heard().len(), 2);
}

#[test]
fn a_refusal_to_list_is_forbidden_and_says_which_permission() {
    let body = b"<Error><Code>AccessDenied</Code><Message>s3cr3t</Message></Error>";
    let server = Loopback::start(|_| answer("403 Forbidden", &[], body));
    let observations = world(&server).ask_and_look_up("s3", &BUCKET, &["1.0"]);
    let (kind, words) = failure(&observations[0]).unwrap();
    assert_eq!(kind, FailureKind::Forbidden);
    assert!(
        words.contains("s3:ListBucket") && words.contains("AccessDenied"),
        "{words}"
    );
    let (kind, words) = failure(&observations[1]).unwrap();
    assert_eq!(kind, FailureKind::Forbidden);
    assert!(words.contains("s3:GetObject"), "{words}");
}

#[test]
fn a_bucket_in_another_region_is_named_with_its_region() {
    for status in ["301 Moved Permanently", "400 Bad Request"] {
        let region = [("x-amz-bucket-region", "eu-central-1")];
        let server = Loopback::start(move |_| answer(status, &region, b""));
        let observations = world(&server).ask_and_look_up("s3", &BUCKET, &["1.0"]);
        for observation in &observations {
            let (kind, words) = failure(observation).unwrap();
            assert_eq!(kind, FailureKind::Redirect);
            assert!(
                words.contains("`eu-central-1`") && words.contains("`region`"),
                "{words}"
            );
        }
    }
}

/// THREATS row 19: a signature is never made for where a server points.
#[test]
fn a_redirect_of_a_signed_request_is_not_followed() {
    let elsewhere = Loopback::start(|_| answer("200 OK", &[], b""));
    let location = elsewhere.url("/bucket");
    let server =
        Loopback::start(move |_| answer("307 Temporary Redirect", &[("location", &location)], b""));
    let observations = world(&server).ask("s3", None, &BUCKET);
    assert_eq!(failure(&observations[0]).unwrap().0, FailureKind::Redirect);
    assert_eq!(elsewhere.heard().len(), 0);
}

#[test]
fn a_404_of_an_object_is_an_absence_only_where_the_bucket_was_listed() {
    let listed = Loopback::start(|heard| match heard.method.as_str() {
        "HEAD" => answer("404 Not Found", &[], b""),
        _ => answer("200 OK", &[], &page(&[], None)),
    });
    let observations = world(&listed).ask_and_look_up("s3", &BUCKET, &["1.0"]);
    assert!(matches!(observations[1].answer, Answer::Absent { .. }));
    let hidden = Loopback::start(|_| answer("404 Not Found", &[], b""));
    let observations = world(&hidden).ask_and_look_up("s3", &BUCKET, &["1.0"]);
    assert_eq!(failure(&observations[1]).unwrap().0, FailureKind::NotFound);
}

const MODIFIED: (&str, &str) = ("last-modified", "Mon, 02 Mar 2026 09:30:00 GMT");
const EMPTY: &str = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

/// What HEAD with these header fields makes of the object of version 1.0.
fn object(headers: &'static [(&'static str, &'static str)]) -> Observation {
    let server = Loopback::start(move |heard| match heard.method.as_str() {
        "HEAD" => answer("200 OK", headers, b""),
        _ => answer("200 OK", &[], &page(&["x-1.0.zip"], None)),
    });
    let observation = world(&server)
        .ask_and_look_up("s3", &BUCKET, &["1.0"])
        .remove(1);
    let head = server.heard().pop().unwrap();
    assert_eq!(head.target, "/bucket/x-1.0.zip");
    assert_eq!(head.header("x-amz-checksum-mode"), Some("ENABLED"));
    observation
}

#[test]
fn a_checksum_counts_only_where_it_is_of_the_whole_object() {
    const NAME: &str = "x-amz-checksum-sha256";
    const TYPE: &str = "x-amz-checksum-type";
    let whole = [
        object(&[MODIFIED, (NAME, EMPTY)]),
        object(&[MODIFIED, (NAME, EMPTY), (TYPE, "FULL_OBJECT")]),
    ];
    for observation in &whole {
        assert_eq!(found(observation).digest, Some(Digest::of(b"")));
        let published = "2026-03-02T09:30:00Z".parse().unwrap();
        assert_eq!(found(observation).published, Some(published));
    }
    let other = [
        object(&[MODIFIED, ("etag", "\"d41d8cd98f00b204e9800998ecf8427e\"")]),
        object(&[MODIFIED, (NAME, EMPTY), (TYPE, "COMPOSITE")]),
        object(&[
            MODIFIED,
            (NAME, "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=-3"),
        ]),
        object(&[
            MODIFIED,
            (NAME, EMPTY),
            ("etag", "\"d41d8cd98f00b204e9800998ecf8427e-3\""),
        ]),
    ];
    for observation in &other {
        assert_eq!(found(observation).digest, None);
    }
    let malformed = [
        object(&[MODIFIED, (NAME, "47DE")]),
        object(&[(NAME, EMPTY)]),
        object(&[("last-modified", "soon"), (NAME, EMPTY)]),
    ];
    for observation in &malformed {
        assert_eq!(failure(observation).unwrap().0, FailureKind::Malformed);
    }
}

#[test]
fn the_version_of_an_object_that_was_looked_at_is_recorded_where_there_is_one() {
    const ID: &str = "x-amz-version-id";
    let kept = object(&[MODIFIED, (ID, "L4kqtJlcpXroDTDmpUMLUo")]);
    let versions = &found(&kept).object_versions;
    assert_eq!(versions["x-1.0.zip"], "L4kqtJlcpXroDTDmpUMLUo");
    for without in [
        object(&[MODIFIED, (ID, "null")]),
        object(&[MODIFIED, (ID, "")]),
        object(&[MODIFIED, (ID, "a b")]),
    ] {
        assert!(found(&without).object_versions.is_empty());
    }
}

#[test]
fn a_function_that_is_no_version_may_be_any() {
    for (description, unnamed) in [
        ("starts 1.0 at night", "starts 1.0 at night"),
        ("", "x without a description"),
    ] {
        let body = CONFIGURATION.replace("\"1.0\"", &format!("\"{description}\""));
        let server = Loopback::start(move |_| answer("200 OK", &[], body.as_bytes()));
        let observations = world(&server).ask("lambda", None, &FUNCTION);
        let listing = whole(&observations[0]);
        assert!(listing.entries.is_empty());
        assert!(listing.unnamed.contains(unnamed), "{listing:?}");
    }
}

#[test]
fn an_image_or_an_update_under_way_is_no_zip_that_runs() {
    let code = "\"CodeSha256\":\"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\"";
    let image = format!("{code},\"PackageType\":\"Image\"");
    let updating = format!("{code},\"LastUpdateStatus\":\"InProgress\"");
    let md5 = "\"CodeSha256\":\"1B2M2Y8AsgTpgAmY7PhCfg==\"".to_owned();
    for (other, kind) in [
        (image, FailureKind::Unsupported),
        (updating, FailureKind::Stale),
        (md5, FailureKind::Malformed),
    ] {
        let body = CONFIGURATION.replace(code, &other);
        let server = Loopback::start(move |_| answer("200 OK", &[], body.as_bytes()));
        let observations = world(&server).ask("lambda", None, &FUNCTION);
        assert_eq!(failure(&observations[0]).unwrap().0, kind, "{other}");
    }
}

#[test]
fn an_alias_is_one_version_or_not_settled() {
    let code = "\"Description\"";
    let configuration = CONFIGURATION.replace(code, &format!("\"Version\":\"7\",{code}"));
    let ask = |status: &'static str, alias: &'static str| {
        let configuration = configuration.clone();
        let server = Loopback::start(move |heard| match heard.target.as_str() {
            "/2015-03-31/functions/x/aliases/live" => answer(status, &[], alias.as_bytes()),
            _ => answer("200 OK", &[], configuration.as_bytes()),
        });
        let keys = [&FUNCTION[..], &[("qualifier", "live")]].concat();
        world(&server).ask("lambda", None, &keys).remove(0)
    };
    for settled in [
        r#"{"FunctionVersion":"7"}"#,
        r#"{"FunctionVersion":"7","RoutingConfig":null}"#,
        r#"{"FunctionVersion":"7","RoutingConfig":{"AdditionalVersionWeights":{"6":0.0}}}"#,
    ] {
        assert_eq!(whole(&ask("200 OK", settled)).entries.len(), 1);
    }
    let split = r#"{"FunctionVersion":"7","RoutingConfig":{"AdditionalVersionWeights":{"6":0.1}}}"#;
    for (status, alias, kind) in [
        ("200 OK", split, FailureKind::Stale),
        ("200 OK", r#"{"FunctionVersion":"6"}"#, FailureKind::Stale),
        ("200 OK", "{}", FailureKind::Malformed),
        ("403 Forbidden", "", FailureKind::Forbidden),
        ("404 Not Found", "", FailureKind::NotFound),
    ] {
        assert_eq!(failure(&ask(status, alias)).unwrap().0, kind, "{alias}");
    }
}

#[test]
fn an_answer_about_another_function_is_none() {
    let body = CONFIGURATION.replace("\"x\"", "\"y\"");
    let server = Loopback::start(move |_| answer("200 OK", &[], body.as_bytes()));
    let observations = world(&server).ask("lambda", None, &FUNCTION);
    assert_eq!(failure(&observations[0]).unwrap().0, FailureKind::Malformed);
}

/// A retry long after would be refused for its date.
#[test]
fn each_try_is_signed_anew() {
    let server = Loopback::start(|_| answer("503 Slow Down", &[], b""));
    let limits = Limits {
        tries: 2,
        backoff: std::time::Duration::from_millis(2_100),
        total: std::time::Duration::from_secs(10),
        ..short()
    };
    World::with(limits, signed_in(&server)).ask("lambda", None, &FUNCTION);
    let heard = server.heard();
    let dates: Vec<_> = heard
        .iter()
        .map(|heard| heard.header("x-amz-date"))
        .collect();
    assert_eq!(dates.len(), 2);
    assert_ne!(dates[0], dates[1]);
}

/// What is read of an object that states no hash, where HEAD and GET say this.
fn downloaded(
    head: &'static [(&'static str, &'static str)],
    get: &'static [(&'static str, &'static str)],
    body: &'static [u8],
) -> Observation {
    let server = Loopback::start(
        move |heard| match (heard.method.as_str(), heard.target.len()) {
            // A HEAD tells the length of what a GET would give.
            ("HEAD", _) => vec![Step::Send(head_of("200 OK", head))],
            (_, length) if length > 30 => answer("200 OK", &[], &page(&["x-1.0.zip"], None)),
            _ => answer("200 OK", get, body),
        },
    );
    let keys = [&BUCKET[..], &[("download", "true")]].concat();
    let mut observations = world(&server).ask_and_look_up("s3", &keys, &["1.0"]);
    observations.remove(1)
}

#[test]
fn bytes_that_were_read_count_only_where_they_are_those_that_are_stored() {
    const TAG: (&str, &str) = ("etag", "\"1\"");
    const THREE: (&str, &str) = ("content-length", "3");
    let read = downloaded(&[MODIFIED, TAG, THREE], &[MODIFIED, TAG], b"two");
    assert_eq!(found(&read).digest, Some(Digest::of(b"two")));
    let replaced = downloaded(
        &[MODIFIED, TAG, THREE],
        &[MODIFIED, ("etag", "\"2\"")],
        b"two",
    );
    assert_eq!(failure(&replaced).unwrap().0, FailureKind::Stale);
    let other_length = downloaded(&[MODIFIED, TAG, THREE], &[MODIFIED, TAG], b"three");
    assert_eq!(found(&other_length).digest, None);
    const HUGE: (&str, &str) = ("content-length", "99999999999");
    let huge = downloaded(&[MODIFIED, TAG, HUGE], &[MODIFIED, TAG], b"");
    assert_eq!(found(&huge).digest, None);
}
