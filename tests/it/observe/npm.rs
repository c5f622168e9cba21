//! `npm` against a registry on loopback, and against the real `npm` as to who is asked as whom.

use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lockstep::model::{Answer, Digest, FailureKind};
use lockstep::observe::Environment;
use lockstep::observe::http::Limits;
use sha2::{Digest as _, Sha512};

use super::asking::{World, configure, endpoint, entry, failure, short, wanted, whole};
use super::loopback::{Heard, Loopback, answer};

const JSON: (&str, &str) = ("content-type", "application/json; charset=utf-8");
const TARBALL: &[u8] = b"the bytes of a tarball";

fn integrity(bytes: &[u8]) -> String {
    format!("sha512-{}", STANDARD.encode(Sha512::digest(bytes)))
}

/// A packument of two versions whose tarballs are at this address.
fn packument(name: &str, tarballs: &str, integrity: &str) -> Vec<u8> {
    serde_json::json!({
        "_id": name, "name": name, "dist-tags": {"latest": "1.1.0"}, "readme": "x".repeat(1000),
        "time": {"created": "2026-01-01T00:00:00.000Z", "modified": "2026-01-03T00:00:00.000Z",
            "1.0.0": "2026-01-01T00:00:00.000Z", "1.1.0": "2026-01-02T00:00:00.000Z",
            "0.9.0": "2025-01-02T00:00:00.000Z"},
        "versions": {
            "1.0.0": {"name": name, "version": "1.0.0", "deprecated": "old",
                "_npmUser": {"name": "bot", "email": "bot@example.invalid"},
                "gitHead": "1".repeat(40),
                "dist": {"shasum": "00", "tarball": format!("{tarballs}/ui-1.0.0.tgz"), "integrity": integrity}},
            "1.1.0": {"name": name, "version": "1.1.0",
                "dist": {"tarball": format!("{tarballs}/ui-1.1.0.tgz"), "integrity": integrity}},
        },
    })
    .to_string()
    .into_bytes()
}

fn heard(server: &Loopback) -> Vec<(String, Option<String>)> {
    let line = |heard: &Heard| {
        let whose = heard.header("authorization").map(str::to_owned);
        (heard.target.clone(), whose)
    };
    server.heard().iter().map(line).collect()
}

#[test]
fn a_scoped_package_is_one_question_and_its_entries_are_versions() {
    let server = Loopback::start(|heard| match heard.target.as_str() {
        "/npm/@acme%2fui" => {
            let page = packument("@acme/ui", "https://cdn.example", "sha512-AA==");
            answer("200 OK", &[JSON], &page)
        }
        _ => answer("404 Not Found", &[], b""),
    });
    let world = World::new(Limits::default());
    let registry = server.url("/npm/");
    let keys = [("package", "@acme/ui"), ("registry", registry.as_str())];
    let (listed, looked_up) = world.ask_for("npm", None, &keys, &[wanted("1.0.0", None)]);
    let listing = whole(&listed[0]);
    assert_eq!(
        listing.entries.keys().collect::<Vec<_>>(),
        ["1.0.0", "1.1.0"]
    );
    let one = &listing.entries["1.0.0"];
    assert_eq!(one.publisher.as_deref(), Some("bot"));
    assert_eq!(one.published, Some("2026-01-01T00:00:00Z".parse().unwrap()));
    assert_eq!((one.commit.as_ref(), one.prerelease), (None, None));
    assert_eq!(one.files["ui-1.0.0.tgz"].digest, None);
    assert_eq!(endpoint(&listed[0]).as_str(), server.url("/npm/@acme%2fui"));
    // Without `hash-files` no tarball is read.
    assert!(looked_up.is_empty());
    assert_eq!(server.heard().len(), 1);
}

