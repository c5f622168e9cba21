//! The pipeline of `policies/data-task.toml`: an image for each environment in two real registries,
//! a Lambda function and DAGs with real zips in moto, tags and declared versions in a real
//! repository. Logins of Amazon ECR itself are for the tests of registries.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::{Folder, Ran, Run, root};
use crate::observe::moto::{Moto, base64};
use crate::observe::oci::pusher::Pusher;
use crate::observe::oci::registries::{Demand, PASSWORD, Registry, USER};

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
    images: Images,
}

/// The registries of the two accounts; each wants a password.
struct Images {
    staging: Registry,
    production: Registry,
}

impl Images {
    /// Both with an image of 2026.02.01: one that was built once, or one for each.
    fn with(staging: &str, production: &str) -> Option<Self> {
        let images = Self {
            staging: Registry::distribution(Demand::Password)?,
            production: Registry::distribution(Demand::Password)?,
        };
        for (registry, content) in [(&images.staging, staging), (&images.production, production)] {
            let mut pusher = Pusher::new(registry.port());
            let login = base64(format!("{USER}:{PASSWORD}").as_bytes());
            pusher.authorization = Some(format!("Basic {login}"));
            pusher.image("ingest", Some("2026.02.01"), "linux/amd64", content);
        }
        Some(images)
    }

    /// Docker's configuration with the logins of both.
    fn logins(&self) -> String {
        let login = json!({"auth": base64(format!("{USER}:{PASSWORD}").as_bytes())});
        let host = |registry: &Registry| format!("127.0.0.1:{}", registry.port());
        json!({"auths": {host(&self.staging): login, host(&self.production): login}}).to_string()
    }
}

/// The policy of `policies/`, with the repository and the registries of this machine; without what
/// needs provenance: nothing is attested here.
fn policy(images: &Images) -> String {
    let text = std::fs::read_to_string(root().join("policies/data-task.toml")).unwrap();
    let mut kept = String::new();
    for (at, block) in text.split("\n[").enumerate() {
        let needs_provenance = block.starts_with("[provenance]") || block.contains("same-commit");
        if needs_provenance {
            continue;
        }
        if at > 0 {
            kept.push_str("\n[");
        }
        kept.push_str(block);
    }
    let staging = images.staging.image("");
    let production = images.production.image("");
    for (there, here) in [
        // moto answers the question for an alias with 201, where AWS says 200.
        ("qualifier = \"live\"", "qualifier = \"1\""),
        (
            "kind = \"git-tag\"",
            "kind = \"git-tag\"\npath = \"repository\"",
        ),
        (
            "kind = \"manifest\"",
            "kind = \"manifest\"\npath = \"repository\"",
        ),
        (
            "222233334444.dkr.ecr.eu-west-1.amazonaws.com/",
            staging.as_str(),
        ),
        (
            "111122223333.dkr.ecr.eu-west-1.amazonaws.com/",
            production.as_str(),
        ),
    ] {
        assert_eq!(kept.matches(there).count(), 1, "{there}");
        kept = kept.replace(there, here);
    }
    kept
}

fn aws(functions: Value, objects: Value) -> Option<Moto> {
    Moto::start(json!({
        "functions": functions,
        "buckets": [{"name": "acme-airflow-dags", "objects": objects}],
    }))
}

fn pipeline(functions: Value, objects: Value, folder: Folder) -> Option<Pipeline> {
    let images = Images::with("built once", "built once")?;
    pipeline_with(images, functions, objects, folder)
}

fn pipeline_with(
    images: Images,
    functions: Value,
    objects: Value,
    folder: Folder,
) -> Option<Pipeline> {
    let moto = aws(functions, objects)?;
    let policy = folder.file("ingest.toml", policy(&images));
    let git = |arguments: &[&str]| {
        let who = ["-c", "user.name=t", "-c", "user.email=t@example.invalid"];
        let run = Command::new("git")
            .args(who)
            .args(arguments)
            .current_dir(folder.path())
            .status();
        assert!(run.unwrap().success());
    };
    git(&["init", "-q", "-b", "main", "repository"]);
    for version in ["2026.01.05", "2026.02.01"] {
        let declared = format!("[project]\nname = \"ingest\"\nversion = \"{version}\"\n");
        folder.file("repository/pyproject.toml", declared);
        let inside = ["-C", "repository"];
        git(&[&inside[..], &["add", "."]].concat());
        git(&[&inside[..], &["commit", "-q", "-m", version]].concat());
        git(&[&inside[..], &["tag", &format!("ingest-{version}")]].concat());
    }
    Some(Pipeline {
        folder,
        policy,
        moto,
        images,
    })
}

impl Pipeline {
    fn check(&self, more: &[&str]) -> Ran {
        self.check_in(&["--environment", "production"], more)
    }

