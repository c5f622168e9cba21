//! `[[provenance]]` with a key, from `lockstep attest --to registry` to the verdict of `lockstep
//! check`: what a signer says of builder, source and commit is held to the policy, and evidence that
//! was kept is verified again.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lockstep::model::Digest;
use serde_json::Value;

use super::live::git_output;
use super::{Folder, Ran, Run};
use crate::observe::oci::pusher::Pusher;
use crate::observe::oci::registries::{Demand, Registry};

const BUILDER: &str = "https://ci.acme.example/builder";
const SOURCE: &str = "https://git.acme.example/acme/api";

struct World {
    folder: Folder,
    registry: Registry,
}

impl World {
    /// Nothing where no registry is installed.
    fn new() -> Option<Self> {
        let world = Self {
            folder: Folder::new(),
            registry: Registry::distribution(Demand::Nothing)?,
        };
        let policy = format!(
            r#"
[component]
name = "api"
source = "{SOURCE}"
announced-by = "tag"

[line.release]
scheme = "semver"

[channel.tag]
kind = "git-tag"
tag = "v{{version}}"
path = "repository"

[channel.hub]
kind = "oci"
image = "{}"
tag = "{{version}}"

[[provenance]]
channels = ["hub"]
kind = "build"
key = "ours.pub"
unsafe-no-log = true
builder = "{BUILDER}"
"#,
            world.registry.image("acme/api")
        );
        world.folder.file("policy.toml", policy);
        for prefix in ["ours", "theirs"] {
            let key = [
                "key",
                "generate",
                "--unencrypted",
                "--output-prefix",
                prefix,
            ];
            assert_eq!(world.run(&key).code, Some(0));
        }
        world.git(&["init", "-q", "repository"]);
        Some(world)
    }

    fn git(&self, arguments: &[&str]) -> String {
        git_output(self.folder.path(), arguments)
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let cache = self.folder.path().join("cache");
        Run::new(arguments)
            .env("PATH", &std::env::var("PATH").unwrap())
            .env("LOCKSTEP_CACHE_DIR", cache.to_str().unwrap())
            .within(self.folder.path())
            .run()
    }

    /// Tags a new commit, which it gives, and pushes an image of the version.
    fn release(&self, version: &str) -> String {
        let who = ["-c", "user.name=t", "-c", "user.email=t@example.invalid"];
        let commit = ["commit", "-q", "--allow-empty", "-m", version];
        self.git(&[&["-C", "repository"], &who[..], &commit].concat());
        self.git(&["-C", "repository", "tag", &format!("v{version}")]);
        let pusher = Pusher::new(self.registry.port());
        pusher.image("acme/api", Some(version), "linux/amd64", version);
        self.git(&["-C", "repository", "rev-parse", "HEAD"])
    }

    fn attest(&self, version: &str, key: &str, builder: &str, source: &str, commit: &str) {
        let image = format!("oci:{}:{version}", self.registry.image("acme/api"));
        let ran = self.run(&[
            "attest",
            &image,
            "--to",
            "registry",
            "--no-log",
            "--key",
            key,
            "--builder-id",
            builder,
            "--source-repository",
            source,
            "--source-commit",
            commit,
            "--source-ref",
            &format!("refs/tags/v{version}"),
        ]);
        assert_eq!(ran.code, Some(0), "{ran:#?}");
    }

    fn check(&self, version: &str, more: &[&str]) -> Ran {
        let head = ["check", "policy.toml", "--format", "json", "--version"];
        self.run(&[&head[..], &[version], more].concat())
    }

    #[track_caller]
    fn finds(&self, version: &str, code: &str) {
        let ran = self.check(version, &[]);
        assert_eq!(ran.code, Some(1), "{ran:#?}");
        assert!(codes(&ran).contains(&code.to_owned()), "{ran:#?}");
    }
}

fn codes(ran: &Ran) -> Vec<String> {
    let verdict = ran.json();
    let findings = verdict["findings"].as_array().unwrap().iter();
    let code = |it: &Value| it["code"].as_str().unwrap().to_owned();
    findings.map(code).collect()
}

#[test]
fn each_difference_from_the_policy_has_its_code() {
    let Some(world) = World::new() else { return };
    let ours = "ours.key";
    let first = world.release("1.0.0");
    world.attest("1.0.0", ours, BUILDER, SOURCE, &first);
    let ran = world.check("1.0.0", &[]);
    assert_eq!(ran.code, Some(0), "{ran:#?}");

    let commit = world.release("1.0.1");
    let other = "https://evil.example/builder";
    world.attest("1.0.1", ours, other, SOURCE, &commit);
    world.finds("1.0.1", "builder-untrusted");

    let commit = world.release("1.0.2");
    let fork = "https://git.acme.example/mallory/api";
    world.attest("1.0.2", ours, BUILDER, fork, &commit);
    world.finds("1.0.2", "source-mismatch");

    world.release("1.0.3");
    world.attest("1.0.3", ours, BUILDER, SOURCE, &first);
    world.finds("1.0.3", "commit-mismatch");

    let commit = world.release("1.0.4");
    world.attest("1.0.4", "theirs.key", BUILDER, SOURCE, &commit);
    world.finds("1.0.4", "provenance-invalid");

    world.release("1.0.5");
    world.finds("1.0.5", "provenance-missing");
}

#[test]
fn kept_evidence_is_verified_again_and_not_believed() {
    let Some(world) = World::new() else { return };
    let commit = world.release("1.0.0");
    world.attest("1.0.0", "ours.key", BUILDER, SOURCE, &commit);
    let ran = world.check("1.0.0", &["--save-evidence", "seen.json"]);
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    let again = || world.check("1.0.0", &["--evidence", "seen.json"]);
    assert_eq!(again().code, Some(0));

    let text = std::fs::read_to_string(world.folder.path().join("seen.json")).unwrap();
    let evidence: Value = serde_json::from_str(&text).unwrap();
    let bundles = evidence["bundles"].as_object().unwrap();
    let (name, bundle) = bundles.iter().next().unwrap();
    let mut forged: Value = serde_json::from_str(bundle.as_str().unwrap()).unwrap();
    let payload = &mut forged["dsseEnvelope"]["payload"];
    let said = STANDARD.decode(payload.as_str().unwrap()).unwrap();
    let said = String::from_utf8(said).unwrap();
    *payload = STANDARD
        .encode(said.replace(BUILDER, "https://x.example/"))
        .into();
    let forged = forged.to_string();

    // Other bytes under the old name.
    let mut changed = evidence.clone();
    changed["bundles"][name] = forged.clone().into();
    world.folder.file("seen.json", changed.to_string());
    again().refuses(&["has another SHA-256"]);
    // Under their own name, which the observation then has too.
    let own = Digest::of(forged.as_bytes()).to_string();
    let mut changed = evidence.clone();
    changed["bundles"] = serde_json::json!({ &own: forged });
    for observation in changed["observations"].as_array_mut().unwrap() {
        if observation["query"].get("attestations").is_some() {
            let observed = observation.to_string().replace(name, &own);
            *observation = serde_json::from_str(&observed).unwrap();
            observation.as_object_mut().unwrap().remove("id");
        }
    }
    world.folder.file("seen.json", changed.to_string());
    let ran = again();
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    let found = codes(&ran);
    assert!(found.contains(&"provenance-invalid".to_owned()), "{ran:#?}");
    // Without it nothing is known.
    let mut changed = evidence;
    changed["bundles"] = serde_json::json!({});
    world.folder.file("seen.json", changed.to_string());
    assert_eq!(again().code, Some(3));
}
