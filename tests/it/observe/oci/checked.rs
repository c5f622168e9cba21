//! `lockstep check` of a component with a git repository and real registries, as a user runs it.

use std::process::Command;

use super::pusher::{Pushed, Pusher};
use super::registries::{Demand, Registry};
use crate::cli::{Folder, Ran, Run, root};

/// A component's repository, and the folder of its policy.
pub(super) struct Component {
    pub(super) folder: Folder,
}

impl Component {
    pub(super) fn new() -> Self {
        let component = Self {
            folder: Folder::new(),
        };
        component.git(&["init", "-q", "repository"]);
        component.commit();
        component
    }

    pub(super) fn commit(&self) {
        let who = ["-c", "user.name=t", "-c", "user.email=t@example.invalid"];
        let commit = [
            "-C",
            "repository",
            "commit",
            "-q",
            "--allow-empty",
            "-m",
            "work",
        ];
        self.git(&[&who[..], &commit[..]].concat());
    }

    pub(super) fn tag(&self, name: &str) {
        self.git(&["-C", "repository", "tag", name]);
    }

    fn git(&self, arguments: &[&str]) {
        let git = Command::new("git")
            .args(arguments)
            .current_dir(self.folder.path())
            .status();
        assert!(git.unwrap().success(), "git {arguments:?}");
    }

    pub(super) fn check(&self, policy: &str, more: &[&str]) -> Ran {
        let policy = self.folder.file("policy.toml", policy);
        let path = std::env::var("PATH").unwrap();
        let cache = self.folder.path().join("cache");
        Run::new(&[&["check", &policy, "--format", "json"], more].concat())
            .env("PATH", &path)
            .env("LOCKSTEP_CACHE_DIR", cache.to_str().unwrap())
            .run()
    }
}

/// The codes of a run's findings, each once.
pub(super) fn codes(ran: &Ran) -> Vec<String> {
    let json = ran.json();
    let findings = json["findings"].as_array().unwrap();
    let codes = findings
        .iter()
        .map(|it| it["code"].as_str().unwrap().to_owned());
    let codes: std::collections::BTreeSet<String> = codes.collect();
    codes.into_iter().collect()
}

/// A policy of git tags and of images, each a name with what follows in its table.
pub(super) fn policy(channels: &[(&str, &str, &str)], rest: &str) -> String {
    let mut text = String::from(
        "[component]\nname = \"api\"\nsource = \"https://git.example/acme/api\"\n\
         announced-by = \"tag\"\n\n[line.release]\nscheme = \"semver\"\n\n\
         [channel.tag]\nkind = \"git-tag\"\ntag = \"v{version}\"\npath = \"repository\"\n\n",
    );
    for (name, image, more) in channels {
        text.push_str(&format!(
            "[channel.{name}]\nkind = \"oci\"\nimage = \"{image}\"\ntag = \"{{version}}\"\n{more}\n\n"
        ));
    }
    text + rest
}

/// Two registries, fed by two workflows of which each builds the image itself.
struct TwoWorkflows {
    component: Component,
    hub: Registry,
    ecr: Registry,
}

fn two_workflows() -> Option<TwoWorkflows> {
    let component = Component::new();
    component.tag("v1.4.2");
    let hub = Registry::distribution(Demand::Nothing)?;
    let ecr = Registry::ferro()?;
    Some(TwoWorkflows {
        component,
        hub,
        ecr,
    })
}

impl TwoWorkflows {
    /// Builds and pushes an image; the same content for two platforms, another attestation at each
    /// build.
    fn build(registry: &Registry, content: &str, build: &str) -> Pushed {
        let pusher = Pusher::new(registry.port());
        let image = |platform| pusher.image("acme/api", None, platform, content);
        let images = [
            image("linux/amd64"),
            image("linux/arm64"),
            pusher.attestation("acme/api", build),
        ];
        let index = pusher.index("acme/api", "1.4.2", &images);
        pusher.tag("acme/api", "latest", &index);
        index
    }

