//! `lockstep check` against channels that really answer: a git repository and an index on loopback.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::terminal::AtTerminal;
use super::{Folder, LIBRARY, Run};
use crate::observe::loopback::{Loopback, answer};

/// A component with a repository in a folder and an index of one version, uploaded at this time.
pub(super) struct Live {
    pub(super) folder: Folder,
    pub(super) policy: String,
    _index: Loopback,
}

pub(super) fn live(uploaded: String) -> Live {
    let page = serde_json::json!({
        "meta": {"api-version": "1.1"}, "name": "lib", "versions": ["1.0"],
        "files": [{"filename": "lib-1.0.tar.gz", "url": "lib-1.0.tar.gz", "size": 3,
            "upload-time": uploaded, "hashes": {"sha256": "11".repeat(32)}}],
    })
    .to_string();
    let index = Loopback::start(move |heard| match heard.target.as_str() {
        "/simple/lib/" => {
            let json = [("Content-Type", "application/vnd.pypi.simple.v1+json")];
            answer("200 OK", &json, page.as_bytes())
        }
        _ => answer("404 Not Found", &[], b""),
    });
    serving(Folder::new(), index, "")
}

/// The same with an index of its own, and with more in the policy.
pub(super) fn serving(folder: Folder, index: Loopback, more: &str) -> Live {
    let policy = LIBRARY
        .replace(
            "tag = \"{version}\"",
            "tag = \"{version}\"\npath = \"repository\"",
        )
        .replace(
            "kind = \"pypi\"",
            &format!("kind = \"pypi\"\nindex = \"{}\"", index.url("/simple/")),
        );
    let policy = folder.file("lib.toml", format!("{policy}{more}"));
    let live = Live {
        folder,
        policy,
        _index: index,
    };
    live.git(&["init", "-q", "repository"]);
    let who = ["-c", "user.name=t", "-c", "user.email=t@example.invalid"];
    let commit = [
        "-C",
        "repository",
        "commit",
        "-q",
        "--allow-empty",
        "-m",
        "1.0",
    ];
    live.git(&[&who[..], &commit[..]].concat());
    live
}

/// What git says in a folder.
pub(super) fn git_output(folder: &Path, arguments: &[&str]) -> String {
    let mut git = Command::new("git");
    let output = git.args(arguments).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

impl Live {
    pub(super) fn git(&self, arguments: &[&str]) {
        let git = Command::new("git")
            .args(arguments)
            .current_dir(self.folder.path())
            .status();
        assert!(git.unwrap().success());
    }

    pub(super) fn check(&self, more: &[&str]) -> Run {
        let path = std::env::var("PATH").unwrap();
        let cache = self.folder.path().join("cache");
        Run::new(&[&["check", &self.policy], more].concat())
            .env("PATH", &path)
            .env("LOCKSTEP_CACHE_DIR", cache.to_str().unwrap())
    }
}

fn now() -> String {
    lockstep::observe::now().to_string()
}

#[test]
fn what_was_asked_and_saved_is_judged_the_same_without_asking() {
    let live = live("2026-01-01T00:00:00Z".to_owned());
    live.git(&["-C", "repository", "tag", "1.0"]);
    let saved = live.folder.path().join("seen.json");
    let asked = live
        .check(&[
            "--format",
            "json",
            "--save-evidence",
            saved.to_str().unwrap(),
        ])
        .run();
    assert_eq!(asked.code, Some(0), "{asked:#?}");
    assert_eq!(asked.json()["unsigned-evidence"], false);
    let replayed = live
        .check(&["--format", "json", "--evidence", saved.to_str().unwrap()])
        .run();
    assert_eq!(replayed.code, Some(0), "{replayed:#?}");
    for same in [
        "verdict", "policy", "evidence", "cells", "findings", "now", "digests",
    ] {
        assert_eq!(asked.json()[same], replayed.json()[same], "{same}");
    }
}

#[test]
fn waiting_asks_again_until_the_tag_is_there() {
    let live = live(now());
    let pending = live.check(&[]).run();
    assert_eq!(pending.code, Some(3), "{pending:#?}");
    assert!(pending.out.contains("version-pending"), "{}", pending.out);
    let late = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| live.check(&["--wait", "30s", "--verbose"]).run());
        std::thread::sleep(Duration::from_secs(2));
        live.git(&["-C", "repository", "tag", "1.0"]);
        waiting.join().unwrap()
    });
    assert_eq!(late.code, Some(0), "{late:#?}");
    assert!(late.err.contains("asking again at "), "{}", late.err);
    assert!(late.err.contains("as anonymous"), "{}", late.err);
}

#[test]
fn a_wait_ends_when_its_time_is_over() {
    let live = live(now());
    let ran = live.check(&["--wait", "1s"]).run();
    assert_eq!(ran.code, Some(3), "{ran:#?}");
}

#[test]
fn quiet_says_nothing_but_the_result() {
    let live = live("2026-01-01T00:00:00Z".to_owned());
    live.git(&["-C", "repository", "tag", "1.0"]);
    let ran = live.check(&["--quiet"]).run();
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    assert_eq!(ran.err, "");
    assert!(!ran.out.is_empty());
}

#[test]
fn a_waiver_is_pinned_to_what_the_channels_show_when_they_are_asked() {
    let live = live("2026-01-01T00:00:00Z".to_owned());
    live.git(&["-C", "repository", "tag", "0.9"]);
    assert_eq!(live.check(&["--version", "1.0"]).run().code, Some(1));
    let path = std::env::var("PATH").unwrap();
    let cache = live.folder.path().join("cache");
    let now = lockstep::observe::now();
    let later = now.plus(lockstep::model::Duration::from_hours(48));
    let ran = Run::new(&[
        "waive",
        &live.policy,
        "version-unannounced",
        "1.0",
        "--reason",
        "x",
        "--approved-by",
        "y",
        "--expires",
        &later.to_string(),
    ])
    .env("PATH", &path)
    .env("LOCKSTEP_CACHE_DIR", cache.to_str().unwrap())
    .run();
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    let policy = std::fs::read_to_string(&live.policy).unwrap();
    assert!(policy.contains(&"11".repeat(32)), "{policy}");
    assert_eq!(live.check(&["--version", "1.0"]).run().code, Some(0));
}

/// Where results and progress go to one terminal, the progress is taken away before a result.
#[cfg(unix)]
#[test]
fn at_a_terminal_the_report_begins_on_a_line_of_its_own() {
    let live = live("2026-01-01T00:00:00Z".to_owned());
    live.git(&["-C", "repository", "tag", "1.0"]);
    let cache = live.folder.path().join("cache");
    let seen = AtTerminal::new(&["check", &live.policy], live.folder.path())
        .env("LOCKSTEP_CACHE_DIR", cache.to_str().unwrap())
        .env("NO_COLOR", "1")
        .env("PATH", &std::env::var("PATH").unwrap())
        .run();
    assert_eq!(seen.code, 0, "{seen:?}");
    assert!(seen.text.contains("asking: "), "{seen:?}");
    let clear = "\r\u{1b}[K";
    let before = seen.text.split("version  tag").next().unwrap();
    assert!(before.ends_with(clear), "{seen:?}");
}
