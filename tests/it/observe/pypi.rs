//! `pypi` against real index servers, and against pages as the specifications write them.

use std::fs;

use lockstep::model::{Answer, Digest, FailureKind};
use lockstep::observe::Environment;
use lockstep::observe::http::Limits;

use super::asking::{World, configure, endpoint, failure, short, whole};
use super::loopback::{Heard, Loopback, Step, answer};
use super::peers::{Peer, installed};

const JSON: (&str, &str) = ("content-type", "application/vnd.pypi.simple.v1+json");

/// A folder with distributions of a project, as both servers take it.
fn distributions() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path().join("graphene-pynamodb");
    fs::create_dir(&project).unwrap();
    for file in [
        "graphene-pynamodb-2.1.0.tar.gz",
        "graphene_pynamodb-2.3.0-py2.py3-none-any.whl",
        "graphene_pynamodb-2.3.0.tar.gz",
    ] {
        fs::write(project.join(file), file).unwrap();
    }
    folder
}

fn names(listing: &lockstep::model::Listing) -> Vec<&str> {
    listing.entries.keys().map(String::as_str).collect()
}

#[test]
fn simple_repository_server_in_json_is_read_whole() {
    let Some(program) = installed("simple-repository-server") else {
        return;
    };
    let folder = distributions();
    let path = folder.path().to_str().unwrap().to_owned();
    let peer = Peer::start(&program, |port| {
        ["--host", "127.0.0.1", "--port", port, &path]
            .map(str::to_owned)
            .to_vec()
    });
    let index = format!("http://127.0.0.1:{}/simple/", peer.port);
    let world = World::new(Limits::default());
    let ask = |project| world.ask("pypi", None, &[("index", &index), ("project", project)]);
    // It has no JSON API beside it: that is normal, and no second observation.
    let observations = ask("Graphene_PynamoDB");
    assert_eq!(observations.len(), 1);
    let listing = whole(&observations[0]);
    assert_eq!(names(listing), ["2.1.0", "2.3.0"]);
    let files = &listing.entries["2.3.0"].files;
    let wheel = &files["graphene_pynamodb-2.3.0-py2.py3-none-any.whl"];
    assert_eq!((files.len(), wheel.size), (2, Some(44)));
    assert!(wheel.uploaded.is_some());
    assert_eq!(
        failure(&ask("nothing")[0]).unwrap().0,
        FailureKind::NotFound
    );
}

#[test]
fn pypiserver_in_html_is_read_whole_with_hashes() {
    let Some(program) = installed("pypi-server") else {
        return;
    };
    let folder = distributions();
    let packages = folder.path().join("graphene-pynamodb");
    let path = packages.to_str().unwrap().to_owned();
    let peer = Peer::start(&program, |port| {
        [
            "run",
            "-p",
            port,
            "-i",
            "127.0.0.1",
            "--disable-fallback",
            &path,
        ]
        .map(str::to_owned)
        .to_vec()
    });
    let index = format!("http://127.0.0.1:{}/simple", peer.port);
    let world = World::new(Limits::default());
    let ask = |project| world.ask("pypi", None, &[("index", &index), ("project", project)]);
    let observations = ask("graphene.pynamodb");
    assert_eq!(observations.len(), 1);
    let listing = whole(&observations[0]);
    assert_eq!(names(listing), ["2.1.0", "2.3.0"]);
    let sdist = "graphene-pynamodb-2.1.0.tar.gz";
    let digest = listing.entries["2.1.0"].files[sdist].digest;
    assert_eq!(digest, Some(Digest::of(sdist.as_bytes())));
    assert_eq!(
        failure(&ask("nothing")[0]).unwrap().0,
        FailureKind::NotFound
    );
}

/// An index with both APIs, each answering what it is given; nothing is 404.
fn index(simple: Option<&'static str>, json: Option<&'static str>) -> Loopback {
    Loopback::start(move |heard: &Heard| {
        let (content, body) = match heard.target.as_str() {
            "/simple/x/" => (JSON, simple),
            "/pypi/x/json" => (("content-type", "application/json"), json),
            _ => (JSON, None),
        };
        match body {
            Some(body) => answer("200 OK", &[content], body.as_bytes()),
            None => answer("404 Not Found", &[content], b"{}"),
        }
    })
}

fn ask(server: &Loopback) -> Vec<lockstep::model::Observation> {
    World::new(short()).ask("pypi", None, &[("index", &server.url("/simple/"))])
}

const FRESH: &str = r#"{"info":{"name":"x"},"last_serial":12,"releases":{"1.0":[{"filename":"odd.exe",
    "digests":{},"size":1,"upload_time_iso_8601":"2024-01-02T03:04:05.000000Z","yanked":true}],"1.1":[]}}"#;

/// DECIDING: two answers that disagree are two observations; the rules call them stale.
#[test]
fn both_apis_are_asked_and_each_answer_is_an_observation() {
    let stale = r#"{"meta":{"api-version":"1.4","_last-serial":11},"name":"x","versions":["1.0"],
        "files":[{"filename":"odd.exe","url":"u","hashes":{}}]}"#;
    let observations = ask(&index(Some(stale), Some(FRESH)));
    let (simple, json) = (whole(&observations[0]), whole(&observations[1]));
    assert_eq!(names(simple), ["1.0"]);
    assert_eq!(names(json), ["1.0", "1.1"]);
    assert!(json.entries["1.0"].is_yanked());
    // The JSON API knows the version of a file whose name does not tell it.
    assert!(simple.entries["1.0"].files.contains_key("odd.exe"));
    let serial = |listing: &lockstep::model::Listing| listing.project.as_ref().unwrap().serial;
    assert_eq!((serial(simple), serial(json)), (Some(11), Some(12)));
}