    /// Checks by `policies/two-workflows.toml`: with its agreement, or held to one digest.
    fn check(&self, agreement: Agreement) -> Ran {
        let text = root().join("policies/two-workflows.toml");
        let text = std::fs::read_to_string(text).unwrap();
        let from = text.find("[[agree]]").unwrap();
        let to = text.find("[environment.production]").unwrap();
        let text = match agreement {
            Agreement::AsDeclared => text,
            Agreement::Strict => format!("{}{}", &text[..from], &text[to..]),
        };
        let ecr = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/acme/api";
        let policy = text
            .replace(
                "kind = \"git-tag\"",
                "kind = \"git-tag\"\npath = \"repository\"",
            )
            .replace("docker.io/acme/api", &self.hub.image("acme/api"))
            .replace(ecr, &self.ecr.image("acme/api"));
        self.component
            .check(&policy, &["--environment", "production"])
    }
}

#[derive(Clone, Copy)]
enum Agreement {
    AsDeclared,
    Strict,
}

#[test]
fn one_image_that_was_built_twice_is_another_digest_and_the_same_platforms() {
    let Some(world) = two_workflows() else { return };
    TwoWorkflows::build(&world.hub, "same", "in the first workflow");
    TwoWorkflows::build(&world.ecr, "same", "in the second workflow");
    let strict = world.check(Agreement::Strict);
    assert_eq!(strict.code, Some(1), "{strict:#?}");
    assert_eq!(codes(&strict), ["image-digest-mismatch"]);
    let ladder = world.check(Agreement::AsDeclared);
    assert_eq!(ladder.code, Some(0), "{ladder:#?}");
    // The step down is shown.
    assert!(ladder.out.contains("same-platforms"), "{}", ladder.out);
}

#[test]
fn two_images_under_one_version_do_not_agree_on_any_step() {
    let Some(world) = two_workflows() else { return };
    TwoWorkflows::build(&world.hub, "one", "in the first workflow");
    TwoWorkflows::build(&world.ecr, "two", "in the second workflow");
    for agreement in [Agreement::Strict, Agreement::AsDeclared] {
        let ran = world.check(agreement);
        assert_eq!(ran.code, Some(1), "{ran:#?}");
        assert_eq!(codes(&ran), ["image-digest-mismatch"]);
    }
}

#[test]
fn one_image_that_was_copied_by_digest_agrees_strictly() {
    let Some(world) = two_workflows() else { return };
    let one = TwoWorkflows::build(&world.hub, "same", "once");
    let two = TwoWorkflows::build(&world.ecr, "same", "once");
    assert_eq!(one.digest, two.digest);
    let ran = world.check(Agreement::Strict);
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    let approved = ran.json()["digests"].to_string();
    assert!(approved.contains(&one.digest.to_string()), "{approved}");
}

#[test]
fn a_registry_that_is_gone_is_unknown_and_never_missing() {
    let Some(world) = two_workflows() else { return };
    TwoWorkflows::build(&world.hub, "same", "once");
    let gone = policy(
        &[
            ("hub", &world.hub.image("acme/api"), ""),
            ("ecr", "127.0.0.1:1/acme/api", ""),
        ],
        "",
    );
    let ran = world.component.check(&gone, &[]);
    assert_eq!(ran.code, Some(3), "{ran:#?}");
    assert_eq!(codes(&ran), ["channel-unreachable"]);
}

#[test]
fn a_release_without_its_image_is_missing_and_without_a_platform_too() {
    let Some(registry) = Registry::distribution(Demand::Nothing) else {
        return;
    };
    let component = Component::new();
    component.tag("v1.4.1");
    component.tag("v1.4.2");
    let pusher = Pusher::new(registry.port());
    pusher.image("acme/api", Some("1.4.1"), "linux/amd64", "one");
    let image = registry.image("acme/api");
    let keys = "platforms = [\"linux/amd64\"]\nmay-lag = \"0s\"";
    let ran = component.check(
        &policy(&[("hub", &image, keys)], ""),
        &["--version", "1.4.2"],
    );
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    assert_eq!(codes(&ran), ["version-missing"]);
    let ran = component.check(
        &policy(&[("hub", &image, keys)], ""),
        &["--version", "1.4.1"],
    );
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    let keys = "platforms = [\"linux/amd64\", \"linux/arm64\"]";
    let ran = component.check(
        &policy(&[("hub", &image, keys)], ""),
        &["--version", "1.4.1"],
    );
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    assert_eq!(codes(&ran), ["image-platform-missing"]);
}

