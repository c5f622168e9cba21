//! Shorthands: what is asked, what is guessed, that no guess is ever an allow, and that nobody is
//! sent where a stranger's metadata would like it.

use std::process::Command;
use std::sync::Arc;

use super::{Folder, Ran, Run};
use crate::observe::loopback::{Heard, Loopback, Step, answer};

const OLD: &str = "2026-01-01T00:00:00Z";

/// A page of the JSON API that names these project URLs.
pub(super) fn project(urls: &serde_json::Value) -> String {
    serde_json::json!({
        "info": {"name": "lib", "project_urls": urls, "home_page": ""},
        "last_serial": 1,
        "releases": {"1.0": [file()]},
        "urls": [],
    })
    .to_string()
}

pub(super) fn file() -> serde_json::Value {
    serde_json::json!({"filename": "lib-1.0.tar.gz", "size": 3, "yanked": false,
        "upload_time_iso_8601": OLD, "digests": {"sha256": "11".repeat(32)}})
}

pub(super) fn simple() -> String {
    serde_json::json!({
        "meta": {"api-version": "1.1", "_last-serial": 1}, "name": "lib", "versions": ["1.0"],
        "files": [{"filename": "lib-1.0.tar.gz", "url": "lib-1.0.tar.gz", "size": 3,
            "upload-time": OLD, "hashes": {"sha256": "11".repeat(32)}}],
    })
    .to_string()
}

pub(super) fn json(body: &str) -> Vec<Step> {
    answer(
        "200 OK",
        &[("content-type", "application/json")],
        body.as_bytes(),
    )
}

fn packet(text: &str) -> String {
    format!("{:04x}{text}", text.len() + 4)
}

/// git's smart HTTP for these tags (protocol 0, which names them in the advertisement).
pub(super) fn advertisement(tags: &[&str]) -> Vec<Step> {
    let commit = "ab".repeat(20);
    let mut body = packet("# service=git-upload-pack\n") + "0000";
    body += &packet(&format!("{commit} HEAD\0peel agent=git/2\n"));
    for tag in tags {
        body += &packet(&format!("{commit} refs/tags/{tag}\n"));
    }
    body += "0000";
    let kind = [(
        "content-type",
        "application/x-git-upload-pack-advertisement",
    )];
    answer("200 OK", &kind, body.as_bytes())
}

/// An image's configuration that names its source.
pub(super) fn labelled(source: &str) -> String {
    let labels = serde_json::json!({"org.opencontainers.image.source": source});
    serde_json::json!({"config": {"Labels": labels}}).to_string()
}

/// The manifest of an image with this configuration.
pub(super) fn manifest(configuration: &str) -> Vec<Step> {
    let kind = "application/vnd.oci.image.manifest.v1+json";
    let document = serde_json::json!({"schemaVersion": 2, "mediaType": kind, "layers": [],
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "size": 1,
            "digest": lockstep::model::Digest::of(configuration.as_bytes())}});
    let kind = [("content-type", kind)];
    answer("200 OK", &kind, document.to_string().as_bytes())
}