    fn check_in(&self, environment: &[&str], more: &[&str]) -> Ran {
        let cache = self.folder.path().join("cache");
        let check = ["check", &self.policy, "--format", "json"];
        Run::new(&[&check[..], environment, more].concat())
            .env("DOCKER_AUTH_CONFIG", &self.images.logins())
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
fn images_a_zip_in_lambda_and_dags_on_s3_of_the_tagged_version_are_allowed_twice() {
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
    for environment in ["staging", "production"] {
        let again = pipeline.check_in(&["--environment", environment], &[]);
        assert_eq!(again.code, Some(0), "{again:#?}");
    }
    let evidence = std::fs::read_to_string(saved).unwrap();
    for bytes in [&dags, &start] {
        assert!(evidence.contains(&sha256(bytes)), "{evidence}");
    }
    for credential in ["aws:environment", "docker configuration"] {
        assert!(evidence.contains(credential), "{credential}");
    }
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
    let hasty = policy(&pipeline.images).replace("may-lag = \"3d\"", "may-lag = \"1s\"");
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
    let elsewhere = policy(&pipeline.images).replace("acme-airflow-dags", "acme-other-dags");
    pipeline.folder.file("ingest.toml", elsewhere);
    let (code, finding) = judged(&pipeline, "dags");
    assert_eq!((code, finding.as_str()), (Some(3), "channel-not-found"));
}

/// The release's zip is the one that an earlier round showed under its version.
#[test]
fn a_function_with_another_zip_than_the_release_is_denied() {
    let objects = || json!([object("2026.01.05", b"old"), object("2026.02.01", b"new")]);
    let folder = Folder::new();
    let released = zip(&folder, "one.zip", "start.py", "def handler(e, c): pass\n");
    let other = zip(&folder, "two.zip", "start.py", "import os\n");
    let deployed = function("2026.02.01", &released);
    let Some(mut pipeline) = pipeline(deployed, objects(), folder) else {
        return;
    };
    let round = |pipeline: &Pipeline, name: &str| -> Value {
        let saved = pipeline.folder.path().join(name);
        let ran = pipeline.check(&["--save-evidence", saved.to_str().unwrap()]);
        assert_eq!(ran.code, Some(0), "{ran:#?}");
        serde_json::from_slice(&std::fs::read(saved).unwrap()).unwrap()
    };
    let first = round(&pipeline, "first.json");
    pipeline.moto = aws(function("2026.02.01", &other), objects()).unwrap();
    std::thread::sleep(std::time::Duration::from_secs(1));
    let mut both = round(&pipeline, "second.json");
    let rounds = [&first, &both].map(|it| it["observations"].as_array().unwrap().clone());
    both["observations"] = rounds.concat().into();
    let both = pipeline.folder.file("both.json", both.to_string());
    let denied = pipeline.check(&["--evidence", &both]);
    assert_eq!(denied.code, Some(1), "{denied:#?}");
    let findings = denied.json()["findings"].clone();
    let [finding] = &findings.as_array().unwrap()[..] else {
        panic!("{findings:#}");
    };
    assert_eq!(finding["code"], "asset-replaced");
    assert_eq!(finding["channel"], "trigger");
    for bytes in [&released, &other] {
        assert!(finding.to_string().contains(&sha256(bytes)), "{finding:#}");
    }
}

#[test]
fn an_image_that_was_built_again_for_production_is_denied() {
    let objects = json!([object("2026.02.01", b"new")]);
    let Some(images) = Images::with("built once", "built again") else {
        return;
    };
    let deployed = function("2026.02.01", EMPTY);
    let Some(pipeline) = pipeline_with(images, deployed, objects, Folder::new()) else {
        return;
    };
    let ran = pipeline.check_in(&[], &["--version", "2026.02.01"]);
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    let findings = ran.json()["findings"].clone();
    assert!(
        findings.to_string().contains("image-digest-mismatch"),
        "{findings:#}"
    );
}

/// One object of a release that nobody announced: neither a release nor nothing.
#[test]
fn a_stray_object_on_s3_is_noticed() {
    let named = |version: &str, name: &str| json!({"key": format!("ingest/{version}/{name}"), "body": base64(b"x")});
    let objects = json!([
        named("2026.02.01", "dags.zip"),
        named("2026.02.01", "plugins.zip"),
        named("2026.03.01", "plugins.zip"),
    ]);
    let deployed = function("2026.02.01", EMPTY);
    let Some(pipeline) = pipeline(deployed, objects, Folder::new()) else {
        return;
    };
    let key = "\"{name}/{version}/dags.zip\"";
    let both = format!("[{key}, \"{{name}}/{{version}}/plugins.zip\"]");
    let several = policy(&pipeline.images).replace(key, &both);
    pipeline.folder.file("ingest.toml", several);
    let release = pipeline.check(&["--version", "2026.02.01"]);
    assert_eq!(release.code, Some(0), "{release:#?}");
    let newest = pipeline.check(&[]);
    assert_eq!(newest.code, Some(3), "{newest:#?}");
    assert!(newest.out.contains("there in part"), "{}", newest.out);
}