#[test]
fn a_project_that_only_one_api_has_is_two_differing_observations() {
    let observations = ask(&index(None, Some(FRESH)));
    assert_eq!(failure(&observations[0]).unwrap().0, FailureKind::NotFound);
    assert_eq!(names(whole(&observations[1])), ["1.0", "1.1"]);
    assert_eq!(ask(&index(None, None)).len(), 1);
}

#[test]
fn a_quarantined_project_is_a_state_and_not_an_absence() {
    let page = r#"{"meta":{"api-version":"1.4"},"name":"x","versions":["1.0","1.1"],"files":[],
        "project-status":{"status":"quarantined","reason":"malware"}}"#;
    let observations = ask(&index(Some(page), None));
    let listing = whole(&observations[0]);
    assert_eq!(names(listing), ["1.0", "1.1"]);
    let status = listing.project.as_ref().unwrap().status.as_deref();
    assert_eq!(status, Some("quarantined"));
}

#[test]
fn a_redirect_to_the_normalised_name_is_followed() {
    let server = Loopback::start(|heard| match heard.target.as_str() {
        "/simple/x/" => answer(
            "301 Moved Permanently",
            &[("location", "/simple/other/../y/")],
            b"",
        ),
        "/simple/y/" => {
            let page = b"<a href='../../f/x-1.0.zip'>x</a></body>";
            answer(
                "200 OK",
                &[("content-type", "text/html; charset=utf-8")],
                page,
            )
        }
        _ => answer("404 Not Found", &[], b""),
    });
    let observations = ask(&server);
    assert_eq!(names(whole(&observations[0])), ["1.0"]);
    assert_eq!(
        endpoint(&observations[0]).as_str(),
        server.url("/simple/y/")
    );
}

#[test]
fn json_is_asked_for_first() {
    let server = index(None, None);
    ask(&server);
    let heard = server.heard();
    let simple = heard.iter().find(|h| h.target == "/simple/x/").unwrap();
    let accept = simple.header("accept").unwrap();
    assert!(
        accept.starts_with("application/vnd.pypi.simple.v1+json, "),
        "{accept}"
    );
}

#[test]
fn the_index_of_pip_is_asked_only_where_the_policy_says_pip() {
    let page = r#"{"meta":{"api-version":"1.0"},"name":"x","files":[]}"#;
    let server = index(Some(page), None);
    let environment = Environment::empty().with("PIP_INDEX_URL", server.url("/simple/"));
    let world = World::with(short(), environment);
    let observations = world.ask("pypi", None, &[("index", "pip")]);
    assert!(whole(&observations[0]).entries.is_empty());
    // The public index cannot be asked without a network; where it was looked for is what counts.
    let unreachable = Environment::empty()
        .with("PIP_INDEX_URL", server.url("/simple/"))
        .with("HTTPS_PROXY", "http://127.0.0.1:1");
    let observations = World::with(short(), unreachable).ask("pypi", None, &[]);
    assert_eq!(
        endpoint(&observations[0]).as_str(),
        "https://pypi.org/simple/x/"
    );
    assert!(matches!(observations[0].answer, Answer::Failed { .. }));
}

#[test]
fn a_table_with_a_wrong_index_or_name_is_refused_with_a_hint() {
    for keys in [
        [("index", "pypi")],
        [("project", "@acme/ui")],
        [("indx", "pip")],
    ] {
        let Err(diagnostics) = configure("pypi", None, &keys) else {
            panic!("accepted: {keys:?}");
        };
        assert!(diagnostics[0].hint.is_some());
    }
}

/// Whatever the server sends, an empty step list included, the test server itself stays up.
#[test]
fn a_connection_that_closes_without_a_byte_is_a_failure() {
    let server = Loopback::start(|_| Vec::<Step>::new());
    let observations = ask(&server);
    assert_eq!(
        failure(&observations[0]).unwrap().0,
        FailureKind::Connection
    );
}

/// Asks the index that pip is configured with here, where `LOCKSTEP_TEST_NETWORK=1` allows it.
#[test]
fn the_real_index_of_pip_gives_a_real_project_whole() {
    if std::env::var("LOCKSTEP_TEST_NETWORK").ok().as_deref() != Some("1") {
        println!("left out: the real index: LOCKSTEP_TEST_NETWORK is not 1");
        return;
    }
    let world = World::with(Limits::default(), Environment::of_process());
    let keys = [("index", "pip"), ("project", "graphene-pynamodb")];
    let observations = world.ask("pypi", None, &keys);
    for observation in &observations {
        let listing = whole(observation);
        let versions = names(listing);
        assert!(versions.contains(&"2.1.0") && versions.contains(&"2.3.0"));
        assert!(listing.unnamed.is_empty());
        let files = listing.entries["2.3.0"].files.values();
        assert!(files.clone().count() > 0 && files.clone().all(|file| file.digest.is_some()));
    }
    println!("{} observations", observations.len());
}

#[test]
fn a_page_about_another_project_is_no_answer_in_either_api() {
    let simple = r#"{"meta":{"api-version":"1.0"},"name":"y","files":[]}"#;
    let json = r#"{"info":{"name":"y"},"releases":{}}"#;
    for observation in ask(&index(Some(simple), Some(json))) {
        assert_eq!(failure(&observation).unwrap().0, FailureKind::Malformed);
    }
}
