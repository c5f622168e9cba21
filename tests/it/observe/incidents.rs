//! Incidents as channels really observed them: the command asks a fake GitHub, real git and an
//! index, round by round, and judges the evidence of all rounds together.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration as Pause;

use lockstep::model::{Digest, Duration, Time};
use lockstep::observe::now;
use serde_json::{Value, json};

use super::github_fake::Github;
use super::index_fake::Index;
use super::loopback::{Loopback, answer};
use crate::cli::{Folder, Ran, Run, root};

const REPOSITORY: &str = "acme/x";

/// One incident under way.
struct Incident {
    folder: Folder,
    github: Github,
    index: Index,
    policy: String,
    observations: Vec<Value>,
    environment: Vec<(&'static str, String)>,
}

fn ago(minutes: u64) -> Time {
    now().minus(Duration::from_minutes(minutes))
}

impl Incident {
    /// With the policy of a fixture, whose source and index become these.
    fn of_fixture(name: &str, source: &str, project: &str) -> Self {
        let path = format!("fixtures/incidents/{name}/policy.toml");
        let policy = std::fs::read_to_string(root().join(path)).unwrap();
        assert!(policy.contains(source), "{policy}");
        // What is attested is judged on the fixture itself; the index here attests nothing.
        let policy = policy.split("\n[[provenance]]").next().unwrap();
        Self::new(
            &policy.replace(source, "https://github.com/acme/x"),
            project,
        )
    }

    fn new(policy: &str, project: &str) -> Self {
        let (folder, github) = (Folder::new(), Github::with(&[REPOSITORY]));
        let index = Index::of(project);
        let kind = "kind = \"pypi\"";
        let policy = policy
            .replace("https://github.com/acme/x", &github.source(REPOSITORY))
            .replace(kind, &format!("{kind}\nindex = \"{}\"", index.url()));
        let policy = folder.file("policy.toml", policy);
        Self {
            folder,
            github,
            index,
            policy,
            observations: Vec::new(),
            environment: Vec::new(),
        }
    }

    /// A release with its tag and one file, here and on the index, so many minutes ago.
    fn released(&self, tag: &str, version: &str, file: &str, minutes: u64) -> u64 {
        self.index
            .upload(version, file, version.as_bytes(), ago(minutes));
        self.github_release(tag, &[(file, version.as_bytes())], minutes)
    }

    fn github_release(&self, tag: &str, files: &[(&str, &[u8])], minutes: u64) -> u64 {
        let mut state = self.github.state();
        let id = state.release(REPOSITORY, tag, files);
        let release = state.repository(REPOSITORY).found(id);
        let at = ago(minutes).to_string();
        release.publish(&at);
        for asset in &mut release.assets {
            asset.updated_at = at.clone();
        }
        id
    }

    fn tag(&self, name: &str) {
        let mut state = self.github.state();
        let commit = state.repository(REPOSITORY).commit("main", name);
        state.repository(REPOSITORY).tag(name, &commit);
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let cache = self.folder.path().join("cache");
        let run = Run::new(&[&["check", &self.policy, "--format", "json"], arguments].concat())
            .env("PATH", &std::env::var("PATH").unwrap())
            .env("LOCKSTEP_CACHE_DIR", cache.to_str().unwrap());
        let set = |run: Run, (name, value): &(&str, String)| run.env(name, value);
        self.environment.iter().fold(run, set).run()
    }

