//! Planted secrets: they reach the server they belong to, and nothing else (THREATS row 19).

use std::path::Path;

use lockstep::observe::Environment;

use super::asking::{World, short};
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
