//! Checks of several components: verdicts as they come, a question that does not fit one of them,
//! and what is left of a run that is interrupted.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{Folder, LIBRARY, Ran, Run};
use crate::observe::loopback::{Loopback, Step, answer};

/// Components `lib-0`, `lib-1`, …, each with a repository in a folder and an index on loopback that
/// answers a request for one of them after a pause.
struct Several {
    folder: Folder,
    policies: Vec<String>,
    index: Loopback,
}

fn several(count: usize, pause: impl Fn(&str) -> Duration + Send + Sync + 'static) -> Several {
    let folder = Folder::new();
    let index = Loopback::start(move |heard| {
        if !heard.target.starts_with("/simple/") {
            return answer("404 Not Found", &[], b"");
        }
        let name = heard.target.trim_matches('/').rsplit('/').next();
        let name = name.unwrap_or_default();
        let page = serde_json::json!({
            "meta": {"api-version": "1.1"}, "name": name, "versions": ["1.0"],
            "files": [{"filename": format!("{}-1.0.tar.gz", name.replace('-', "_")),
                "url": "x.tar.gz", "size": 3, "upload-time": "2026-01-01T00:00:00Z",
                "hashes": {"sha256": "11".repeat(32)}}],
        });
        let json = [("Content-Type", "application/vnd.pypi.simple.v1+json")];
        let mut steps = vec![Step::Sleep(pause(name))];
        steps.extend(answer("200 OK", &json, page.to_string().as_bytes()));
        steps
    });
    let git = |arguments: &[&str]| {
        let git = Command::new("git")
            .args(["-c", "user.name=t", "-c", "user.email=t@example.invalid"])
            .args(arguments)
            .current_dir(folder.path())
            .status();
        assert!(git.unwrap().success());
    };
    git(&["init", "-q", "repository"]);
    let commit = ["commit", "-q", "--allow-empty", "-m", "1.0"];
    git(&[&["-C", "repository"], &commit[..]].concat());
    git(&["-C", "repository", "tag", "1.0"]);
    let simple = format!("kind = \"pypi\"\nindex = \"{}\"", index.url("/simple/"));
    let policies = (0..count)
        .map(|at| {
            let policy = LIBRARY
                .replace("name = \"lib\"", &format!("name = \"lib-{at}\""))
                .replace(
                    "tag = \"{version}\"",
                    "tag = \"{version}\"\npath = \"repository\"",
                )
                .replace("kind = \"pypi\"", &simple);
            folder.file(&format!("lib-{at}.toml"), policy)
        })
        .collect();
    Several {
        folder,
        policies,
        index,
    }
}

