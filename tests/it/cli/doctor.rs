//! `lockstep doctor`: what credentials see, in words and as JSON, and how it exits.

use std::process::Command;

use super::{Folder, LIBRARY, Ran, Run};
use crate::observe::loopback::{Heard, Loopback, Step, answer, head};

const TOKEN: &str = "ghp_planted";

/// A GitHub whose repository a token may read, and push to where this says so.
fn github(push: bool, left: u64) -> Loopback {
    Loopback::start(move |heard: &Heard| {
        let known = heard.header("authorization") == Some(&format!("Bearer {TOKEN}"));
        match heard.target.as_str() {
            "/api/v3/rate_limit" => json(&serde_json::json!({"resources": {"core": {
                "limit": 5000, "remaining": left, "reset": 4_000_000_000_u64}}})),
            // A private repository looks like none.
            _ if !known => answer("404 Not Found", &[], b""),
            "/api/v3/repos/acme/api" => json(
                &serde_json::json!({"id": 1, "full_name": "acme/api", "private": true, "permissions": {"push": push}}),
            ),
            "/api/v3/repos/acme/api/branches?per_page=100" => json(
                &serde_json::json!([{"name": "main", "protected": true}, {"name": "x", "protected": false}]),
            ),
            // Nothing is attested; a token that only reads contents is not told so.
            it if it.contains("/attestations/sha256:") && !push => {
                answer("403 Forbidden", &[], b"{}")
            }
            _ => answer("404 Not Found", &[], b""),
        }
    })
}

fn json(body: &serde_json::Value) -> Vec<Step> {
    let kind = [("content-type", "application/json")];
    answer("200 OK", &kind, body.to_string().as_bytes())
}

fn policy(server: &Loopback, branches: &str) -> String {
    format!(
        "[component]\nname = \"api\"\nsource = \"{}\"\n{branches}\n[line.release]\n\
         scheme = \"semver\"\n[channel.release]\nkind = \"github-release\"\ntag = \"v{{version}}\"\n",
        server.url("/acme/api")
    )
}

fn doctor(server: &Loopback, branches: &str, more: &[&str], token: Option<&str>) -> Ran {
    let folder = Folder::new();
    let policy = folder.file("api.toml", policy(server, branches));
    let mut run = Run::new(&[&["doctor", &policy], more].concat())
        .env("GITHUB_SERVER_URL", &server.url(""))
        .env("LOCKSTEP_TIMEOUT", "5s")
        .env("LOCKSTEP_CACHE_DIR", folder.path().to_str().unwrap());
    if let Some(token) = token {
        run = run.env("GITHUB_TOKEN", token);
    }
    run.run()
}

#[test]
fn a_token_that_may_push_sees_everything() {
    let ran = doctor(&github(true, 4_711), "", &[], Some(TOKEN));
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    for words in [
        "requests left: sees as GITHUB_TOKEN",
        "4711 of 5000 requests an hour, full again at 2096-10-02T07:06:40Z",
        "repository: sees as GITHUB_TOKEN\n      a private repository",
        "draft releases: sees",
        "2 branches, 1 of them protected",
        "attestations: sees as GITHUB_TOKEN",
        "Nothing that is required is hidden.",
    ] {
        assert!(ran.out.contains(words), "no `{words}` in {}", ran.out);
    }
    assert!(!format!("{ran:?}").contains(TOKEN));
}

#[test]
fn drafts_are_hidden_from_a_token_that_only_reads_and_that_stops_nothing() {
    let ran = doctor(&github(false, 4_711), "", &[], Some(TOKEN));
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    for words in [
        "draft releases: cannot see (not needed here)",
        "Contents: write",
        "attestations: cannot see (not needed here)",
        "Attestations: read",
    ] {
        assert!(ran.out.contains(words), "no `{words}` in {}", ran.out);
    }
}

