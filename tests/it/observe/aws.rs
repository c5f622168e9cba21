//! AWS where a real counterpart cannot be had, or would have to misbehave: credentials of machines,
//! containers and programs, pages that break off, refusals.

use lockstep::model::{Answer, Coverage, Digest, FailureKind, Observation};
use lockstep::observe::Environment;
use lockstep::observe::http::Limits;

use super::asking::{World, failure, found, short, whole};
use super::loopback::{Heard, Loopback, Step, answer};

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

/// The access key that signed a request.
fn signer(heard: &Heard) -> Option<&str> {
    let authorization = heard.header("authorization")?;
    let rest = authorization.strip_prefix("AWS4-HMAC-SHA256 Credential=")?;
    rest.split('/').next()
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

/// Asks for a function as whoever the environment says, and who that was.
fn as_whom(server: &Loopback, environment: Environment) -> Observation {
    let environment = environment.with("AWS_ENDPOINT_URL", server.url(""));
    let world = World::with(short(), environment);
    world.ask("lambda", None, &FUNCTION).remove(0)
}

const KEYS: &str = r#"{"AccessKeyId":"AKIA2","SecretAccessKey":"s","Token":"t","Expiration":"2099-01-01T00:00:00Z"}"#;

#[test]
fn a_container_gives_its_keys_for_its_token() {
    let server = Loopback::start(|heard| match heard.target.as_str() {
        "/keys" if heard.header("authorization") == Some("token") => {
            answer("200 OK", &[("etag", "\"1\"")], KEYS.as_bytes())
        }
        "/keys" => answer("401 Unauthorized", &[], b""),
        _ => answer("200 OK", &[], CONFIGURATION.as_bytes()),
    });
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    std::fs::write(&token, "token\n").unwrap();
    let full =
        || Environment::empty().with("AWS_CONTAINER_CREDENTIALS_FULL_URI", server.url("/keys"));
    let file = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";
    let observation = as_whom(&server, full().with(file, token.to_str().unwrap()));
    whole(&observation);
    assert_eq!(observation.credential, "aws:container");
    let heard = server.heard();
    assert_eq!(signer(heard.last().unwrap()), Some("AKIA2"));
    assert_eq!(
        heard.last().unwrap().header("x-amz-security-token"),
        Some("t")
    );
    // Refused: nobody else is asked in its place.
    let refused = as_whom(&server, full());
    assert_eq!(failure(&refused).unwrap().0, FailureKind::Unauthorized);
}

#[test]
fn a_container_is_asked_only_where_containers_get_keys() {
    let server = Loopback::start(|_| answer("200 OK", &[], CONFIGURATION.as_bytes()));
    for address in [
        "http://keys.example/",
        "http://10.0.0.1/",
        "http://169.254.1.1/",
        "keys",
    ] {
        let name = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
        let observation = as_whom(&server, Environment::empty().with(name, address));
        assert_eq!(failure(&observation).unwrap().0, FailureKind::Unsupported);
    }
    let name = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
    let observation = as_whom(&server, Environment::empty().with(name, "//evil.example/"));
    assert_eq!(failure(&observation).unwrap().0, FailureKind::Unsupported);
    assert_eq!(server.heard().len(), 0);
}

/// The metadata service of an instance, session token and all.
fn instance(heard: &Heard) -> Vec<Step> {
    let folder = "/latest/meta-data/iam/security-credentials/";
    let token = heard.header("x-aws-ec2-metadata-token");
    match (heard.method.as_str(), heard.target.as_str()) {
        ("PUT", "/latest/api/token") => answer("200 OK", &[], b"session"),
        (_, target) if target.starts_with("/latest/") && token != Some("session") => {
            answer("401 Unauthorized", &[], b"")
        }
        (_, target) if target == folder => answer("200 OK", &[], b"deployer"),
        (_, target) if target.strip_prefix(folder) == Some("deployer") => {
            answer("200 OK", &[("etag", "\"1\"")], KEYS.as_bytes())
        }
        _ => answer("200 OK", &[], CONFIGURATION.as_bytes()),
    }
}

const METADATA: &str = "AWS_EC2_METADATA_SERVICE_ENDPOINT";

#[test]
fn an_instance_gives_the_keys_of_its_role_last_and_past_every_proxy() {
    let server = Loopback::start(instance);
    let plain = || Environment::empty().with(METADATA, server.url(""));
    let observation = as_whom(&server, plain());
    whole(&observation);
    assert_eq!(observation.credential, "aws:instance");
    assert_eq!(signer(server.heard().last().unwrap()), Some("AKIA2"));
    let proxied = plain()
        .with("HTTP_PROXY", "http://127.0.0.1:9")
        .with("NO_PROXY", "no.example");
    let asked = server.heard().len();
    let observation = as_whom(&server, proxied);
    assert_eq!(observation.credential, "aws:instance");
    assert_eq!(server.heard().len(), asked + 3);
    let disabled = as_whom(&server, plain().with("AWS_EC2_METADATA_DISABLED", "TRUE"));
    let (kind, words) = failure(&disabled).unwrap();
    assert_eq!(kind, FailureKind::Unauthorized);
    assert!(words.contains("AWS_PROFILE"), "{words}");
}

#[test]
fn the_environment_goes_before_a_profile_and_that_before_everything_else() {
    let server = Loopback::start(instance);
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let config = file(
        "config",
        "[profile tool]\ncredential_process = sh -c \"echo '{\\\"AccessKeyId\\\":\\\"AKIA4\\\",\\\"SecretAccessKey\\\":\\\"s\\\"}'\"\n[profile sso]\nsso_session = x\n[profile half]\naws_access_key_id = A\n[profile loop]\nrole_arn = a\nsource_profile = pool\n[profile pool]\nrole_arn = a\nsource_profile = loop\n",
    );
    let credentials = file(
        "credentials",
        "[default]\naws_access_key_id = AKIA3\naws_secret_access_key = s\n",
    );
    let files = || {
        Environment::empty()
            .with(METADATA, server.url(""))
            .with("AWS_CONFIG_FILE", &config)
            .with("AWS_SHARED_CREDENTIALS_FILE", &credentials)
    };
    let keys = |environment: Environment| {
        environment
            .with("AWS_ACCESS_KEY_ID", "AKIA1")
            .with("AWS_SECRET_ACCESS_KEY", "s")
    };
    for (environment, label, key) in [
        (keys(files()), "aws:environment", "AKIA1"),
        (files(), "aws:profile default", "AKIA3"),
        (
            files().with("AWS_PROFILE", "tool"),
            "aws:profile tool",
            "AKIA4",
        ),
    ] {
        let observation = as_whom(&server, environment);
        whole(&observation);
        assert_eq!(observation.credential, label);
        assert_eq!(signer(server.heard().last().unwrap()), Some(key));
    }
    let asked = server.heard().len();
    for (profile, words) in [
        ("nobody", "no such profile"),
        ("sso", "export-credentials"),
        ("half", "not whole"),
        ("loop", "more than 5"),
    ] {
        let observation = as_whom(&server, files().with("AWS_PROFILE", profile));
        let (_, found) = failure(&observation).unwrap();
        assert!(
            found.contains(words) && found.contains("aws:profile "),
            "{found}"
        );
    }
    let half = as_whom(&server, files().with("AWS_ACCESS_KEY_ID", "AKIA1"));
    assert!(failure(&half).unwrap().1.contains("AWS_SECRET_ACCESS_KEY"));
    assert_eq!(
        server.heard().len(),
        asked,
        "nobody else is asked in their place"
    );
}

#[test]
fn many_channels_fetch_keys_once() {
    let server = Loopback::start(instance);
    let environment = Environment::empty()
        .with(METADATA, server.url(""))
        .with("AWS_ENDPOINT_URL", server.url(""));
    let world = World::with(short(), environment);
    let asks = (0..8).map(|_| super::asking::configure("lambda", None, &FUNCTION).unwrap());
    let answers = world.ask_many(asks.collect());
    assert!(
        answers
            .iter()
            .all(|answer| answer[0].credential == "aws:instance")
    );
    assert_eq!(server.heard().len(), 3 + 8);
}
