//! Many components in one run: every channel's servers on loopback, asked twice.

use std::collections::BTreeMap;

use lockstep::model::Digest;
use serde_json::{Value, json};

use super::{Folder, Run};
use crate::observe::loopback::{Heard, Loopback, Step, answer, head};

const COMPONENTS: usize = 12;
const VERSIONS: [&str; 3] = ["1.0.0", "1.1.0", "1.2.0"];
const IMAGE: &str = "application/vnd.oci.image.manifest.v1+json";
const JSON: &str = "application/json";

/// An answer with an ETag, or 304 where the client has it.
fn kept(heard: &Heard, media: &str, body: &[u8], headers: &[(&str, &str)]) -> Vec<Step> {
    let etag = format!("\"{}\"", Digest::of(body).hex());
    let mut all = vec![("etag", etag.as_str()), ("content-type", media)];
    all.extend(headers);
    if heard.header("if-none-match") == Some(&etag) {
        return vec![Step::Send(head("304 Not Modified", &all))];
    }
    match heard.method.as_str() {
        "HEAD" => vec![Step::Send(head("200 OK", &all))],
        _ => answer("200 OK", &all, body),
    }
}

fn commit(name: &str, version: &str) -> String {
    Digest::of(format!("{name} {version}").as_bytes()).hex()[..40].to_owned()
}

fn packets(lines: &[String]) -> Vec<u8> {
    let line = |line: &String| format!("{:04x}{line}", line.len() + 4);
    let mut packets: String = lines.iter().map(line).collect();
    packets.push_str("0000");
    packets.into_bytes()
}

fn serve(heard: &Heard) -> Vec<Step> {
    let path = heard.target.split('?').next().unwrap_or_default();
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    match parts.as_slice() {
        [_, _, "info", "refs"] => {
            let lines = ["version 2\n".to_owned(), "ls-refs\n".to_owned()];
            let media = "application/x-git-upload-pack-advertisement";
            kept(heard, media, &packets(&lines), &[])
        }
        [_, name, "git-upload-pack"] => {
            let line = |v: &&str| format!("{} refs/tags/v{v}\n", commit(name, v));
            let lines: Vec<String> = VERSIONS.iter().map(line).collect();
            let media = [("content-type", "application/x-git-upload-pack-result")];
            answer("200 OK", &media, &packets(&lines))
        }
        ["api", "v3", "repos", "acme", name] => {
            let body = json!({"id": 7, "full_name": format!("acme/{name}")}).to_string();
            kept(heard, JSON, body.as_bytes(), &[])
        }
        ["api", "v3", "repos", "acme", _, "releases"] => {
            let release = |(at, version): (usize, &&str)| {
                json!({"id": at + 1, "tag_name": format!("v{version}"), "draft": false,
                    "prerelease": false, "published_at": format!("2026-01-0{}T12:00:00Z", at + 1),
                    "author": {"login": "acme"}, "assets": []})
            };
            let releases: Vec<Value> = VERSIONS.iter().enumerate().map(release).collect();
            kept(heard, JSON, json!(releases).to_string().as_bytes(), &[])
        }
        ["simple", name] => {
            let file = |version: &&str| {
                let name = format!("{name}-{version}.tar.gz");
                json!({"filename": name, "url": name, "upload-time": "2026-01-05T12:00:00Z",
                    "size": 3, "hashes": {"sha256": "11".repeat(32)}})
            };
            let files: Vec<Value> = VERSIONS.iter().map(file).collect();
            let page = json!({"meta": {"api-version": "1.1"}, "name": name,
                "versions": VERSIONS, "files": files});
            let media = "application/vnd.pypi.simple.v1+json";
            kept(heard, media, page.to_string().as_bytes(), &[])
        }
        ["v2", "acme", name, "tags", "list"] => {
            let body = json!({"name": format!("acme/{name}"), "tags": VERSIONS}).to_string();
            kept(heard, JSON, body.as_bytes(), &[])
        }
        ["v2", "acme", name, "manifests", _] => {
            let config = Digest::of(b"{}").to_string();
            let body = json!({"schemaVersion": 2, "mediaType": IMAGE, "layers": [],
                "config": {"mediaType": "application/vnd.oci.image.config.v1+json",
                    "digest": config, "size": 2},
                "annotations": {"name": name}})
            .to_string();
            let digest = Digest::of(body.as_bytes()).to_string();
            let digest = [("docker-content-digest", digest.as_str())];
            kept(heard, IMAGE, body.as_bytes(), &digest)
        }
        ["v2", "acme", _, "blobs", _] => answer("200 OK", &[], b"{}"),
        _ => answer("404 Not Found", &[("content-type", JSON)], b"{}"),
    }
}

