//! Planted secrets: they reach the server they belong to, and nothing else (THREATS row 19).

use std::path::Path;

use lockstep::observe::Environment;

use super::asking::{World, configure, short};
use super::loopback::{Heard, Loopback, answer};

const SECRET: &str = "s3cr3t-planted";
const PAGE: &[u8] = br#"{"meta":{"api-version":"1.0"},"name":"x","versions":["1.0"],"files":[]}"#;
const JSON: (&str, &str) = ("content-type", "application/json");

/// Everything that a run leaves behind: observations, events, names and contents of cache files.
pub(super) fn traces(world: &World, observations: &[lockstep::model::Observation]) -> String {
    let mut traces = serde_json::to_string(observations).unwrap();
    traces.push_str(&format!("{observations:?}{:?}", world.events.events()));
    collect(world.cache.path(), &mut traces);
    traces
}

fn collect(folder: &Path, traces: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        traces.push_str(&entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            collect(&entry.path(), traces);
        } else {
            traces.push_str(&String::from_utf8_lossy(
                &std::fs::read(entry.path()).unwrap(),
            ));
        }
    }
}

/// `user:SECRET` in base64, as a header carries it, must not be kept either.
pub(super) fn assert_clean(traces: &str) {
    assert!(traces.len() > 100);
    for trace in [SECRET, "s3cr3t", "czNjcjN0", "bTpzM2Ny", "OnMzY3Iz"] {
        assert!(!traces.contains(trace), "{trace} in {traces}");
    }
}

fn with_password(url: &str) -> String {
    url.replace("http://", &format!("http://m:{SECRET}@"))
}

fn authorization(heard: &[Heard]) -> Vec<Option<&str>> {
    heard.iter().map(|h| h.header("authorization")).collect()
}

/// Asks each channel at this server, with a password in its address.
fn ask_both(world: &World, server: &Loopback) -> Vec<lockstep::model::Observation> {
    let index = with_password(&server.url("/simple/"));
    let source = with_password(&server.url("/x.git"));
    let mut observations = world.ask("pypi", None, &[("index", &index)]);
    observations.extend(world.ask("git-tag", Some(&source), &[("tag", "v{version}")]));
    observations
}

#[test]
fn a_password_in_an_address_reaches_its_server_and_leaves_no_trace() {
    for status in [
        "200 OK",
        "401 Unauthorized",
        "500 Internal Server Error",
        "404 Not Found",
    ] {
        let server = Loopback::start(move |_| answer(status, &[JSON, ("etag", "\"1\"")], PAGE));
        let world = World::new(short());
        let observations = ask_both(&world, &server);
        let heard = server.heard();
        assert!(authorization(&heard).iter().all(|value| value.is_some()));
        assert!(!heard.iter().any(|h| h.target.contains(SECRET)));
        assert!(observations.iter().any(|o| o.credential == "index URL"));
        assert!(observations.iter().any(|o| o.credential == "source URL"));
        assert_clean(&traces(&world, &observations));
    }
}

#[test]
fn a_login_of_netrc_goes_to_its_host_only_and_leaves_no_trace() {
    let server = Loopback::start(|_| answer("200 OK", &[JSON, ("etag", "\"1\"")], PAGE));
    let folder = tempfile::tempdir().unwrap();
    let netrc = folder.path().join("netrc");
    std::fs::write(
        &netrc,
        format!("machine 127.0.0.1 login m password {SECRET}\n"),
    )
    .unwrap();
    let environment = Environment::empty().with("NETRC", netrc.to_str().unwrap());
    let world = World::with(short(), environment);
    let observations = world.ask("pypi", None, &[("index", &server.url("/simple/"))]);
    assert_eq!(observations[0].credential, "netrc");
    assert!(
        authorization(&server.heard())
            .iter()
            .all(|value| value.is_some())
    );
    let elsewhere = server.url("/simple/").replace("127.0.0.1", "localhost");
    let observations = [
        observations,
        world.ask("pypi", None, &[("index", &elsewhere)]),
    ]
    .concat();
    assert!(observations.iter().any(|o| o.credential == "anonymous"));
    assert!(authorization(&server.heard()).contains(&None));
    assert_clean(&traces(&world, &observations));
}