#[test]
fn without_a_token_a_private_repository_is_hidden_and_the_least_scope_is_named() {
    let server = github(true, 4_711);
    let ran = doctor(&server, "", &["--format", "json"], None);
    assert_eq!(ran.code, Some(3), "{ran:#?}");
    let document = ran.json();
    assert_eq!(document["schema"], "lockstep-doctor/1");
    assert_eq!(document["sees-all"], false);
    let channel = &document["channels"][0];
    assert_eq!(
        (&channel["channel"], &channel["kind"]),
        (&"release".into(), &"github-release".into())
    );
    let repository = &channel["seen"][1];
    for (key, value) in [
        ("what", "repository"),
        ("sight", "blind"),
        ("credential", "anonymous"),
    ] {
        assert_eq!(repository[key], value, "{document}");
    }
    assert!(
        repository["hint"]
            .as_str()
            .unwrap()
            .contains("Contents: read"),
        "{document}"
    );
    for heard in server.heard() {
        assert_eq!(heard.header("authorization"), None);
    }
}

/// Where nobody answered, no credential would have helped.
#[test]
fn where_no_server_answers_the_way_there_is_hinted_at_and_no_scope() {
    let silent = Loopback::start(|_| Vec::new());
    let ran = doctor(&silent, "", &[], Some(TOKEN));
    assert_eq!(ran.code, Some(3), "{ran:#?}");
    assert!(
        ran.out
            .contains("does the address answer from this machine?"),
        "{}",
        ran.out
    );
    for word in ["Contents: read", "is the token valid"] {
        assert!(!ran.out.contains(word), "{}", ran.out);
    }
    let words = ran.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(!words.contains("no connection: no connection"), "{words}");
}

#[test]
fn a_spent_budget_stops() {
    let ran = doctor(&github(true, 3), "", &[], Some(TOKEN));
    assert_eq!(ran.code, Some(3), "{ran:#?}");
    assert!(ran.out.contains("requests left: cannot see"), "{}", ran.out);
    assert!(
        ran.out
            .contains("One thing that is required cannot be seen."),
        "{}",
        ran.out
    );
}

#[test]
fn tags_and_an_index_are_asked_as_a_check_asks_them() {
    let index = Loopback::start(|heard| match heard.target.as_str() {
        "/simple/lib/" if heard.header("authorization").is_some() => {
            let page =
                r#"{"meta":{"api-version":"1.0"},"name":"lib","versions":["1.0"],"files":[]}"#;
            let kind = [("content-type", "application/vnd.pypi.simple.v1+json")];
            answer("200 OK", &kind, page.as_bytes())
        }
        "/simple/lib/" => answer("401 Unauthorized", &[], b""),
        _ => answer("404 Not Found", &[], b""),
    });
    let folder = Folder::new();
    let git = Command::new("git")
        .args(["init", "-q", "repository"])
        .current_dir(folder.path())
        .status();
    assert!(git.unwrap().success());
    let policy = LIBRARY
        .replace(
            "tag = \"{version}\"",
            "tag = \"{version}\"\npath = \"repository\"",
        )
        .replace(
            "kind = \"pypi\"",
            &format!("kind = \"pypi\"\nindex = \"{}\"", index.url("/simple/")),
        );
    let policy = folder.file("lib.toml", policy);
    let netrc = folder.file("netrc", "machine 127.0.0.1 login me password hunter2\n");
    let run = || {
        Run::new(&["doctor", &policy])
            .env("PATH", &std::env::var("PATH").unwrap())
            .env("LOCKSTEP_CACHE_DIR", folder.path().to_str().unwrap())
    };
    let without = run().run();
    assert_eq!(without.code, Some(3), "{without:#?}");
    for words in [
        "tags: sees as anonymous",
        "versions: cannot see as anonymous",
        "`.netrc`",
    ] {
        assert!(
            without.out.contains(words),
            "no `{words}` in {}",
            without.out
        );
    }
    let with = run().env("NETRC", &netrc).run();
    assert_eq!(with.code, Some(0), "{with:#?}");
    assert!(with.out.contains("versions: sees as netrc"), "{}", with.out);
    assert!(!format!("{with:?}").contains("hunter2"));
}

