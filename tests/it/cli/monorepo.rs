//! The changesets monorepo of `policies/`, end to end: git tags, a registry, and files that must be
//! the same everywhere. Only some of its packages are released at a time.

use std::process::Command;
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha512};

use super::{Folder, Ran, Run, root};
use crate::observe::loopback::{Loopback, answer};

/// What is published: package and version.
type Published = Arc<Mutex<Vec<(&'static str, &'static str)>>>;

struct Monorepo {
    folder: Folder,
    policy: String,
    published: Published,
    registry: Loopback,
}

const TIME: &str = "2026-01-01T00:00:00.000Z";

fn tarball(package: &str, version: &str) -> Vec<u8> {
    format!("the tarball of {package} {version}").into_bytes()
}

/// The example policy with the registry and the repository on this machine, and without the
/// provenance that no rule judges yet.
fn monorepo(more: &str) -> Monorepo {
    let folder = Folder::new();
    let published = Published::default();
    let state = published.clone();
    let registry = Loopback::start(move |heard| {
        assert_eq!(heard.header("authorization"), Some("Bearer s3cr3t"));
        let host = format!("http://{}", heard.header("host").unwrap());
        let path = heard.target.replace("%2f", "/");
        let of = |package: &str| -> Vec<&str> {
            let state = state.lock().unwrap();
            let mine = state.iter().filter(|(name, _)| *name == package);
            mine.map(|(_, version)| *version).collect()
        };
        if let Some(rest) = path.strip_prefix("/download") {
            let (package, version) = rest[1..].rsplit_once('/').unwrap();
            return answer("200 OK", &[], &tarball(package, version));
        }
        let package = path.trim_start_matches('/').to_owned();
        let versions = of(&package);
        if versions.is_empty() {
            return answer("404 Not Found", &[], b"");
        }
        let mut page = serde_json::json!({"name": package, "versions": {}, "time": {}});
        for version in versions {
            let hash = STANDARD.encode(Sha512::digest(tarball(&package, version)));
            page["time"][version] = TIME.into();
            page["versions"][version] = serde_json::json!({"version": version, "dist": {
                "tarball": format!("{host}/download/{package}/{version}"),
                "integrity": format!("sha512-{hash}")}});
        }
        let json = [("content-type", "application/json")];
        answer("200 OK", &json, page.to_string().as_bytes())
    });
    let example =
        std::fs::read_to_string(root().join("policies/changesets-monorepo.toml")).unwrap();
    let (before, rest) = example.split_once("[[provenance]]").unwrap();
    let (_, after) = rest.split_once("[environment.production]").unwrap();
    let policy = format!("{before}[environment.production]{after}{more}")
        .replace("https://npm.pkg.github.com", &registry.url("/"))
        .replace(
            "kind = \"git-tag\"",
            "kind = \"git-tag\"\npath = \"repository\"",
        );
    let policy = folder.file("web.toml", policy);
    let monorepo = Monorepo {
        folder,
        policy,
        published,
        registry,
    };
    monorepo.git(&["init", "-q", "."]);
    monorepo.git(&["commit", "-q", "--allow-empty", "-m", "release"]);
    for package in ["@acme/core", "@acme/ui", "@acme/cli"] {
        monorepo.release(package, "1.0.0");
    }
    monorepo
}

impl Monorepo {
    fn git(&self, arguments: &[&str]) {
        let repository = self.folder.path().join("repository");
        std::fs::create_dir_all(&repository).unwrap();
        let git = Command::new("git")
            .args(["-c", "user.name=t", "-c", "user.email=t@example.invalid"])
            .args(arguments)
            .current_dir(repository)
            .status();
        assert!(git.unwrap().success());
    }

    fn release(&self, package: &'static str, version: &'static str) {
        self.git(&["tag", &format!("{package}@{version}")]);
        self.publish(package, version);
    }

    fn publish(&self, package: &'static str, version: &'static str) {
        self.published.lock().unwrap().push((package, version));
    }