#[test]
fn a_redirect_to_another_origin_takes_no_credential_and_its_signature_leaves_no_trace() {
    for status in ["200 OK", "403 Forbidden", "500 Internal Server Error"] {
        let storage = Loopback::start(move |_| answer(status, &[JSON, ("etag", "\"1\"")], PAGE));
        let signed = storage.url(&format!("/signed?X-Amz-Signature={SECRET}"));
        let server = Loopback::start(move |_| {
            answer("307 Temporary Redirect", &[("location", &signed)], b"")
        });
        let world = World::new(short());
        let observations = ask_both(&world, &server);
        assert!(
            authorization(&server.heard())
                .iter()
                .all(|value| value.is_some())
        );
        let heard = storage.heard();
        assert!(heard.len() >= 2 && authorization(&heard).iter().all(|value| value.is_none()));
        assert_clean(&traces(&world, &observations));
    }
}

/// Once it has left its origin, a request never gets its credential back: the other server would
/// choose what is asked with it.
#[test]
fn a_redirect_that_comes_back_takes_no_credential_either() {
    let home = Loopback::start(|heard| match heard.target.as_str() {
        "/back" => answer("200 OK", &[JSON], PAGE),
        _ => {
            let via = heard.header("host").unwrap();
            let port: u16 = via.rsplit(':').next().unwrap().parse().unwrap();
            let location = format!("http://localhost:{port}/away");
            let step = if heard.target == "/away" {
                format!("http://127.0.0.1:{port}/back")
            } else {
                location
            };
            answer("307 Temporary Redirect", &[("location", &step)], b"")
        }
    });
    let world = World::new(short());
    let index = with_password(&home.url("/simple/"));
    world.ask("pypi", None, &[("index", &index)]);
    for heard in home.heard() {
        let first = heard.target.starts_with("/simple") || heard.target.starts_with("/pypi");
        assert_eq!(
            heard.header("authorization").is_some(),
            first,
            "{}",
            heard.target
        );
    }
}

#[test]
fn a_github_token_stays_away_from_other_hosts() {
    let server = Loopback::start(|_| answer("404 Not Found", &[], b""));
    let environment = Environment::empty()
        .with("GITHUB_TOKEN", SECRET)
        .with("GH_TOKEN", SECRET);
    let world = World::with(short(), environment);
    let source = server.url("/x.git");
    let observations = world.ask("git-tag", Some(&source), &[("tag", "v{version}")]);
    assert_eq!(authorization(&server.heard()), [None]);
    assert_clean(&traces(&world, &observations));
}

/// A token of a workflow: with it go the questions to the API and to git on its own host, and no
/// others, whatever the server answers.
#[test]
fn a_workflows_token_reaches_its_github_and_leaves_no_trace() {
    const RELEASES: &[u8] = br#"[{"id":1,"tag_name":"v1.0","name":null,"draft":false,
        "prerelease":false,"published_at":null,"author":null,"assets":[{"id":2,"name":"x.zip",
        "state":"uploaded","size":3,"updated_at":"2026-01-01T00:00:00Z"}]}]"#;
    let storage = Loopback::start(|_| answer("200 OK", &[], b"zip"));
    for status in [
        "200 OK",
        "401 Unauthorized",
        "403 Forbidden",
        "404 Not Found",
    ] {
        let signed = storage.url(&format!("/signed?X-Amz-Signature={SECRET}"));
        let next = storage.url("/page");
        let server = Loopback::start(move |heard| match heard.target.as_str() {
            "/api/v3/repos/a/x/releases?per_page=100" => {
                let link = format!("<{next}>; rel=\"next\"");
                answer(
                    status,
                    &[JSON, ("etag", "\"1\""), ("link", &link)],
                    RELEASES,
                )
            }
            "/api/v3/repos/a/x/releases/assets/2" => {
                answer("302 Found", &[("location", &signed)], b"")
            }
            _ => answer(status, &[JSON, ("etag", "\"1\"")], b"{\"message\": \"no\"}"),
        });
        let environment = Environment::empty()
            .with("GITHUB_SERVER_URL", server.url(""))
            .with("GH_TOKEN", SECRET);
        let world = World::with(short(), environment);
        let keys = [("tag", "v{version}"), ("hash-assets", "1MB")];
        let ask = configure("github-release", Some(&server.url("/a/x")), &keys).unwrap();
        let observations = world.ask_twice(ask, &["v1.0"]).concat();
        let heard = server.heard();
        assert!(heard.len() >= 2 && authorization(&heard).iter().all(|value| value.is_some()));
        assert!(!heard.iter().any(|h| h.target.contains(SECRET)));
        assert!(observations.iter().all(|o| o.credential == "GH_TOKEN"));
        assert_clean(&traces(&world, &observations));
    }
    let heard = storage.heard();
    assert_eq!(heard.len(), 1, "the asset, and not the page");
    assert!(authorization(&heard).iter().all(|value| value.is_none()));
}