    /// Asks all channels once more and judges what all rounds have shown.
    fn round(&mut self, versions: &[&str]) -> Judged {
        if !self.observations.is_empty() {
            // Rounds are told apart by the second in which they begin.
            std::thread::sleep(Pause::from_millis(1_100));
        }
        let saved = self.folder.path().join("round.json");
        let of: Vec<&str> = versions.iter().flat_map(|it| ["--version", it]).collect();
        let save = ["--save-evidence", saved.to_str().unwrap()];
        let asked = self.run(&[&save[..], &of].concat());
        assert!(asked.code.is_some_and(|code| code != 2), "{asked:#?}");
        let text = std::fs::read_to_string(&saved).unwrap();
        let round: Value = serde_json::from_str(&text).unwrap();
        let seen = round["observations"].as_array().unwrap();
        self.observations.extend(seen.iter().cloned());
        let all = json!({
            "schema": round["schema"], "component": round["component"],
            "observations": self.observations, "decided-at": round["decided-at"],
        });
        let all = self.folder.file("all.json", all.to_string());
        Judged(self.run(&[&["--evidence", &all][..], &of].concat()))
    }
}

struct Judged(Ran);

impl Judged {
    fn codes(&self) -> Vec<String> {
        let json = self.0.json();
        let findings = json["findings"].as_array().unwrap().iter();
        let codes = findings.map(|it| it["code"].as_str().unwrap().to_owned());
        codes.collect()
    }