#[test]
fn tarballs_are_hashed_by_choice_for_the_wanted_names_only() {
    let cdn = Loopback::start(|_| answer("200 OK", &[], TARBALL));
    let tarballs = cdn.url("/t");
    let page = packument("x", &tarballs, &integrity(TARBALL));
    let server = Loopback::start(move |_| answer("200 OK", &[JSON, ("etag", "\"1\"")], &page));
    let registry = server.url("/");
    let keys = [("registry", registry.as_str()), ("hash-files", "1MB")];
    let login = format!(
        "npm_config_//{}:_authToken",
        registry.trim_start_matches("http://")
    );
    let environment = Environment::empty().with(login, "s3cr3t");
    let world = World::with(Limits::default(), environment);
    let names = [wanted("1.0.0", None), wanted("3.0.0", None)];
    let (_, looked_up) = world.ask_for("npm", None, &keys, &names);
    assert_eq!(looked_up.len(), 1, "{looked_up:?}");
    let file = &entry(&looked_up[0]).files["ui-1.0.0.tgz"];
    assert_eq!(file.digest, Some(Digest::of(TARBALL)));
    assert_eq!(file.size, Some(TARBALL.len() as u64));
    // The tarballs are on another host, which gets nobody's password.
    assert_eq!(heard(&cdn), [("/t/ui-1.0.0.tgz".to_owned(), None)]);
    assert!(heard(&server).iter().all(|(_, whose)| whose.is_some()));
}

#[test]
fn a_tarball_that_is_not_what_the_registry_states_is_no_fact() {
    let server = Loopback::start(|heard| match heard.target.as_str() {
        "/x" => {
            let host = format!("http://{}", heard.header("host").unwrap());
            let page = packument("x", &host, &integrity(b"other bytes"));
            answer("200 OK", &[JSON], &page)
        }
        _ => answer("200 OK", &[], TARBALL),
    });
    let registry = server.url("/");
    let ask = |bytes: &str| {
        let keys = [("registry", registry.as_str()), ("hash-files", bytes)];
        let world = World::new(short());
        let (_, looked_up) = world.ask_for("npm", None, &keys, &[wanted("1.0.0", None)]);
        failure(&looked_up[0]).unwrap()
    };
    let (kind, words) = ask("1MB");
    assert_eq!(kind, FailureKind::Malformed);
    assert!(words.contains("not what the package states"), "{words}");
}

#[test]
fn the_budget_of_tarballs_is_kept_over_all_of_them() {
    let big = vec![b'x'; 700];
    let hash = integrity(&big);
    let server = Loopback::start(move |heard| match heard.target.as_str() {
        "/x" => {
            let host = format!("http://{}", heard.header("host").unwrap());
            answer("200 OK", &[JSON], &packument("x", &host, &hash))
        }
        _ => answer("200 OK", &[], &big),
    });
    let registry = server.url("/");
    let keys = [("registry", registry.as_str()), ("hash-files", "1kB")];
    let names = [wanted("1.0.0", None), wanted("1.1.0", None)];
    let (_, looked_up) = World::new(short()).ask_for("npm", None, &keys, &names);
    assert_eq!(entry(&looked_up[0]).files["ui-1.0.0.tgz"].size, Some(700));
    let (kind, words) = failure(&looked_up[1]).unwrap();
    assert_eq!(kind, FailureKind::TooLarge);
    assert!(words.contains("`hash-files`"), "{words}");
}

#[test]
fn an_unpublished_package_has_no_release_and_an_unknown_one_is_unknown() {
    let server = Loopback::start(|heard| match heard.target.as_str() {
        "/x" => {
            let page = br#"{"_id":"x","name":"x","time":{"1.0.0":"2026-01-01T00:00:00.000Z",
                "unpublished":{"name":"bot","time":"2026-01-02T00:00:00.000Z","versions":["1.0.0"]}}}"#;
            answer("200 OK", &[JSON], page)
        }
        _ => answer("404 Not Found", &[JSON], br#"{"error":"not_found"}"#),
    });
    let registry = server.url("/");
    let world = World::new(short());
    let keys = [("registry", registry.as_str())];
    assert!(whole(&world.ask("npm", None, &keys)[0]).entries.is_empty());
    let keys = [("registry", registry.as_str()), ("package", "y")];
    let observations = world.ask("npm", None, &keys);
    assert_eq!(failure(&observations[0]).unwrap().0, FailureKind::NotFound);
    assert!(!matches!(observations[0].answer, Answer::Absent { .. }));
}

#[test]
fn an_answer_about_another_package_is_no_answer() {
    let server = Loopback::start(|_| {
        let page = packument("y", "https://cdn.example", "");
        answer("200 OK", &[JSON], &page)
    });
    let observations = World::new(short()).ask("npm", None, &[("registry", &server.url("/"))]);
    let (kind, words) = failure(&observations[0]).unwrap();
    assert_eq!(kind, FailureKind::Malformed);
    assert!(words.contains("another package"), "{words}");
}

