//! The Lambda function and the DAGs of `policies/data-task.toml`, with real zips in moto and tags in
//! a real repository. Its images are for the tests of registries.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::{Folder, Ran, Run, root};
use crate::observe::moto::{Moto, base64};

/// A zip with one file, made by Python as a deploy would.
fn zip(folder: &Folder, name: &str, file: &str, content: &str) -> Vec<u8> {
    let path = folder.path().join(name);
    let script = "import sys, zipfile\nwith zipfile.ZipFile(sys.argv[1], 'w') as z: z.writestr(sys.argv[2], sys.stdin.read())";
    let mut python = Command::new("python3")
        .args(["-c", script, path.to_str().unwrap(), file])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = python.stdin.take().unwrap();
    stdin.write_all(content.as_bytes()).unwrap();
    drop(stdin);
    assert!(python.wait().unwrap().success());
    std::fs::read(path).unwrap()
}

fn sha256(bytes: &[u8]) -> String {
    lockstep::model::Digest::of(bytes).to_string()
}

/// The seed pipeline: a repository with two tags, and what was deployed.
struct Pipeline {
    folder: Folder,
    policy: String,
    moto: Moto,
}

/// The policy of `policies/`, without the channels that are not under test, and with the repository
/// of this machine.
fn policy() -> String {
    let text = std::fs::read_to_string(root().join("policies/data-task.toml")).unwrap();
    let mut kept = String::new();
    for block in text.split("\n[") {
        let header = block.trim_start_matches('[').split(']').next().unwrap();
        let dropped = [
            "channel.declared",
            "channel.ecr-staging",
            "channel.ecr-production",
        ];
        let agreement = header == "agree" || header == "provenance";
        if dropped.contains(&header) || agreement || header == "environment.staging" {
            continue;
        }
        if !kept.is_empty() {
            kept.push_str("\n[");
        }
        kept.push_str(block);
    }
    let kept = kept
        .replace("branches = [\"main\"]\n", "")
        // moto answers the question for an alias with 201, where AWS says 200.
        .replace("qualifier = \"live\"", "qualifier = \"1\"")
        .replace(
            "kind = \"git-tag\"",
            "kind = \"git-tag\"\npath = \"repository\"",
        )
        .replace("\"declared\", \"ecr-production\", ", "");
    assert!(kept.contains("[channel.trigger]") && kept.contains("[channel.dags]"));
    kept
}

fn pipeline(functions: Value, objects: Value, folder: Folder) -> Option<Pipeline> {
    let moto = Moto::start(json!({
        "functions": functions,
        "buckets": [{"name": "acme-airflow-dags", "objects": objects}],
    }))?;
    let policy = folder.file("ingest.toml", policy());
    let git = |arguments: &[&str]| {
        let who = ["-c", "user.name=t", "-c", "user.email=t@example.invalid"];
        let run = Command::new("git")
            .args(who)
            .args(arguments)
            .current_dir(folder.path())
            .status();
        assert!(run.unwrap().success());
    };
    git(&["init", "-q", "repository"]);
    for version in ["2026.01.05", "2026.02.01"] {
        let inside = ["-C", "repository"];
        git(&[
            &inside[..],
            &["commit", "-q", "--allow-empty", "-m", version],
        ]
        .concat());
        git(&[&inside[..], &["tag", &format!("ingest-{version}")]].concat());
    }
    Some(Pipeline {
        folder,
        policy,
        moto,
    })
}

impl Pipeline {
    fn check(&self, more: &[&str]) -> Ran {
        let cache = self.folder.path().join("cache");
        let production = ["check", &self.policy, "--environment", "production"];
        Run::new(&[&production[..], &["--format", "json"], more].concat())
            .env("PATH", &std::env::var("PATH").unwrap())
            .env("LOCKSTEP_CACHE_DIR", cache.to_str().unwrap())
            .env("AWS_ENDPOINT_URL", &self.moto.endpoint())
            .env("AWS_ACCESS_KEY_ID", "AKIAPLANTED")
            .env("AWS_SECRET_ACCESS_KEY", "s3cr3t-planted")
            .run()
    }
}

fn object(version: &str, bytes: &[u8]) -> Value {
    json!({"key": format!("ingest/{version}/dags.zip"), "body": base64(bytes)})
}

fn function(version: &str, bytes: &[u8]) -> Value {
    json!([{"name": "ingest-trigger", "zip": base64(bytes), "description": version}])
}

#[test]
fn a_zip_in_lambda_and_dags_on_s3_of_the_tagged_version_are_allowed_with_their_digests() {
    let folder = Folder::new();
    let dags = zip(&folder, "dags.zip", "ingest.py", "dag = 1\n");
    let start = zip(
        &folder,
        "start.zip",
        "start.py",
        "def handler(event, context): pass\n",
    );
    let deployed = function("2026.02.01", &start);
    // The other spelling of one calendar version is the same release.
    let objects = json!([object("2026.1.5", b"old"), object("2026.02.01", &dags)]);
    let Some(pipeline) = pipeline(deployed, objects, folder) else {
        return;
    };
    let saved = pipeline.folder.path().join("seen.json");
    let ran = pipeline.check(&["--save-evidence", saved.to_str().unwrap()]);
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    let evidence = std::fs::read_to_string(saved).unwrap();
    for bytes in [&dags, &start] {
        assert!(evidence.contains(&sha256(bytes)), "{evidence}");
    }
    assert!(evidence.contains("aws:environment"));
    for text in [&evidence, &ran.out, &ran.err] {
        assert!(!text.contains("s3cr3t") && !text.contains("AKIAPLANTED"));
    }
}

/// An empty archive: the record that ends one.
const EMPTY: &[u8] = b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

/// What is judged of 2026.02.01, for the channel that is not in order: exit code and finding.
fn judged(pipeline: &Pipeline, channel: &str) -> (Option<i32>, String) {
    let ran = pipeline.check(&["--version", "2026.02.01"]);
    let json = ran.json();
    let findings = json["findings"].as_array().unwrap();
    let about: Vec<_> = findings
        .iter()
        .filter(|finding| finding["channel"] == channel)
        .map(|finding| finding["code"].as_str().unwrap())
        .collect();
    assert_eq!(about.len(), findings.len(), "{ran:#?}");
    (ran.code, about.join(" "))
}

#[test]
fn a_function_that_stayed_behind_is_waited_for_and_then_denied() {
    let objects = json!([object("2026.01.05", b"old"), object("2026.02.01", b"new")]);
    let behind = function("2026.01.05", EMPTY);
    let Some(pipeline) = pipeline(behind, objects, Folder::new()) else {
        return;
    };
    let pending = judged(&pipeline, "trigger");
    assert_eq!(pending, (Some(3), "version-pending".to_owned()));
    let hasty = policy().replace("may-lag = \"3d\"", "may-lag = \"1s\"");
    pipeline.folder.file("ingest.toml", hasty);
    std::thread::sleep(std::time::Duration::from_secs(3));
    let missing = judged(&pipeline, "trigger");
    assert_eq!(missing, (Some(1), "version-missing".to_owned()));
}

#[test]
fn a_bucket_that_is_not_there_leaves_the_verdict_open() {
    let Some(pipeline) = pipeline(function("2026.02.01", EMPTY), json!([]), Folder::new()) else {
        return;
    };
    let elsewhere = policy().replace("acme-airflow-dags", "acme-other-dags");
    pipeline.folder.file("ingest.toml", elsewhere);
    let (code, finding) = judged(&pipeline, "dags");
    assert_eq!((code, finding.as_str()), (Some(3), "channel-not-found"));
}
