//! Incidents whose images moved, judged from what this program saw of a real registry before and
//! after.

use std::thread;
use std::time::Duration;

use super::checked::codes;
use super::pusher::Pusher;
use super::registries::{Demand, Registry};
use crate::cli::{Folder, Ran, Run, root};
use crate::observe::github_fake::Github;

/// Evidence of two runs as one document: what a store keeps of earlier rounds.
fn together(before: &str, after: &str) -> String {
    let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
    let (mut before, after) = (read(before), read(after));
    let earlier = before["observations"].as_array_mut().unwrap();
    earlier.extend(after["observations"].as_array().unwrap().clone());
    before["decided-at"] = after["decided-at"].clone();
    before.to_string()
}

/// The account and the repository as the incident's policy has them.
const REPOSITORY: &str = "Checkmarx/kics";
const IMAGE: &str = "checkmarx/kics";

struct Kics {
    folder: Folder,
    github: Github,
    registry: Registry,
}

impl Kics {
    /// The incident's own policy with GitHub and Docker Hub on this machine.
    fn policy(&self) -> String {
        let text = root().join("fixtures/incidents/kics/policy.toml");
        let text = std::fs::read_to_string(text).unwrap();
        let replaced = [
            (
                "https://github.com/Checkmarx/kics",
                self.github.source(REPOSITORY),
            ),
            ("docker.io/checkmarx/kics", self.registry.image(IMAGE)),
            // An hour later no window is open any more.
            ("variants =", "may-lead = \"0s\"\nvariants =".to_owned()),
            (
                "kind = \"git-tag\"",
                "kind = \"git-tag\"\nmay-lag = \"0s\"".to_owned(),
            ),
        ];
        replaced.iter().fold(text, |text, (from, to)| {
            assert!(text.contains(from), "no {from} in {text}");
            text.replace(from, to)
        })
    }

    fn check(&self, more: &[&str]) -> Ran {
        let policy = self.folder.file("policy.toml", self.policy());
        let cache = self.folder.path().join("cache");
        Run::new(&[&["check", &policy, "--format", "json"], more].concat())
            .env("PATH", &std::env::var("PATH").unwrap())
            .env("LOCKSTEP_CACHE_DIR", cache.to_str().unwrap())
            .run()
    }

    /// Asks, and keeps what was seen.
    fn see(&self, name: &str, versions: &[&str]) -> (Ran, String) {
        let file = self.folder.path().join(name).display().to_string();
        let ran = self.check(&[versions, &["--save-evidence", &file]].concat());
        let seen = std::fs::read_to_string(file).unwrap();
        (ran, seen)
    }
}

/// checkmarx/kics, 2026-04-22: `latest`, `v2.1.20`, `v2.1.20-debian` and `alpine` overwritten,
/// `v2.1.21` pushed without a release.
#[test]
fn kics_is_denied_from_what_was_really_seen() {
    let Some(registry) = Registry::distribution(Demand::Nothing) else {
        return;
    };
    let kics = Kics {
        folder: Folder::new(),
        github: Github::with(&[REPOSITORY]),
        registry,
    };
    for tag in ["v2.1.19", "v2.1.20"] {
        kics.github.state().release(REPOSITORY, tag, &[]);
    }
    let pusher = Pusher::new(kics.registry.port());
    let push = |tag: &str, content: &str| pusher.image(IMAGE, Some(tag), "linux/amd64", content);
    push("v2.1.19", "2.1.19");
    push("v2.1.19-debian", "2.1.19 on debian");
    let good = push("v2.1.20", "2.1.20");
    push("v2.1.20-debian", "2.1.20 on debian");
    pusher.tag(IMAGE, "latest", &good);
    pusher.tag(IMAGE, "alpine", &good);
    let (before, seen_before) = kics.see("before.json", &[]);
    assert_eq!(
        (before.code, codes(&before)),
        (Some(0), vec![]),
        "{before:#?}"
    );

    let both = ["--version", "2.1.20", "--version", "2.1.21"];
    // Rounds are told apart by their second.
    thread::sleep(Duration::from_millis(1_100));
    let bad = push("v2.1.20", "malware");
    push("v2.1.20-debian", "malware on debian");
    let newest = push("v2.1.21", "malware under a new version");
    pusher.tag(IMAGE, "latest", &newest);
    pusher.tag(IMAGE, "alpine", &newest);
    let (after, seen_after) = kics.see("after.json", &both);
    // The unannounced version shows in one round already.
    assert_eq!(after.code, Some(1), "{after:#?}");
    assert!(
        codes(&after).contains(&"version-unannounced".to_owned()),
        "{after:#?}"
    );

    let file = together(&seen_before, &seen_after);
    let file = kics.folder.file("both.json", file);
    let judged = kics.check(&[&both[..], &["--evidence", &file]].concat());
    assert_eq!(judged.code, Some(1), "{judged:#?}");
    let found = codes(&judged);
    for code in [
        "image-tag-moved",
        "version-unannounced",
        "version-missing",
        "floating-tag-drift",
    ] {
        assert!(found.contains(&code.to_owned()), "no {code} in {judged:#?}");
    }
    let json = judged.json();
    assert_eq!(
        (&json["mismatch"], &json["suspicion"]),
        (&"high".into(), &"high".into())
    );
    for moved in ["`v2.1.20` was", "`v2.1.20-debian` was"] {
        assert!(judged.out.contains(moved), "no {moved} in {judged:#?}");
    }
    assert!(judged.out.contains(&good.digest.to_string()));
    assert!(judged.out.contains(&bad.digest.to_string()));
}
