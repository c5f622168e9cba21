//! `manifest` in real repositories, and by GitHub's API on loopback.

use std::process::Command;

use lockstep::model::{Answer, FailureKind, Query};
use lockstep::observe::Environment;

use super::asking::{World, configure, entry, failure, short, wanted};
use super::loopback::{Loopback, answer};

/// A repository with these files committed one after the other, and the commits.
fn repository(commits: &[&[(&str, &str)]]) -> (tempfile::TempDir, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let git = |arguments: &[&str]| {
        let output = Command::new("git")
            .arg("-C")
            .arg(folder.path())
            .envs([
                ("GIT_CONFIG_GLOBAL", "/dev/null"),
                ("GIT_CONFIG_NOSYSTEM", "1"),
            ])
            .args(["-c", "user.name=t", "-c", "user.email=t@example.invalid"])
            .args(arguments)
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    git(&["init", "-q"]);
    let mut ids = Vec::new();
    for files in commits {
        for (name, content) in *files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
        git(&["add", "-A"]);
        git(&["commit", "-q", "--allow-empty", "-m", "x"]);
        ids.push(git(&["rev-parse", "HEAD"]));
    }
    (folder, ids)
}

fn project(version: &str) -> String {
    format!("[project]\nname = \"x\"\nversion = \"{version}\"\n")
}

#[test]
fn a_file_is_read_at_the_commit_and_not_in_the_working_tree() {
    let (one, two) = (project("1.0.0"), project("1.1.0"));
    let (folder, commits) = repository(&[&[("pyproject.toml", &one)], &[("pyproject.toml", &two)]]);
    std::fs::write(folder.path().join("pyproject.toml"), project("9.9.9")).unwrap();
    let path = folder.path().to_str().unwrap();
    let keys = [
        ("file", "pyproject.toml"),
        ("key", "project.version"),
        ("path", path),
    ];
    let names = [
        wanted("1.0.0", Some(&commits[0])),
        wanted("1.1.0", Some(&commits[1])),
    ];
    let (project, found) = World::new(short()).ask_for("manifest", None, &keys, &names);
    assert_eq!(project[0].query, Query::Project);
    let versions: Vec<_> = found
        .iter()
        .map(|it| entry(it).version.as_deref())
        .collect();
    assert_eq!(versions, [Some("1.0.0"), Some("1.1.0")]);
    assert_eq!(found[0].query, Query::Entry("1.0.0".to_owned()));
}

#[test]
fn a_missing_file_is_absent_where_its_commit_is_there_and_all_else_is_unknown() {
    let deep = ("a/b.json", r#"{"version":"1.0.0"}"#);
    let (folder, commits) = repository(&[&[deep, ("c.json", "{")]]);
    let path = folder.path().to_str().unwrap();
    let ask = |file: &str, commit: Option<&str>| {
        let keys = [("file", file), ("key", "version"), ("path", path)];
        let names = [wanted("1.0.0", commit)];
        let (_, mut found) = World::new(short()).ask_for("manifest", None, &keys, &names);
        found.remove(0)
    };
    let commit = Some(commits[0].as_str());
    assert_eq!(
        entry(&ask("a/b.json", commit)).version.as_deref(),
        Some("1.0.0")
    );
    assert!(matches!(
        ask("none.json", commit).answer,
        Answer::Absent { .. }
    ));
    let unknown = "9".repeat(40);
    for (file, commit, kind, words) in [
        (
            "a/b.json",
            Some(unknown.as_str()),
            FailureKind::NotFound,
            "no commit 9",
        ),
        ("a/b.json", None, FailureKind::Stale, "no commit of `1.0.0`"),
        (
            "c.json",
            commit,
            FailureKind::Malformed,
            "`c.json`: no JSON",
        ),
    ] {
        let (found, said) = failure(&ask(file, commit)).unwrap();
        assert_eq!(found, kind, "{said}");
        assert!(said.contains(words), "{said}");
    }
    let keys = [("file", "a.json"), ("key", "version"), ("path", "/nowhere")];
    let (project, found) =
        World::new(short()).ask_for("manifest", None, &keys, &[wanted("1.0.0", commit)]);
    assert_eq!(failure(&project[0]).unwrap().0, FailureKind::NotFound);
    assert!(failure(&found[0]).is_some());
}

#[test]
fn a_dynamic_version_is_not_stated() {
    let dynamic = "[project]\nname = \"x\"\ndynamic = [\"version\"]\n";
    let (folder, commits) = repository(&[&[("pyproject.toml", dynamic)]]);
    let path = folder.path().to_str().unwrap();
    let keys = [
        ("file", "pyproject.toml"),
        ("key", "project.version"),
        ("path", path),
    ];
    let names = [wanted("1.0.0", Some(&commits[0]))];
    let (_, found) = World::new(short()).ask_for("manifest", None, &keys, &names);
    assert_eq!(entry(&found[0]).version, None);
}

/// GitHub's API on loopback: one repository with two files in it.
fn api() -> Loopback {
    Loopback::start(|heard| {
        let commit = "1".repeat(40);
        let json = [("content-type", "application/json; charset=utf-8")];
        let raw = [(
            "content-type",
            "application/vnd.github.raw+json; charset=utf-8",
        )];
        let (path, query) = heard.target.split_once('?').unwrap_or((&heard.target, ""));
        let at_commit = query == format!("ref={commit}");
        match path {
            "/api/repos/acme/api" => answer("200 OK", &json, br#"{"id":7,"full_name":"acme/api"}"#),
            "/api/repos/acme/api/contents/sub/package.json" if at_commit => {
                assert_eq!(
                    heard.header("accept"),
                    Some("application/vnd.github.raw+json")
                );
                answer("200 OK", &raw, br#"{"version":"1.0.0"}"#)
            }
            "/api/repos/acme/api/contents/sub" if at_commit => answer(
                "200 OK",
                &json,
                br#"[{"name":"package.json","type":"file"}]"#,
            ),
            _ => answer("404 Not Found", &json, br#"{"message":"Not Found"}"#),
        }
    })
}

#[test]
fn githubs_api_gives_the_file_at_the_commit_as_the_tokens_owner() {
    let server = api();
    let environment = Environment::empty()
        .with("GITHUB_SERVER_URL", server.url(""))
        .with("GITHUB_API_URL", server.url("/api"))
        .with("GITHUB_TOKEN", "s3cr3t");
    let world = World::with(short(), environment);
    let source = server.url("/acme/api.git");
    let commit = "1".repeat(40);
    let ask = |file: &str, commit: &str| {
        let keys = [("file", file), ("key", "version")];
        let names = [wanted("1.0.0", Some(commit))];
        world.ask_for("manifest", Some(&source), &keys, &names)
    };
    let (project, found) = ask("sub/package.json", &commit);
    assert_eq!(project[0].credential, "GITHUB_TOKEN");
    assert_eq!(entry(&found[0]).version.as_deref(), Some("1.0.0"));
    assert!(
        found[0]
            .endpoint
            .as_str()
            .ends_with(&format!("ref={commit}"))
    );
    let bearer = Some("Bearer s3cr3t");
    assert!(
        server
            .heard()
            .iter()
            .all(|heard| heard.header("authorization") == bearer)
    );
    let (_, missing) = ask("sub/other.json", &commit);
    assert!(
        matches!(missing[0].answer, Answer::Absent { .. }),
        "{missing:?}"
    );
    // A commit that is not there says nothing about the file.
    let (_, unknown) = ask("sub/other.json", &"2".repeat(40));
    assert_eq!(failure(&unknown[0]).unwrap().0, FailureKind::NotFound);
    // A folder is no file.
    let (_, folder) = ask("sub.json", &commit);
    assert!(failure(&folder[0]).is_some());
}

/// No answer of a server that is not the file itself says anything about the version.
#[test]
fn every_fault_of_the_api_is_unknown_and_never_an_absence() {
    let json = ("content-type", "application/json");
    for (status, headers, body) in [
        ("401 Unauthorized", vec![json], &b"{}"[..]),
        (
            "403 Forbidden",
            vec![json, ("x-ratelimit-remaining", "0")],
            b"{}",
        ),
        ("429 Too Many Requests", vec![("retry-after", "600")], b""),
        ("500 Internal Server Error", vec![], b""),
        ("404 Not Found", vec![json], br#"{"message":"Not Found"}"#),
        ("200 OK", vec![json], br#"{"version":"1.0.0"}"#),
        ("200 OK", vec![json], br#"[{"name":"other.json"}]"#),
        (
            "200 OK",
            vec![("content-type", "text/html")],
            b"<html>log in</html>",
        ),
        (
            "302 Found",
            vec![("location", "http://169.254.169.254/")],
            b"",
        ),
    ] {
        let server = Loopback::start(move |heard| match heard.target.contains("contents") {
            true => answer(status, &headers, body),
            false => {
                let json = [("content-type", "application/json")];
                answer("200 OK", &json, br#"{"id":7,"full_name":"acme/api"}"#)
            }
        });
        let environment = Environment::empty()
            .with("GITHUB_SERVER_URL", server.url(""))
            .with("GITHUB_API_URL", server.url("/api"));
        let world = World::with(short(), environment);
        let keys = [("file", "package.json"), ("key", "version")];
        let names = [wanted("1.0.0", Some(&"1".repeat(40)))];
        let source = server.url("/acme/api");
        let (_, found) = world.ask_for("manifest", Some(&source), &keys, &names);
        let (_, words) = failure(&found[0]).unwrap_or_else(|| panic!("{status}: {found:?}"));
        assert!(words.len() > 5, "{status}: {words}");
    }
}

#[test]
fn a_token_stays_with_its_host_and_other_forges_are_unknown() {
    let server = api();
    let environment = Environment::empty().with("GITHUB_TOKEN", "s3cr3t");
    let world = World::with(short(), environment);
    let keys = [("file", "package.json"), ("key", "version")];
    let source = server.url("/acme/api");
    let names = [wanted("1.0.0", Some(&"1".repeat(40)))];
    let another = source.replace("http://", "https://");
    let (project, found) = world.ask_for("manifest", Some(&another), &keys, &names);
    for observation in [&project[0], &found[0]] {
        let (kind, words) = failure(observation).unwrap();
        assert_eq!(kind, FailureKind::Unsupported);
        assert!(words.contains("`path`"), "{words}");
    }
    assert!(server.heard().is_empty());
    // This machine is asked, for it may play a GitHub, and as nobody.
    let (project, _) = world.ask_for("manifest", Some(&source), &keys, &names);
    assert_eq!(project[0].credential, "anonymous");
    assert!(!server.heard().is_empty());
    for heard in server.heard() {
        assert_eq!(heard.header("authorization"), None);
    }
}

#[test]
fn a_key_needs_a_file_whose_format_is_known() {
    let Err(diagnostics) = configure("manifest", None, &[("file", "x.py"), ("key", "version")])
    else {
        panic!("a key in a Python file is accepted");
    };
    assert!(
        diagnostics[0]
            .message
            .contains("cannot be looked for in this file")
    );
}
