//! `same-files` between an index that answers and the folder that was built, in both directions.

use std::process::Command;

use super::{Folder, Ran, Run};
use crate::observe::loopback::{Loopback, answer};

const BUILT: [&str; 2] = ["lib-1.0.tar.zst", "lib-1.0.bin"];

/// A release with these files on the index: by name, the bytes.
fn check(on_index: &[(&str, &str)]) -> Ran {
    let folder = Folder::new();
    for name in BUILT {
        folder.file(&format!("out/{name}"), name);
    }
    let files: Vec<serde_json::Value> = on_index
        .iter()
        .map(|(name, bytes)| {
            let digest = lockstep::model::Digest::of(bytes.as_bytes()).hex();
            serde_json::json!({"filename": name, "url": name, "size": bytes.len(),
                "upload-time": "2026-01-01T00:00:00Z", "hashes": {"sha256": digest}})
        })
        .collect();
    let page = serde_json::json!({
        "meta": {"api-version": "1.1"}, "name": "lib", "versions": ["1.0"], "files": files,
    })
    .to_string();
    // Without a JSON API the file names alone would have to say the version.
    let releases = serde_json::json!({
        "info": {"name": "lib", "version": "1.0"},
        "releases": {"1.0": on_index.iter().map(|(name, bytes)| serde_json::json!({
            "filename": name, "size": bytes.len(), "yanked": false,
            "upload_time_iso_8601": "2026-01-01T00:00:00Z",
            "digests": {"sha256": lockstep::model::Digest::of(bytes.as_bytes()).hex()},
        })).collect::<Vec<_>>()},
    })
    .to_string();
    let index = Loopback::start(move |heard| match heard.target.as_str() {
        "/simple/lib/" => {
            let json = [("content-type", "application/vnd.pypi.simple.v1+json")];
            answer("200 OK", &json, page.as_bytes())
        }
        "/pypi/lib/json" => {
            let json = [("content-type", "application/json")];
            answer("200 OK", &json, releases.as_bytes())
        }
        _ => answer("404 Not Found", &[], b""),
    });
    let policy = format!(
        r#"
[component]
name = "lib"

[line.release]
scheme = "pep440"

[channel.tag]
kind = "git-tag"
tag = "v{{version}}"
path = "repository"

[channel.pypi]
kind = "pypi"
index = "{}"

[channel.out]
kind = "files"
path = "out"
names = ["lib-{{version}}.tar.zst", "lib-{{version}}.bin"]

[[agree]]
channels = ["pypi", "out"]
on = "same-files"
"#,
        index.url("/simple/")
    );
    let policy = folder.file("policy.toml", policy);
    let script = "git init -q repository && cd repository && \
        git -c user.name=t -c user.email=t@example.invalid commit -q --allow-empty -m x && \
        git tag v1.0";
    let made = Command::new("sh")
        .args(["-c", script])
        .current_dir(folder.path())
        .status();
    assert!(made.unwrap().success());
    let cache = folder.path().join("cache");
    Run::new(&["check", &policy, "--format", "json"])
        .env("PATH", &std::env::var("PATH").unwrap())
        .env("LOCKSTEP_CACHE_DIR", cache.to_str().unwrap())
        .run()
}

fn codes(ran: &Ran) -> Vec<String> {
    let findings = ran.json()["findings"].as_array().unwrap().clone();
    let code = |finding: &serde_json::Value| finding["code"].as_str().unwrap().to_owned();
    findings.iter().map(code).collect()
}

#[test]
fn the_same_files_on_both_sides_are_allowed() {
    let ran = check(&BUILT.map(|name| (name, name)));
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    assert_eq!(codes(&ran), Vec::<String>::new());
}

#[test]
fn other_bytes_and_files_on_one_side_only_deny() {
    let [one, two] = BUILT;
    for (on_index, code) in [
        (
            vec![(one, one), (two, "other bytes")],
            "asset-digest-mismatch",
        ),
        (vec![(one, one)], "file-unexpected"),
        (
            vec![(one, one), (two, two), ("lib-1.0.zip", "x")],
            "file-missing",
        ),
    ] {
        let ran = check(&on_index);
        assert_eq!(ran.code, Some(1), "{code}: {ran:#?}");
        assert_eq!(codes(&ran), [code], "{ran:#?}");
    }
}