#[test]
fn branches_are_required_where_the_policy_names_them() {
    let server = Loopback::start(|heard| match heard.target.as_str() {
        "/api/v3/rate_limit" => answer("404 Not Found", &[], b""),
        "/api/v3/repos/acme/api" => json(&serde_json::json!({"private": false})),
        _ => answer("403 Forbidden", &[], b""),
    });
    let ran = doctor(&server, "", &[], None);
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    let ran = doctor(&server, "branches = [\"main\"]", &[], None);
    assert_eq!(ran.code, Some(3), "{ran:#?}");
    assert!(
        ran.out
            .contains("branches and what they contain: cannot see"),
        "{}",
        ran.out
    );
}

#[test]
fn a_policy_that_is_not_valid_is_refused_before_anything_is_asked() {
    let folder = Folder::new();
    let policy = folder.file("bad.toml", LIBRARY.replace("scheme", "scheem"));
    Run::new(&["doctor", &policy])
        .run()
        .refuses(&["scheem", "did you mean `scheme`?"]);
}

#[test]
fn a_repository_that_is_not_on_this_machine_is_not_seen() {
    let folder = Folder::new();
    let policy = LIBRARY.replace(
        "tag = \"{version}\"",
        "tag = \"{version}\"\npath = \"none\"",
    );
    let policy = policy.replace("[channel.pypi]\nkind = \"pypi\"\n", "");
    let policy = folder.file("lib.toml", policy);
    let ran = Run::new(&["doctor", &policy]).run();
    assert_eq!(ran.code, Some(3), "{ran:#?}");
    assert!(ran.out.contains("there is no such folder"), "{}", ran.out);
}

/// A server of every kind of channel, which shows everything, or nothing to whoever asks.
fn every_kind(open: bool) -> Loopback {
    Loopback::start(move |heard: &Heard| {
        let path = heard.target.split('?').next().unwrap();
        let xml = "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>api-1.0.zip</Key><LastModified>2026-03-02T09:30:00Z</LastModified></Contents></ListBucketResult>";
        let manifest = r#"{"schemaVersion":2,"manifests":[]}"#;
        let digest = lockstep::model::Digest::of(manifest.as_bytes()).to_string();
        let image = [
            ("content-type", "application/vnd.oci.image.index.v1+json"),
            ("docker-content-digest", &digest),
        ];
        match path {
            _ if !open => answer("403 Forbidden", &[], b""),
            "/v2/api/tags/list" => json(&serde_json::json!({"name": "api", "tags": ["1.0"]})),
            _ if path.starts_with("/v2/api/manifests/") && heard.method == "HEAD" => {
                vec![Step::Send(head("200 OK", &image))]
            }
            _ if path.starts_with("/v2/api/manifests/") => {
                answer("200 OK", &image, manifest.as_bytes())
            }
            "/npm/api" => {
                json(&serde_json::json!({"name": "api", "versions": {"1.0.0": {}}, "time": {}}))
            }
            "/SHA256SUMS" => {
                let line = format!("{}  api-1.0.zip\n", "a".repeat(64));
                answer("200 OK", &[("content-type", "text/plain")], line.as_bytes())
            }
            "/api/v3/repos/acme/api" => {
                json(&serde_json::json!({"id": 1, "full_name": "acme/api", "private": true}))
            }
            "/api/v3/repos/acme/api/contents" => json(&serde_json::json!([{"name": "a"}])),
            "/2015-03-31/functions/api/configuration" => json(&serde_json::json!({
                "FunctionName": "api", "CodeSha256": "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
                "LastModified": "2026-03-02T09:20:00.000+0000", "Description": "1.0"})),
            "/bucket/" => answer("200 OK", &[], xml.as_bytes()),
            "/bucket/api-1.0.zip" => answer(
                "200 OK",
                &[("last-modified", "Mon, 02 Mar 2026 09:30:00 GMT")],
                b"",
            ),
            _ => answer("404 Not Found", &[], b""),
        }
    })
}