fn policy(server: &Loopback, name: &str) -> String {
    let base = server.url("");
    let host = base.trim_start_matches("http://");
    format!(
        r#"
[component]
name = "{name}"
source = "{base}/acme/{name}"
announced-by = "tag"
[line.release]
scheme = "semver"
[channel.tag]
kind = "git-tag"
tag = "v{{version}}"
[channel.release]
kind = "github-release"
tag = "v{{version}}"
[channel.index]
kind = "pypi"
index = "{base}/simple/"
[channel.image]
kind = "oci"
image = "{host}/acme/{name}"
tag = "{{version}}"
"#
    )
}

/// What the server heard since `from`, by method and whether a condition was sent along.
fn heard(server: &Loopback, from: usize) -> BTreeMap<(String, bool), usize> {
    let mut counts = BTreeMap::new();
    for heard in server.heard().iter().skip(from) {
        // An index without a JSON API says so each time; there is nothing to keep.
        if heard.target.starts_with("/pypi/") {
            continue;
        }
        let conditional = heard.header("if-none-match").is_some();
        *counts
            .entry((heard.method.clone(), conditional))
            .or_default() += 1;
    }
    counts
}

#[test]
fn a_second_pass_in_which_nothing_changed_asks_for_nothing_whole() {
    let server = Loopback::start(serve);
    let folder = Folder::new();
    let names: Vec<String> = (0..COMPONENTS).map(|at| format!("c{at:02}")).collect();
    for name in &names {
        folder.file(&format!("{name}.toml"), policy(&server, name));
    }
    let cache = Folder::new();
    let evidence = cache.path().join("evidence.jsonl");
    let evidence = evidence.to_str().unwrap();
    let run = || {
        let folder = folder.path().to_str().unwrap().to_owned();
        let arguments = [
            "check",
            &folder,
            "--format",
            "json",
            "--save-evidence",
            evidence,
        ];
        Run::new(&arguments)
            .env("LOCKSTEP_CACHE_DIR", cache.path().to_str().unwrap())
            .env("PATH", &std::env::var("PATH").unwrap())
            .run()
    };
    let first = run();
    assert_eq!(first.code, Some(0), "{first:#?}");
    let asked = server.heard().len();
    let second = run();
    assert_eq!(second.code, Some(0), "{second:#?}");
    for ran in [&first, &second] {
        // A verdict a line, in the order of the policies, each with four channels that agree.
        let verdicts: Vec<Value> = ran
            .out
            .lines()
            .map(|it| serde_json::from_str(it).unwrap())
            .collect();
        let components: Vec<&str> = verdicts
            .iter()
            .filter_map(|it| it["component"].as_str())
            .collect();
        assert_eq!(components, names);
        let cells = verdicts
            .iter()
            .flat_map(|it| it["cells"].as_array().unwrap());
        assert!(
            cells.clone().count() == COMPONENTS * 4
                && cells.clone().all(|it| it["state"] == "agrees")
        );
    }
    let text = std::fs::read_to_string(evidence).unwrap();
    let saved = lockstep::model::Evidence::read_all(&text).unwrap();
    assert_eq!(saved.len(), COMPONENTS);
    let again = heard(&server, asked);
    // Of tags git answers anew each time: its protocol has no conditions. A tag's digest is asked
    // for with HEAD, which has no body.
    assert_eq!(again.get(&("GET".to_owned(), false)), None, "{again:?}");
    assert_eq!(again[&("HEAD".to_owned(), false)], COMPONENTS, "{again:?}");
    assert!(
        again[&("GET".to_owned(), true)] >= COMPONENTS * 5,
        "{again:?}"
    );
}