impl Several {
    fn arguments<'s>(&'s self, more: &[&'s str]) -> Vec<&'s str> {
        let mut arguments = vec!["check"];
        arguments.extend(self.policies.iter().map(String::as_str));
        arguments.extend(more);
        arguments
    }

    fn check(&self, more: &[&str]) -> Ran {
        let path = std::env::var("PATH").unwrap();
        let cache = self.folder.path().join("cache");
        Run::new(&self.arguments(more))
            .env("PATH", &path)
            .env("LOCKSTEP_CACHE_DIR", cache.to_str().unwrap())
            .run()
    }

    /// The same as a process that goes on while the test does.
    fn start(&self, more: &[&str]) -> Child {
        Command::new(env!("CARGO_BIN_EXE_lockstep"))
            .env_clear()
            .env("PATH", std::env::var("PATH").unwrap())
            .env("LOCKSTEP_CACHE_DIR", self.folder.path().join("cache"))
            .args(self.arguments(more))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    fn file(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// Waits until the index was asked for this component.
    fn is_asked(&self, name: &str) {
        let begun = Instant::now();
        while !self.index.heard().iter().any(|it| it.target.contains(name)) {
            assert!(
                begun.elapsed() < Duration::from_secs(60),
                "{name}: nobody asked"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

fn interrupt(child: &Child) {
    let kill = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(kill.unwrap().success());
}

/// What is left of a process that must end soon.
fn rest(mut child: Child, out: &mut (impl Read + Send)) -> Ran {
    std::thread::scope(|scope| {
        // A pipe that nobody reads would stop the process.
        let reader = scope.spawn(move || {
            let mut text = String::new();
            out.read_to_string(&mut text).unwrap();
            text
        });
        let code = end(&mut child);
        let mut err = String::new();
        child.stderr.unwrap().read_to_string(&mut err).unwrap();
        Ran {
            code,
            out: reader.join().unwrap(),
            err,
        }
    })
}

fn end(child: &mut Child) -> Option<i32> {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        if begun.elapsed() > Duration::from_secs(20) {
            child.kill().unwrap();
            panic!("it still runs 20 s after the interrupt");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn components(lines: &str) -> Vec<String> {
    let lines = lines.lines().map(|line| {
        let verdict: Value = serde_json::from_str(line).unwrap();
        verdict["component"].as_str().unwrap().to_owned()
    });
    lines.collect()
}

const LONG: Duration = Duration::from_secs(40);

/// Nobody waits for the slow ones to see the first.
#[test]
fn verdicts_come_in_order_as_soon_as_they_are_there() {
    let several = several(4, |name| match name {
        "lib-0" => Duration::from_millis(300),
        "lib-3" => Duration::from_secs(3),
        _ => Duration::ZERO,
    });
    let mut child = several.start(&["--format", "json"]);
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut lines = String::new();
    for _ in 0..3 {
        out.read_line(&mut lines).unwrap();
    }
    assert!(
        child.try_wait().unwrap().is_none(),
        "it waited for the last"
    );
    let ran = rest(child, &mut out);
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    lines.push_str(&ran.out);
    assert_eq!(components(&lines), ["lib-0", "lib-1", "lib-2", "lib-3"]);
}

#[cfg(unix)]
#[test]
fn what_was_judged_before_an_interrupt_is_reported_and_saved() {
    let several = several(3, |name| match name {
        "lib-2" => LONG,
        _ => Duration::ZERO,
    });
    let saved = several.file("seen.jsonl");
    let mut child = several.start(&["--format", "json", "--save-evidence", &saved]);
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut lines = String::new();
    for _ in 0..2 {
        out.read_line(&mut lines).unwrap();
    }
    several.is_asked("lib-2");
    interrupt(&child);
    let ran = rest(child, &mut out);
    assert_eq!(ran.code, Some(130), "{ran:#?}");
    assert!(
        ran.err
            .contains("interrupted: 2 of 3 components were judged"),
        "{ran:#?}"
    );
    lines.push_str(&ran.out);
    assert_eq!(components(&lines), ["lib-0", "lib-1"]);
    let judged = &several.policies[..2];
    let mut arguments = vec!["check", &judged[0], &judged[1], "--evidence", &saved];
    arguments.extend(["--format", "json"]);
    let again = Run::new(&arguments).run();
    assert_eq!(again.code, Some(0), "{again:#?}");
    assert_eq!(components(&again.out), ["lib-0", "lib-1"]);
    let left: Vec<String> = std::fs::read_dir(several.folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with(".tmp"))
        .collect();
    assert!(left.is_empty(), "half-written: {left:?}");
}

/// Programs that read a partial report must not take it for the whole.
#[cfg(unix)]
#[test]
fn a_report_that_was_broken_off_is_valid_and_says_that_it_is_not_complete() {
    for format in ["sarif", "junit", "markdown"] {
        let several = several(2, |name| match name {
            "lib-1" => LONG,
            _ => Duration::ZERO,
        });
        let mut child = several.start(&["--format", format]);
        several.is_asked("lib-0");
        several.is_asked("lib-1");
        // The answer for the first is on its way.
        std::thread::sleep(Duration::from_secs(2));
        interrupt(&child);
        let mut out = child.stdout.take().unwrap();
        let ran = rest(child, &mut out);
        assert_eq!(ran.code, Some(130), "{ran:#?}");
        assert!(
            ran.out
                .contains("one more component was to be judged and not reached"),
            "{format}: {ran:#?}"
        );
        assert!(ran.out.contains("lib-0"), "{format}: {ran:#?}");
        match format {
            "sarif" => {
                let run = &ran.json()["runs"][0];
                assert_eq!(run["invocations"][0]["executionSuccessful"], false);
                assert_eq!(run["properties"]["verdicts"].as_array().unwrap().len(), 1);
            }
            "junit" => {
                let errors = super::python(
                    "import json, sys, xml.etree.ElementTree as e\n\
                     r = e.fromstring(sys.stdin.read())\n\
                     json.dump([r.get('errors'), len(r.findall('.//error'))], sys.stdout)",
                    &ran.out,
                );
                assert_eq!(errors, serde_json::json!(["1", 1]), "{}", ran.out);
            }
            _ => assert!(ran.out.starts_with("**Incomplete:**"), "{}", ran.out),
        }
    }
}

#[cfg(unix)]
#[test]
fn an_interrupt_before_the_first_verdict_leaves_earlier_evidence_alone() {
    let several = several(1, |_| LONG);
    let saved = several.folder.file("seen.json", "earlier");
    let mut child = several.start(&["--save-evidence", &saved]);
    several.is_asked("lib-0");
    interrupt(&child);
    let mut out = child.stdout.take().unwrap();
    let ran = rest(child, &mut out);
    assert_eq!(ran.code, Some(130), "{ran:#?}");
    assert!(ran.err.contains("no file was written"), "{ran:#?}");
    assert_eq!(std::fs::read_to_string(&saved).unwrap(), "earlier");
}

#[test]
fn a_question_that_does_not_fit_one_component_ends_with_2_and_the_others_are_reported() {
    let several = several(3, |_| Duration::ZERO);
    // The environment that is asked for is one of the first and the last alone.
    for at in [0, 2] {
        let text = std::fs::read_to_string(&several.policies[at]).unwrap();
        let text = format!("{text}\n[environment.production]\nrequires = [\"pypi\"]\n");
        std::fs::write(&several.policies[at], text).unwrap();
    }
    let ran = several.check(&["--environment", "production", "--format", "json"]);
    assert_eq!(ran.code, Some(2), "{ran:#?}");
    assert_eq!(components(&ran.out), ["lib-0", "lib-2"]);
    assert!(
        ran.err.contains("lib-1") && ran.err.contains("production"),
        "{ran:#?}"
    );
    let ran = several.check(&["--environment", "production", "--format", "sarif"]);
    assert_eq!(ran.code, Some(2), "{ran:#?}");
    let run = &ran.json()["runs"][0];
    assert_eq!(run["invocations"][0]["executionSuccessful"], false);
    let none = several.check(&["--environment", "nowhere"]);
    assert_eq!(none.code, Some(2), "{none:#?}");
}

/// Evidence replaces what is there: a device or a pipe would be gone.
#[cfg(unix)]
#[test]
fn what_is_no_file_is_not_replaced_by_evidence_or_a_policy() {
    let several = several(1, |_| Duration::ZERO);
    let pipe = several.file("pipe");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    several
        .check(&["--save-evidence", &pipe])
        .refuses(&["pipe: is there already, and is no file"]);
    let folder = several.folder.path().join("repository");
    let path = std::env::var("PATH").unwrap();
    let arguments = ["init", folder.to_str().unwrap(), "-o", &pipe, "--force"];
    Run::new(&arguments)
        .env("PATH", &path)
        .run()
        .refuses(&["is no file, and is not written over"]);
    use std::os::unix::fs::FileTypeExt;
    assert!(std::fs::metadata(&pipe).unwrap().file_type().is_fifo());
}
