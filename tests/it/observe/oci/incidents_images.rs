//! Incidents whose images moved, judged from what this program saw of a real registry before and
//! after.

use std::thread;
use std::time::Duration;

use super::checked::{Component, codes};
use super::pusher::Pusher;
use super::registries::{Demand, Registry};
use crate::cli::{Ran, root};

/// Evidence of two runs as one document: what a store keeps of earlier rounds.
fn together(before: &str, after: &str) -> String {
    let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
    let (mut before, after) = (read(before), read(after));
    let earlier = before["observations"].as_array_mut().unwrap();
    earlier.extend(after["observations"].as_array().unwrap().clone());
    before["decided-at"] = after["decided-at"].clone();
    before.to_string()
}

struct Kics {
    component: Component,
    registry: Registry,
}

impl Kics {
    /// The incident's own policy, with the git tags leading (there is no release API here) and the
    /// image on the registry of the test.
    fn policy(&self) -> String {
        let text = root().join("fixtures/incidents/kics/policy.toml");
        let text = std::fs::read_to_string(text).unwrap();
        let (from, to) = (
            text.find("[channel.release]").unwrap(),
            text.find("[channel.tag]").unwrap(),
        );
        format!("{}{}", &text[..from], &text[to..])
            .replace("announced-by = \"release\"", "announced-by = \"tag\"")
            .replace(
                "kind = \"git-tag\"",
                "kind = \"git-tag\"\npath = \"repository\"",
            )
            // An hour later no window is open any more.
            .replace("variants =", "may-lead = \"0s\"\nvariants =")
            .replace(
                "docker.io/checkmarx/kics",
                &self.registry.image("checkmarx/kics"),
            )
    }

    /// Asks, and keeps what was seen.
    fn see(&self, name: &str, versions: &[&str]) -> (Ran, String) {
        let file = self.folder(name);
        let save = [versions, &["--save-evidence", &file]].concat();
        let ran = self.component.check(&self.policy(), &save);
        let seen = std::fs::read_to_string(file).unwrap();
        (ran, seen)
    }

    fn folder(&self, name: &str) -> String {
        self.component
            .folder
            .path()
            .join(name)
            .display()
            .to_string()
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
        component: Component::new(),
        registry,
    };
    kics.component.tag("v2.1.19");
    kics.component.tag("v2.1.20");
    let pusher = Pusher::new(kics.registry.port());
    let push = |tag: &str, content: &str| {
        pusher.image("checkmarx/kics", Some(tag), "linux/amd64", content)
    };
    push("v2.1.19", "2.1.19");
    push("v2.1.19-debian", "2.1.19 on debian");
    let good = push("v2.1.20", "2.1.20");
    push("v2.1.20-debian", "2.1.20 on debian");
    pusher.tag("checkmarx/kics", "latest", &good);
    pusher.tag("checkmarx/kics", "alpine", &good);
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
    push("v2.1.21", "malware under a new version");
    pusher.tag("checkmarx/kics", "latest", &bad);
    pusher.tag("checkmarx/kics", "alpine", &bad);
    let (after, seen_after) = kics.see("after.json", &both);
    // The unannounced version shows in one round already.
    assert_eq!(after.code, Some(1), "{after:#?}");
    assert!(
        codes(&after).contains(&"version-unannounced".to_owned()),
        "{after:#?}"
    );

    let file = together(&seen_before, &seen_after);
    let file = kics.component.folder.file("both.json", file);
    let evidence = [&both[..], &["--evidence", &file]].concat();
    let judged = kics.component.check(&kics.policy(), &evidence);
    assert_eq!(judged.code, Some(1), "{judged:#?}");
    let found = codes(&judged);
    for code in ["image-tag-moved", "version-unannounced"] {
        assert!(found.contains(&code.to_owned()), "no {code} in {judged:#?}");
    }
    assert_eq!(judged.json()["suspicion"], "high");
    for moved in ["`v2.1.20` was", "`v2.1.20-debian` was"] {
        assert!(judged.out.contains(moved), "no {moved} in {judged:#?}");
    }
    assert!(judged.out.contains(&good.digest.to_string()));
    assert!(judged.out.contains(&bad.digest.to_string()));
}