#[test]
fn what_a_table_may_say_is_judged_before_anything_is_asked() {
    for (keys, words) in [
        (&[("hash-files", "lots")][..], "is no number of bytes"),
        (&[("hash-files", "5GB")], "is no number of bytes"),
        (&[("registry", "ftp://r.example")], "registry"),
    ] {
        let Err(diagnostics) = configure("npm", None, keys) else {
            panic!("{keys:?} is accepted");
        };
        assert!(diagnostics[0].message.contains(words), "{diagnostics:?}");
    }
}

/// By choice (`LOCKSTEP_TEST_PUBLIC=1`), for it asks somebody else's server.
#[test]
fn the_public_registry_answers_as_the_tests_say() {
    if std::env::var_os("LOCKSTEP_TEST_PUBLIC").is_none() {
        println!("left out: the public registry: LOCKSTEP_TEST_PUBLIC is not set");
        return;
    }
    let world = World::new(Limits::default());
    let keys = [("package", "left-pad"), ("hash-files", "1MB")];
    let (listed, looked_up) = world.ask_for("npm", None, &keys, &[wanted("1.3.0", None)]);
    let listing = whole(&listed[0]);
    let entry_there = &listing.entries["1.3.0"];
    // Not every copy of the registry says who published.
    assert!(entry_there.published.is_some());
    assert!(
        entry(&looked_up[0]).files["left-pad-1.3.0.tgz"]
            .digest
            .is_some()
    );
}

/// The same configuration, once read by npm itself and once by us: the same server is asked for the
/// same package with the same login.
#[test]
fn npmrc_is_read_as_npm_reads_it() {
    if Command::new("npm").arg("--version").output().is_err() {
        println!("left out: npm: not installed");
        return;
    }
    let plain = |path: &'static str| format!("registry=HOST/{path}\n");
    let cases = [
        ("x", format!("{}//AT/:_authToken=${{T}}\n", plain(""))),
        ("x", format!("{}//AT/:_auth=bTpwdw==\n", plain("npm/"))),
        ("x", format!("{}//AT/npm/:username=u\n//AT/npm/:_password=cHc=\n", plain("npm/"))),
        ("x", format!("{}//AT/other/:_authToken=no\n", plain("npm/"))),
        ("@acme/ui", "registry=HOST/a/\n@acme:registry=HOST/b/\n//AT/b/:_authToken=b\n//AT/a/:_authToken=a\n".to_owned()),
        ("x", format!("; a comment\n{}//AT/:_authToken=\"quoted\"\n", plain(""))),
        ("x", format!("//AT/:_authToken=one\n{}//AT/:_authToken=two\n", plain(""))),
    ];
    std::thread::scope(|scope| {
        for (name, user) in cases {
            scope.spawn(move || reads_as_npm(name, &user));
        }
    });
}

fn reads_as_npm(name: &'static str, user: &str) {
    let server = Loopback::start(move |_| {
        answer(
            "200 OK",
            &[JSON],
            &packument(name, "https://cdn.example", ""),
        )
    });
    let folder = tempfile::tempdir().unwrap();
    let rc = folder.path().join("user.npmrc");
    let host = server.url("");
    let text = user
        .replace("HOST", &host)
        .replace("AT", host.trim_start_matches("http://"));
    std::fs::write(&rc, text).unwrap();
    let rc = rc.to_str().unwrap();
    let ran = Command::new("npm")
        .args(["view", name, "version", "--cache"])
        .arg(folder.path().join("cache"))
        .current_dir(folder.path())
        .env_clear()
        .envs([
            ("PATH", std::env::var("PATH").unwrap().as_str()),
            ("T", "token"),
        ])
        .envs([
            ("NPM_CONFIG_USERCONFIG", rc),
            ("NPM_CONFIG_UPDATE_NOTIFIER", "false"),
        ])
        .env("HOME", folder.path())
        .output()
        .unwrap();
    let theirs = heard(&server);
    assert_eq!(theirs.len(), 1, "{}", String::from_utf8_lossy(&ran.stderr));
    let environment = Environment::empty()
        .with("NPM_CONFIG_USERCONFIG", rc)
        .with("T", "token");
    let world = World::with(short(), environment);
    let keys = [("registry", "npm"), ("package", name)];
    whole(&world.ask("npm", None, &keys)[0]);
    let ours = heard(&server).split_off(1);
    assert_eq!(ours, theirs, "{user}");
}