/// A token of `.npmrc` reaches the registry, and no redirect, tarball or log.
#[test]
fn a_token_of_npmrc_goes_to_its_registry_only_and_leaves_no_trace() {
    let elsewhere = Loopback::start(|_| answer("200 OK", &[], b"tarball"));
    let tarball = elsewhere.url("/x-1.0.0.tgz");
    for redirected in [false, true] {
        let tarball = tarball.clone();
        let server = Loopback::start(move |heard| {
            let here = format!("http://{}/npm/x-1.0.0.tgz", heard.header("host").unwrap());
            let dist = if redirected { &here } else { &tarball };
            let page = serde_json::json!({
                "name": "x", "versions": {"1.0.0": {"dist": {"tarball": dist}}}});
            match heard.target.as_str() {
                "/npm/x" => answer(
                    "200 OK",
                    &[JSON, ("etag", "\"1\"")],
                    page.to_string().as_bytes(),
                ),
                _ => answer("302 Found", &[("location", &tarball)], b""),
            }
        });
        let folder = tempfile::tempdir().unwrap();
        let rc = folder.path().join("npmrc");
        let registry = server.url("/npm/");
        let place = registry.trim_start_matches("http:");
        std::fs::write(&rc, format!("{place}:_authToken={SECRET}\n")).unwrap();
        let environment = Environment::empty()
            .with("NPM_CONFIG_USERCONFIG", rc.to_str().unwrap())
            .with("NODE_AUTH_TOKEN", SECRET)
            .with("GITHUB_TOKEN", SECRET);
        let world = World::with(short(), environment);
        let keys = [("registry", registry.as_str()), ("hash-files", "1MB")];
        let (listed, looked_up) =
            world.ask_for("npm", None, &keys, &[super::asking::wanted("1.0.0", None)]);
        assert_eq!(listed[0].credential, ".npmrc");
        let bearer = format!("Bearer {SECRET}");
        let heard = server.heard();
        let expected = Some(bearer.as_str());
        assert!(authorization(&heard).iter().all(|value| *value == expected));
        assert_eq!(authorization(&elsewhere.heard()).last(), Some(&None));
        assert_clean(&traces(&world, &[listed, looked_up].concat()));
    }
    assert_eq!(elsewhere.heard().len(), 2);
}

/// What whoever serves a packument writes into an address is nobody's login and is not kept.
#[test]
fn a_password_in_a_tarballs_address_is_not_sent_and_leaves_no_trace() {
    let server = Loopback::start(|heard| match heard.target.as_str() {
        "/x" => {
            let host = heard.header("host").unwrap();
            let tarball = format!("http://m:{SECRET}@{host}/x-1.0.0.tgz?sig={SECRET}");
            let page = serde_json::json!({
                "name": "x", "versions": {"1.0.0": {"dist": {"tarball": tarball}}}});
            answer("200 OK", &[JSON], page.to_string().as_bytes())
        }
        _ => answer("404 Not Found", &[], b""),
    });
    let world = World::new(short());
    let registry = server.url("/");
    let keys = [("registry", registry.as_str()), ("hash-files", "1MB")];
    let (_, looked_up) = world.ask_for("npm", None, &keys, &[super::asking::wanted("1.0.0", None)]);
    assert_eq!(looked_up.len(), 1);
    assert!(authorization(&server.heard()).iter().all(Option::is_none));
    assert_clean(&traces(&world, &looked_up));
}

#[test]
fn a_login_for_a_list_of_checksums_stays_with_its_host() {
    let hash = "a".repeat(64);
    let list = format!("{hash}  x-1.0.bin\n");
    let storage = Loopback::start(move |_| answer("200 OK", &[], list.as_bytes()));
    let signed = storage.url(&format!("/list?sig={SECRET}"));
    let server =
        Loopback::start(move |_| answer("307 Temporary Redirect", &[("location", &signed)], b""));
    let folder = tempfile::tempdir().unwrap();
    let netrc = folder.path().join("netrc");
    let login = format!("machine 127.0.0.1 login m password {SECRET}\n");
    std::fs::write(&netrc, login).unwrap();
    let environment = Environment::empty().with("NETRC", netrc.to_str().unwrap());
    let world = World::with(short(), environment);
    let list = server.url("/SHA256SUMS");
    let observations = world.ask("files", None, &[("checksums", &list)]);
    assert_eq!(observations[0].credential, "netrc");
    assert!(authorization(&server.heard())[0].is_some());
    assert_eq!(authorization(&storage.heard()), [None]);
    assert_clean(&traces(&world, &observations));
}