/// Index, forge and registry in one server on loopback: everything agrees.
pub(super) fn agreeing(tags: &'static [&'static str], pyproject: &'static str) -> Loopback {
    let address = Arc::new(std::sync::OnceLock::<String>::new());
    let known = address.clone();
    let server = Loopback::start(move |heard: &Heard| {
        let own = known.get().cloned().unwrap_or_default();
        let source = format!("{own}/acme/lib");
        match heard.target.as_str() {
            "/simple/lib/" => answer(
                "200 OK",
                &[("content-type", "application/vnd.pypi.simple.v1+json")],
                simple().as_bytes(),
            ),
            "/pypi/lib/json" => json(&project(&serde_json::json!({"Source": source}))),
            "/lib" => json(
                &serde_json::json!({"name": "lib", "dist-tags": {"latest": "1.0.0"},
                    "repository": {"url": format!("git+{source}.git")}})
                .to_string(),
            ),
            "/acme/lib/info/refs?service=git-upload-pack" => advertisement(tags),
            "/api/v3/repos/acme/lib/contents" => {
                json(r#"[{"name": "pyproject.toml", "type": "file"}]"#)
            }
            "/api/v3/repos/acme/lib/contents/pyproject.toml" => json(pyproject),
            "/api/v3/repos/acme/lib/contents/.github/workflows" => {
                json(r#"[{"name": "release.yml", "type": "file"}, {"name": "..", "type": "file"}]"#)
            }
            "/api/v3/repos/acme/lib/contents/.github/workflows/release.yml" => {
                json("jobs:\n  release:\n    steps:\n      - run: uv publish\n")
            }
            "/api/v3/repos/acme/lib/releases?per_page=5" => json("[]"),
            "/v2/acme/lib/tags/list?n=100" => json(r#"{"tags": ["latest", "v1.0.0"]}"#),
            "/v2/acme/lib/manifests/latest" => manifest(&labelled(&source)),
            target if target.starts_with("/v2/acme/lib/blobs/") => json(&labelled(&source)),
            _ => answer("404 Not Found", &[], b""),
        }
    });
    address.set(server.url("")).unwrap();
    server
}

pub(super) fn run(server: &Loopback, folder: &Folder, arguments: &[&str]) -> Ran {
    let cache = folder.path().join("cache");
    Run::new(arguments)
        .env("PIP_INDEX_URL", &server.url("/simple/"))
        .env("npm_config_registry", &server.url("/"))
        .env("GITHUB_SERVER_URL", &server.url(""))
        .env("LOCKSTEP_CACHE_DIR", cache.to_str().unwrap())
        .env("LOCKSTEP_TIMEOUT", "5s")
        .run()
}

pub(super) const NAMES_IT: &str = "[project]\nname = \"lib\"\ndynamic = [\"version\"]\n";

/// The one thing that a shorthand must never do.
#[test]
fn a_guess_in_which_everything_agrees_is_no_allow_and_its_written_policy_is_one() {
    let server = agreeing(&["1.0"], NAMES_IT);
    let folder = Folder::new();
    let guessed = run(&server, &folder, &["check", "pypi:lib"]);
    assert_eq!(guessed.code, Some(3), "{guessed:#?}");
    for words in [
        "lib: indeterminate (mismatch none, suspicion none)",
        "`lockstep init`",
    ] {
        assert!(
            guessed.out.contains(words),
            "no `{words}` in {}",
            guessed.out
        );
    }
    for words in [
        "project URL `Source` of the index (confirmed: the repository names the component too)",
        "channel `pypi`: the shorthand names it",
        "1 of 1 tags are written so",
    ] {
        assert!(
            guessed.err.contains(words),
            "no `{words}` in {}",
            guessed.err
        );
    }
    let document = run(
        &server,
        &folder,
        &["check", "pypi:lib", "--format", "json", "--quiet"],
    );
    assert_eq!(
        (document.code, document.err.as_str()),
        (Some(3), ""),
        "{document:#?}"
    );
    let document = document.json();
    assert_eq!(document["verdict"], "indeterminate");
    assert_eq!(document["digests"], serde_json::json!([]));
    assert!(!document["guessed"].as_array().unwrap().is_empty());
    let schema: serde_json::Value =
        serde_json::from_str(include_str!("../../../docs/schema/verdict.schema.json")).unwrap();
    assert!(jsonschema::is_valid(&schema, &document), "{document}");
    let policy = folder.path().join("lib.toml");
    let policy = policy.to_str().unwrap();
    let written = run(&server, &folder, &["init", "pypi:lib", "--output", policy]);
    assert_eq!(written.code, Some(0), "{written:#?}");
    let confirmed = run(&server, &folder, &["check", policy]);
    assert_eq!(confirmed.code, Some(0), "{confirmed:#?}");
}

#[test]
fn no_option_makes_a_guess_an_allow() {
    let server = agreeing(&["1.0"], NAMES_IT);
    let folder = Folder::new();
    for more in [
        &["--all"][..],
        &["--version", "1.0"],
        &["--wait", "1s"],
        &["--wait", "30s"],
        &["--all", "--since", "1.0"],
        &["--format", "json"],
        &["--verbose"],
        &["--fail-on", "late-file"],
    ] {
        let began = std::time::Instant::now();
        let ran = run(&server, &folder, &[&["check", "pypi:lib"], more].concat());
        assert_eq!(ran.code, Some(3), "{more:?}: {ran:#?}");
        assert!(
            began.elapsed().as_secs() < 20,
            "{more:?} waited for what cannot come"
        );
    }
    // Nor does a written policy beside it.
    let policy = folder.file("other.toml", super::LIBRARY.replace("\"lib\"", "\"other\""));
    let ran = run(&server, &folder, &["check", &policy, "pypi:lib"]);
    assert_ne!(ran.code, Some(0), "{ran:#?}");
}

#[test]
fn a_disagreement_is_a_deny_even_of_a_guess() {
    let server = agreeing(&["0.9"], NAMES_IT);
    let ran = run(&server, &Folder::new(), &["check", "pypi:lib"]);
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    assert!(ran.out.contains("version-unannounced"), "{}", ran.out);
}

#[test]
fn a_repository_that_does_not_name_the_project_is_doubted() {
    let server = agreeing(&["1.0"], "[project]\nname = \"another\"\n");
    let ran = run(&server, &Folder::new(), &["check", "pypi:lib"]);
    assert_eq!(ran.code, Some(3), "{ran:#?}");
    let words = "DOUBTFUL: no file of the repository names the component";
    assert!(ran.err.contains(words), "{}", ran.err);
    let words = "not used: it is another project than `lib`";
    assert!(ran.err.contains(words), "{}", ran.err);
}

#[test]
fn each_kind_of_shorthand_finds_the_repository() {
    let server = agreeing(&["v1.0.0"], NAMES_IT);
    let host = server.url("").replace("http://", "");
    for shorthand in [
        "npm:lib".to_owned(),
        "github:acme/lib".to_owned(),
        format!("oci:{host}/acme/lib"),
    ] {
        let ran = run(&server, &Folder::new(), &["init", &shorthand, "-o", "-"]);
        assert_eq!(ran.code, Some(0), "{shorthand}: {ran:#?}");
        let source = format!("source = \"{}\"", server.url("/acme/lib"));
        for words in [source.as_str(), "tag = \"v{version}\"", "name = \"lib\""] {
            assert!(
                ran.out.contains(words),
                "{shorthand}: no `{words}` in {}",
                ran.out
            );
        }
        // Whatever those kinds make of these few answers, it is no allow.
        let checked = run(&server, &Folder::new(), &["check", &shorthand]);
        assert!(
            matches!(checked.code, Some(1 | 3)),
            "{shorthand}: {checked:#?}"
        );
    }
}

/// A real repository, served by nobody: the tags of a checkout and the index agree, as written.
#[test]
fn the_policy_of_a_checkout_is_no_guess_once_somebody_wrote_it_down() {
    let server = agreeing(&["1.0"], NAMES_IT);
    let folder = Folder::new();
    folder.file("lib/pyproject.toml", NAMES_IT);
    folder.file(
        "lib/.github/workflows/p.yml",
        "jobs:\n  p:\n    steps:\n      - run: uv publish\n",
    );
    let checkout = folder.path().join("lib");
    for arguments in [
        &["init", "-q"][..],
        &[
            "-c",
            "user.name=t",
            "-c",
            "user.email=t@x.invalid",
            "commit",
            "-q",
            "--allow-empty",
            "-m",
            "x",
        ],
        &["tag", "1.0"],
    ] {
        let git = Command::new("git")
            .arg("-C")
            .arg(&checkout)
            .args(arguments)
            .status();
        assert!(git.unwrap().success());
    }
    let path = std::env::var("PATH").unwrap();
    let ran = Run::new(&["init", checkout.to_str().unwrap()])
        .env("PATH", &path)
        .run();
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    let policy = checkout.join("lockstep.toml");
    let text = std::fs::read_to_string(&policy).unwrap();
    let index = format!("kind = \"pypi\"\nindex = \"{}\"", server.url("/simple/"));
    std::fs::write(&policy, text.replace("kind = \"pypi\"", &index)).unwrap();
    let ran = Run::new(&["check", policy.to_str().unwrap()])
        .env("PATH", &path)
        .run();
    assert_eq!(ran.code, Some(0), "{ran:#?}");
}

/// What a workflow publishes is asked which source it names: a file can hold any name.
#[test]
fn a_repository_finds_its_index_and_both_directions_are_compared() {
    let server = agreeing(&["1.0"], NAMES_IT);
    let ran = run(
        &server,
        &Folder::new(),
        &["init", "github:acme/lib", "-o", "-"],
    );
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    let channel = format!(
        "# .github/workflows/release.yml line 4: uv publish\n[channel.pypi]\nkind = \"pypi\"\n\
         index = \"{}\"\n",
        server.url("/simple/")
    );
    for words in [
        channel.as_str(),
        "(confirmed: the repository names the component too)",
        "# pyproject.toml at the default branch says project.name = \"lib\"",
    ] {
        assert!(ran.out.contains(words), "no `{words}` in {}", ran.out);
    }
    let folder = Folder::new();
    let checked = run(&server, &folder, &["check", "github:acme/lib", "--verbose"]);
    assert_eq!(checked.code, Some(3), "{checked:#?}");
    assert!(
        checked.out.contains("guessed: channel `pypi`"),
        "{}",
        checked.out
    );
    let policy = folder.file("lib.toml", ran.out);
    let confirmed = run(&server, &folder, &["check", &policy]);
    assert_eq!(confirmed.code, Some(0), "{confirmed:#?}");
}