    #[track_caller]
    fn is(&self, verdict: &str, codes: &[&str], mismatch: &str, suspicion: &str) {
        let json = self.0.json();
        let found = (&json["verdict"], &json["mismatch"], &json["suspicion"]);
        assert_eq!(
            found,
            (&json!(verdict), &json!(mismatch), &json!(suspicion)),
            "{:#}",
            json
        );
        for code in codes {
            assert!(
                self.codes().iter().any(|it| it == code),
                "no {code} in {json:#}"
            );
        }
        if codes.is_empty() {
            assert!(self.codes().is_empty(), "{json:#}");
        }
    }
}

/// ultralytics 8.3.45 and 8.3.46: an old token uploads, the repository knows nothing of it.
#[test]
fn ultralytics_uploads_without_a_tag_or_release_are_denied() {
    let source = "https://github.com/ultralytics/ultralytics";
    for (minutes, verdict) in [(0, None), (10, None), (60, Some("deny"))] {
        let mut incident = Incident::of_fixture("ultralytics-8.3.45", source, "ultralytics");
        incident.released("v8.3.44", "8.3.44", "ultralytics-8.3.44.tar.gz", 10_000);
        incident.round(&["8.3.44"]).is("allow", &[], "none", "none");
        for version in ["8.3.45", "8.3.46"] {
            let file = format!("ultralytics-{version}.tar.gz");
            incident
                .index
                .upload(version, &file, version.as_bytes(), ago(minutes));
        }
        let judged = incident.round(&["8.3.45", "8.3.46"]);
        match verdict {
            None => assert_ne!(judged.0.json()["verdict"], "allow", "T+{minutes}"),
            Some(verdict) => {
                judged.is(
                    verdict,
                    &["version-unannounced", "version-missing"],
                    "high",
                    "low",
                );
            }
        }
    }
}

/// GitPython 3.1.50: tag and index, no release entry. A mistake, not an attack.
#[test]
fn gitpython_without_a_release_entry_is_pending_and_then_missing_and_never_suspicious() {
    let source = "https://github.com/gitpython-developers/GitPython";
    for minutes in [10, 60] {
        let mut incident = Incident::of_fixture("gitpython-3.1.50", source, "gitpython");
        incident.released("3.1.49", "3.1.49", "gitpython-3.1.49.tar.gz", 10_000);
        incident.round(&["3.1.49"]).is("allow", &[], "none", "none");
        incident.tag("3.1.50");
        incident
            .index
            .upload("3.1.50", "gitpython-3.1.50.tar.gz", b"3.1.50", ago(minutes));
        let judged = incident.round(&["3.1.50"]);
        match minutes {
            10 => judged.is("indeterminate", &["version-pending"], "none", "none"),
            _ => judged.is("deny", &["version-missing"], "high", "low"),
        }
    }
}

/// A release exists, the upload to the index failed.
#[test]
fn a_failed_upload_is_pending_and_then_missing_and_never_suspicious() {
    let source = "https://github.com/example/example-library";
    for minutes in [10, 90] {
        let mut incident = Incident::of_fixture("upload-failed", source, "example-library");
        incident.released("v1.2.0", "1.2.0", "example_library-1.2.0.tar.gz", 10_000);
        incident.round(&["1.2.0"]).is("allow", &[], "none", "none");
        incident.github_release(
            "v1.3.0",
            &[("example_library-1.3.0.tar.gz", b"1.3.0")],
            minutes,
        );
        let judged = incident.round(&["1.3.0"]);
        match minutes {
            10 => judged.is("indeterminate", &["version-pending"], "none", "none"),
            _ => judged.is("deny", &["version-missing"], "high", "low"),
        }
    }
}

const LIBRARY: &str = r#"
[component]
name = "lib"
source = "https://github.com/acme/x"
announced-by = "release"

[line.release]
scheme = "pep440"

[channel.release]
kind = "github-release"
tag = "v{version}"

[channel.pypi]
kind = "pypi"

[[agree]]
channels = ["release", "pypi"]
on = "same-files"
"#;

/// Webmin 1.890 and 1.920: SourceForge had another package than GitHub, under the same name. Real
/// lists of checksums, release by release, and the assets of a release.
#[test]
fn webmin_whose_package_elsewhere_has_other_bytes_is_denied_and_suspicious() {
    let source = "https://github.com/webmin/webmin";
    let lists: Arc<Mutex<BTreeMap<String, String>>> = Arc::default();
    let served = Arc::clone(&lists);
    let sourceforge =
        Loopback::start(
            move |heard| match served.lock().unwrap().get(&heard.target) {
                Some(list) => answer("200 OK", &[("content-type", "text/plain")], list.as_bytes()),
                None => answer("404 Not Found", &[("content-type", "text/html")], b""),
            },
        );
    let list = |version: &str, bytes: &[u8]| {
        let line = format!("{}  webmin-{version}.tar.gz\n", Digest::of(bytes).hex());
        let path = format!("/projects/webadmin/files/webmin/{version}/SHA256SUMS");
        lists.lock().unwrap().insert(path, line);
    };
    for minutes in [0, 10, 60] {
        let mut incident = Incident::of_fixture("webmin", source, "webmin");
        let policy = std::fs::read_to_string(&incident.policy).unwrap();
        assert!(policy.contains("https://sourceforge.net/"));
        let policy = policy.replace("https://sourceforge.net", &sourceforge.url(""));
        std::fs::write(&incident.policy, policy).unwrap();
        incident.github_release("1.880", &[("webmin-1.880.tar.gz", b"1.880")], 10_000);
        list("1.880", b"1.880");
        incident.round(&["1.880"]).is("allow", &[], "none", "none");
        for version in ["1.890", "1.920"] {
            let file = format!("webmin-{version}.tar.gz");
            incident.github_release(version, &[(&file, version.as_bytes())], minutes);
            list(version, b"with a back door");
        }
        let judged = incident.round(&["1.890", "1.920"]);
        judged.is("deny", &["asset-digest-mismatch"], "high", "high");
    }
}

/// As with Webmin, on an index: one name, other bytes than those of the repository.
#[test]
fn a_package_with_other_bytes_than_the_releases_is_denied_and_suspicious() {
    let mut incident = Incident::new(LIBRARY, "lib");
    let file = "lib-1.890.tar.gz";
    incident.github_release("v1.890", &[(file, b"what was reviewed")], 60);
    incident
        .index
        .upload("1.890", file, b"with a back door", ago(60));
    let judged = incident.round(&["1.890"]);
    judged.is("deny", &["asset-digest-mismatch"], "high", "high");
}

#[test]
fn an_asset_that_was_replaced_between_two_rounds_is_denied() {
    let mut incident = Incident::new(LIBRARY, "lib");
    let file = "lib-1.0.tar.gz";
    let id = incident.released("v1.0", "1.0", file, 10_000);
    incident.round(&["1.0"]).is("allow", &[], "none", "none");
    incident.round(&["1.0"]).is("allow", &[], "none", "none");
    incident
        .github
        .state()
        .replace(REPOSITORY, id, file, b"other")
        .unwrap();
    let judged = incident.round(&["1.0"]);
    judged.is(
        "deny",
        &["asset-replaced", "asset-digest-mismatch"],
        "high",
        "high",
    );
}

/// An asset without a digest: the number of its upload tells that it was replaced.
#[test]
fn an_old_asset_that_was_replaced_is_told_by_the_number_of_its_upload() {
    let policy = LIBRARY.split("[[agree]]").next().unwrap();
    let mut incident = Incident::new(policy, "lib");
    let id = incident.released("v1.0", "1.0", "lib-1.0.tar.gz", 10_000);
    let forget = |incident: &Incident| {
        let mut state = incident.github.state();
        state
            .repository(REPOSITORY)
            .found(id)
            .asset("lib-1.0.tar.gz")
            .digest = None;
    };
    forget(&incident);
    incident.round(&["1.0"]).is("allow", &[], "none", "none");
    let replaced = incident
        .github
        .state()
        .replace(REPOSITORY, id, "lib-1.0.tar.gz", b"6.6");
    replaced.unwrap();
    forget(&incident);
    incident
        .round(&["1.0"])
        .is("deny", &["asset-replaced"], "high", "high");
}

/// As with trivy's releases of March 2026: the entries are gone, the bytes are those of before.
#[test]
fn a_deleted_release_is_allowed_for_the_bytes_that_were_seen_before() {
    let mut incident = Incident::new(LIBRARY, "lib");
    let id = incident.released("v1.0", "1.0", "lib-1.0.tar.gz", 10_000);
    incident.round(&["1.0"]).is("allow", &[], "none", "none");
    incident
        .github
        .state()
        .repository(REPOSITORY)
        .delete_release(id);
    incident
        .round(&["1.0"])
        .is("allow", &["release-deleted"], "low", "low");
}

/// As with PHPass: somebody registers the name of a repository that is gone.
#[test]
fn a_repository_that_was_registered_anew_is_denied() {
    let mut incident = Incident::new(LIBRARY, "lib");
    incident.released("v1.0", "1.0", "lib-1.0.tar.gz", 10_000);
    incident.round(&["1.0"]).is("allow", &[], "none", "none");
    incident.github.state().rename(REPOSITORY, "acme/renamed");
    incident.round(&["1.0"]).is("allow", &[], "none", "none");
    incident.github.state().create(REPOSITORY);
    incident.github_release("v1.0", &[("lib-1.0.tar.gz", b"1.0")], 10_000);
    let judged = incident.round(&["1.0"]);
    assert!(
        judged.codes().contains(&"repository-changed".to_owned()),
        "{judged:#?}",
        judged = judged.0
    );
    assert_eq!(judged.0.code, Some(1));
}

/// As with tj-actions/changed-files: a tag is moved to a commit of no branch that anybody protects.
#[test]
fn a_tag_that_is_moved_off_the_protected_branch_is_denied() {
    let policy = LIBRARY.replace(
        "announced-by = \"release\"",
        "announced-by = \"release\"\nbranches = [\"main\"]",
    );
    let mut incident = Incident::new(&policy, "lib");
    incident.released("v1.0", "1.0", "lib-1.0.tar.gz", 10_000);
    incident.round(&["1.0"]).is("allow", &[], "none", "none");
    let mut state = incident.github.state();
    let evil = state.repository(REPOSITORY).commit("evil", "evil");
    state.repository(REPOSITORY).tag("v1.0", &evil);
    drop(state);
    let judged = incident.round(&["1.0"]);
    judged.is(
        "deny",
        &["git-tag-moved", "commit-not-on-protected-branch"],
        "high",
        "high",
    );
}