#[test]
fn a_floating_tag_that_stays_behind_drifts() {
    let Some(registry) = Registry::distribution(Demand::Nothing) else {
        return;
    };
    let component = Component::new();
    component.tag("v1.4.1");
    component.tag("v1.4.2");
    let pusher = Pusher::new(registry.port());
    let old = pusher.image("acme/api", Some("1.4.1"), "linux/amd64", "old");
    let new = pusher.image("acme/api", Some("1.4.2"), "linux/amd64", "new");
    let image = registry.image("acme/api");
    let keys = "floating = [\"{major}\", \"{major}.{minor}\", \"latest\"]\nmay-lag = \"0s\"";
    let policy = policy(&[("hub", &image, keys)], "");
    for tag in ["1", "1.4", "latest"] {
        pusher.tag("acme/api", tag, &new);
    }
    let ran = component.check(&policy, &[]);
    assert_eq!((ran.code, codes(&ran)), (Some(0), vec![]), "{ran:#?}");
    pusher.tag("acme/api", "latest", &old);
    let ran = component.check(&policy, &[]);
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    assert_eq!(codes(&ran), ["floating-tag-drift"]);
    assert!(
        ran.json()["findings"][0]["message"]
            .to_string()
            .contains("`latest`")
    );
    let denied = component.check(&policy, &["--fail-on", "floating-tag-drift"]);
    assert_eq!(denied.code, Some(1), "{denied:#?}");
}

/// The seed pipeline of `policies/flux-service.toml`: every push makes
/// `main-fa25b2ea-1674061254`, every tag a release, in one repository.
#[test]
fn development_builds_stand_beside_releases() {
    let Some(registry) = Registry::distribution(Demand::Nothing) else {
        return;
    };
    let component = Component::new();
    component.tag("v1.4.1");
    component.tag("v1.4.2");
    let pusher = Pusher::new(registry.port());
    for tag in [
        "main-fa25b2ea-1674061254",
        "main-0e58ed86-1674063000",
        "feature-x-0e58ed86-1674063001",
        "1.4.1",
        "1.4.2",
    ] {
        pusher.image("acme/orders", Some(tag), "linux/amd64", tag);
    }
    // Its chart is on the same registry and has its own name; nothing of either is attested.
    let text = std::fs::read_to_string(root().join("policies/flux-service.toml")).unwrap();
    let (channels, environments) = (
        text.find("[channel.chart]").unwrap(),
        text.find("[environment.development]").unwrap(),
    );
    let policy = format!("{}{}", &text[..channels], &text[environments..])
        .replace(
            "tag = \"v{version}\"",
            "tag = \"v{version}\"\npath = \"repository\"",
        )
        .replace("ghcr.io/acme/orders", &registry.image("acme/orders"))
        .replace("[\"ghcr\", \"chart\"]", "[\"ghcr\"]");
    let production = ["--environment", "production"];
    let ran = component.check(&policy, &production);
    assert_eq!((ran.code, codes(&ran)), (Some(0), vec![]), "{ran:#?}");
    assert!(!ran.out.contains("1674061254"), "{}", ran.out);

    // A release that nobody announced does not hide among the builds.
    pusher.image("acme/orders", Some("1.4.3"), "linux/amd64", "stolen token");
    let ran = component.check(&policy, &production);
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    assert_eq!(codes(&ran), ["version-unannounced"]);
    let build = [
        "--environment",
        "development",
        "--version",
        "main-fa25b2ea-1674061254",
    ];
    let ran = component.check(&policy, &build);
    assert_eq!(ran.json()["cells"][0]["state"], "agrees", "{ran:#?}");
}