    fn check(&self, more: &[&str]) -> Ran {
        let registry = self.registry.url("/");
        let place = registry.trim_start_matches("http:");
        let cache = self.folder.path().join("cache");
        Run::new(&[&["check", &self.policy, "--format", "json"], more].concat())
            .env("PATH", &std::env::var("PATH").unwrap())
            .env("LOCKSTEP_CACHE_DIR", cache.to_str().unwrap())
            .env(&format!("npm_config_{place}:_authToken"), "s3cr3t")
            .run()
    }
}

/// The verdict and the codes of each component, in the order of the policy.
fn verdicts(ran: &Ran) -> Vec<(String, Vec<String>)> {
    let one = |line: &str| {
        let verdict: serde_json::Value = serde_json::from_str(line).unwrap();
        let codes = verdict["findings"].as_array().unwrap().iter();
        let codes = codes.map(|finding| finding["code"].as_str().unwrap().to_owned());
        let outcome = verdict["verdict"].as_str().unwrap().to_owned();
        (outcome, codes.collect())
    };
    ran.out.lines().map(one).collect()
}

#[test]
fn packages_that_are_not_released_this_time_are_as_right_as_those_that_are() {
    let monorepo = monorepo("");
    let ran = monorepo.check(&["--environment", "production"]);
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    assert_eq!(verdicts(&ran).len(), 3);
    monorepo.release("@acme/ui", "1.1.0");
    let ran = monorepo.check(&["--environment", "production"]);
    assert_eq!(ran.code, Some(0), "{ran:#?}");
}

#[test]
fn one_forgotten_publish_denies_its_package_alone() {
    let monorepo = monorepo("");
    monorepo.git(&["tag", "@acme/ui@1.1.0"]);
    let ran = monorepo.check(&[]);
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    let verdicts = verdicts(&ran);
    let outcomes: Vec<&str> = verdicts
        .iter()
        .map(|(outcome, _)| outcome.as_str())
        .collect();
    assert_eq!(outcomes, ["allow", "deny", "allow"], "{ran:#?}");
    assert!(
        verdicts[1].1.contains(&"version-missing".to_owned()),
        "{ran:#?}"
    );
}

#[test]
fn a_version_that_no_tag_announces_denies() {
    let monorepo = monorepo("");
    monorepo.publish("@acme/cli", "1.0.1");
    let ran = monorepo.check(&["--environment", "production"]);
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    assert!(
        verdicts(&ran)[2]
            .1
            .contains(&"version-unannounced".to_owned()),
        "{ran:#?}"
    );
}

/// The tarballs in the registry and the checksums that the build wrote, in both directions.
#[test]
fn the_registry_must_have_the_very_files_that_were_built() {
    let more = r#"
[channel.built]
kind = "files"
checksums = "SHA256SUMS"

[[agree]]
channels = ["packages", "built"]
on = "same-files"
"#;
    let monorepo = monorepo(more);
    let text = std::fs::read_to_string(&monorepo.policy).unwrap();
    let text = text.replace("kind = \"npm\"", "kind = \"npm\"\nhash-files = \"1MB\"");
    std::fs::write(&monorepo.policy, text).unwrap();
    let sums = |changed: &str, more: &str| {
        let mut text = String::new();
        for package in ["@acme/core", "@acme/ui", "@acme/cli"] {
            let bare = package.rsplit('/').next().unwrap();
            let bytes = match package == changed {
                true => b"other bytes".to_vec(),
                false => tarball(package, "1.0.0"),
            };
            let digest = lockstep::model::Digest::of(&bytes).hex();
            text.push_str(&format!("{digest}  {bare}-1.0.0.tgz\n"));
        }
        text.push_str(more);
        monorepo.folder.file("SHA256SUMS", text);
        monorepo.check(&["--version", "1.0.0"])
    };
    let ran = sums("", "");
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    let ran = sums("@acme/ui", "");
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    let verdicts_of = verdicts(&ran);
    assert_eq!(verdicts_of[1].1, ["asset-digest-mismatch"], "{ran:#?}");
    assert_eq!(verdicts_of[0].0, "allow");
    let more = format!("{}  acme-core-1.0.0.tgz\n", "a".repeat(64));
    let ran = sums("", &more);
    let verdicts_of = verdicts(&ran);
    assert_eq!(verdicts_of[0].1, ["file-unexpected"], "{ran:#?}");
}