/// Keys of AWS, wherever they come from, and whatever the server repeats of them.
#[test]
fn keys_and_tokens_of_aws_leave_no_trace() {
    const KEYS: &str = r#"{"AccessKeyId":"AKIA1","SecretAccessKey":"s3cr3t-planted","Token":"s3cr3t-planted","Expiration":"2099-01-01T00:00:00Z"}"#;
    let etag = ("etag", "\"1\"");
    for status in [
        "200 OK",
        "400 Bad Request",
        "403 Forbidden",
        "500 Internal Server Error",
    ] {
        let server = Loopback::start(move |heard| match heard.target.as_str() {
            "/keys" => answer("200 OK", &[JSON, etag], KEYS.as_bytes()),
            // S3 repeats the session token in `ExpiredToken`.
            _ => answer(
                status,
                &[JSON, etag],
                b"<Error><Code>ExpiredToken</Code><Token-0>s3cr3t-planted</Token-0></Error>",
            ),
        });
        let folder = tempfile::tempdir().unwrap();
        let token = folder.path().join("token");
        std::fs::write(&token, SECRET).unwrap();
        let plain = || Environment::empty().with("AWS_ENDPOINT_URL", server.url(""));
        for environment in [
            plain()
                .with("AWS_ACCESS_KEY_ID", "AKIA1")
                .with("AWS_SECRET_ACCESS_KEY", SECRET)
                .with("AWS_SESSION_TOKEN", SECRET),
            plain()
                .with("AWS_CONTAINER_CREDENTIALS_FULL_URI", server.url("/keys"))
                .with("AWS_CONTAINER_AUTHORIZATION_TOKEN", SECRET),
            plain()
                .with("AWS_ROLE_ARN", "arn:aws:iam::111122223333:role/deploy")
                .with("AWS_WEB_IDENTITY_TOKEN_FILE", token.to_str().unwrap()),
        ] {
            let world = World::with(short(), environment);
            let mut observations = world.ask(
                "lambda",
                None,
                &[("function", "x"), ("region", "eu-west-1")],
            );
            let bucket = [
                ("bucket", "bucket"),
                ("region", "eu-west-1"),
                ("key", "{version}"),
            ];
            observations.extend(world.ask_and_look_up("s3", &bucket, &["1.0"]));
            assert_eq!(observations.len(), 3);
            assert_clean(&traces(&world, &observations));
        }
        let heard = server.heard();
        let sent = |name| heard.iter().any(|heard| heard.header(name) == Some(SECRET));
        assert!(sent("x-amz-security-token") && sent("authorization"));
        let body = |heard: &Heard| String::from_utf8_lossy(&heard.body).contains(SECRET);
        assert!(heard.iter().any(body));
    }
}

/// The token that reads a declared version goes to GitHub's API, and not to where it points.
#[test]
fn a_token_for_a_declared_version_stays_with_its_api_and_leaves_no_trace() {
    let storage = Loopback::start(|_| answer("200 OK", &[JSON], br#"{"version":"1.0"}"#));
    for status in ["302 Found", "401 Unauthorized", "500 Internal Server Error"] {
        let signed = storage.url(&format!("/signed?token={SECRET}"));
        let server = Loopback::start(move |heard| match heard.target.contains("/contents/") {
            true => answer(status, &[("location", &signed), ("etag", "\"1\"")], b""),
            false => answer("200 OK", &[JSON], br#"{"id":7,"full_name":"a/x"}"#),
        });
        let environment = Environment::empty()
            .with("GITHUB_SERVER_URL", server.url(""))
            .with("GITHUB_TOKEN", SECRET);
        let world = World::with(short(), environment);
        let keys = [("file", "package.json"), ("key", "version")];
        let commit = "1".repeat(40);
        let names = [super::asking::wanted("1.0", Some(&commit))];
        let source = server.url("/a/x");
        let (project, found) = world.ask_for("manifest", Some(&source), &keys, &names);
        assert_eq!(project[0].credential, "GITHUB_TOKEN");
        let heard = server.heard();
        assert!(heard.len() >= 2 && authorization(&heard).iter().all(|value| value.is_some()));
        assert_clean(&traces(&world, &[project, found].concat()));
    }
    assert!(authorization(&storage.heard()).iter().all(Option::is_none));
}