fn doctor_of_every_kind(server: &Loopback) -> Ran {
    let folder = Folder::new();
    let git = Command::new("git")
        .args(["init", "-q", "repository"])
        .current_dir(folder.path())
        .status();
    assert!(git.unwrap().success());
    let host = server.url("");
    let image = host.trim_start_matches("http://").trim_end_matches('/');
    let policy = format!(
        r#"
[component]
name = "api"
source = "{source}"
announced-by = "tag"
[line.release]
scheme = "semver"
[channel.tag]
kind = "git-tag"
tag = "v{{version}}"
path = "repository"
[channel.image]
kind = "oci"
image = "{image}/api"
tag = "{{version}}"
[channel.package]
kind = "npm"
registry = "{npm}"
[channel.archive]
kind = "files"
checksums = "{sums}"
names = "api-{{version}}.zip"
[channel.archives]
kind = "files"
checksums = "{host}/{{version}}/SHA256SUMS"
[channel.declared]
kind = "manifest"
file = "package.json"
key = "version"
[channel.function]
kind = "lambda"
function = "api"
region = "eu-west-1"
[channel.objects]
kind = "s3"
bucket = "bucket"
key = "{{name}}-{{version}}.zip"
region = "eu-west-1"
"#,
        source = server.url("/acme/api"),
        npm = server.url("/npm"),
        sums = server.url("/SHA256SUMS"),
        host = host.trim_end_matches('/'),
    );
    let policy = folder.file("api.toml", policy);
    Run::new(&["doctor", &policy])
        .env("PATH", &std::env::var("PATH").unwrap())
        .env("HOME", folder.path().to_str().unwrap())
        .env("LOCKSTEP_CACHE_DIR", folder.path().to_str().unwrap())
        .env("GITHUB_SERVER_URL", host.trim_end_matches('/'))
        .env("GITHUB_TOKEN", TOKEN)
        .env("AWS_ENDPOINT_URL", &host)
        .env("AWS_ACCESS_KEY_ID", "AKIA1")
        .env("AWS_SECRET_ACCESS_KEY", "hunter2")
        .run()
}

#[test]
fn every_kind_says_what_it_sees_and_what_would_do() {
    let open = doctor_of_every_kind(&every_kind(true));
    assert_eq!(open.code, Some(0), "{open:#?}");
    for words in [
        "tags: sees as anonymous",
        "images: sees as anonymous",
        "versions: sees as anonymous",
        "checksums: sees as anonymous",
        "checksums: cannot tell as anonymous",
        "repository: sees as GITHUB_TOKEN",
        "files: sees as GITHUB_TOKEN",
        "function: sees as aws:environment",
        "names of objects: sees as aws:environment",
        "objects: sees as aws:environment",
    ] {
        assert!(open.out.contains(words), "no `{words}` in {}", open.out);
    }
    let server = every_kind(false);
    let closed = doctor_of_every_kind(&server);
    assert_eq!(closed.code, Some(3), "{closed:#?}");
    for words in [
        "docker login",
        "`.npmrc`",
        "`.netrc`",
        "`Contents: read`",
        "lambda:GetFunctionConfiguration",
        "s3:ListBucket",
        "7 things that are required cannot be seen.",
    ] {
        assert!(closed.out.contains(words), "no `{words}` in {}", closed.out);
    }
    for text in [format!("{open:?}"), format!("{closed:?}")] {
        assert!(!text.contains(TOKEN) && !text.contains("hunter2"));
    }
    let reads = |heard: &Heard| matches!(heard.method.as_str(), "GET" | "HEAD");
    assert!(server.heard().iter().all(reads));
}
