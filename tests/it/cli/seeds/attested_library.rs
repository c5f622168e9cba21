//! The Python library (`python-library.toml`) with its provenance: build attestations in GitHub's store
//! and publish attestations on the index, both in fakes, for neither can be run here.

use std::sync::{Arc, Mutex};

use lockstep::attest::SignedBundle;
use lockstep::attest::deliver::GithubStore;
use lockstep::model::{Digest, Duration};
use lockstep::observe::http::Limits;
use lockstep::observe::{Environment, now};
use serde_json::{Value, json};

use super::super::{Folder, Ran};
use super::attesting::{BUILD, PUBLISH, checked_again, signed, workflow};
use super::{assert_judged, example};
use crate::authority::{self, Authority, Claims};
use crate::observe::asking::{World, runtime};
use crate::observe::github_fake::Github;
use crate::observe::loopback::{Loopback, answer};

const REPOSITORY: &str = "acme/acme-client";
const TOKEN: &str = "ghp_0123456789abcdef";

/// A file on the index, and the attestation that was uploaded with it.
struct Uploaded {
    version: String,
    name: String,
    bytes: Vec<u8>,
    attestation: Option<Value>,
}

struct Library {
    folder: Folder,
    github: Github,
    index: Loopback,
    uploads: Arc<Mutex<Vec<Uploaded>>>,
    authority: Authority,
}

fn files(version: &str) -> [(String, Vec<u8>); 2] {
    [
        format!("acme_client-{version}-py3-none-any.whl"),
        format!("acme_client-{version}.tar.gz"),
    ]
    .map(|name| (name.clone(), format!("the bytes of {name}").into_bytes()))
}

/// The object of PEP 740 that a bundle becomes.
fn pep_740(bundle: &str) -> Value {
    authority::pep_740(&serde_json::from_str(bundle).unwrap())
}

fn simple(uploads: &[Uploaded]) -> Value {
    let minutes_ago = now().minus(Duration::from_minutes(5)).to_string();
    let file = |it: &Uploaded| {
        json!({
            "filename": it.name, "url": it.name, "size": it.bytes.len(),
            "upload-time": minutes_ago, "hashes": {"sha256": Digest::of(&it.bytes).hex()},
            "provenance": it.attestation.as_ref().map(|_| "https://index.test/provenance"),
        })
    };
    let mut versions: Vec<&str> = uploads.iter().map(|it| it.version.as_str()).collect();
    versions.dedup();
    json!({
        "meta": {"api-version": "1.3"}, "name": "acme-client", "versions": versions,
        "files": uploads.iter().map(file).collect::<Vec<_>>(),
    })
}

/// The Simple API and the integrity API.
fn index(uploads: Arc<Mutex<Vec<Uploaded>>>) -> Loopback {
    Loopback::start(move |heard| {
        let uploads = uploads.lock().unwrap();
        if heard.target == "/simple/acme-client/" {
            let media = [("content-type", "application/vnd.pypi.simple.v1+json")];
            return answer("200 OK", &media, simple(&uploads).to_string().as_bytes());
        }
        let attested = uploads.iter().find_map(|it| {
            let path = format!(
                "/integrity/acme-client/{}/{}/provenance",
                it.version, it.name
            );
            (heard.target == path).then(|| it.attestation.clone())?
        });
        let Some(attestation) = attested else {
            return answer("404 Not Found", &[], b"{}");
        };
        let document = json!({"version": 1, "attestation_bundles": [
            {"publisher": {"kind": "GitHub"}, "attestations": [attestation]}]});
        let media = [("content-type", "application/vnd.pypi.integrity.v1+json")];
        answer("200 OK", &media, document.to_string().as_bytes())
    })
}

impl Library {
    fn new() -> Self {
        let github = Github::with(&[REPOSITORY]);
        github.state().token(TOKEN, true);
        let uploads: Arc<Mutex<Vec<Uploaded>>> = Arc::default();
        let folder = Folder::new();
        let authority = Authority::new("library");
        folder.file("root.json", authority.trusted_root_json());
        Self {
            folder,
            github,
            index: index(Arc::clone(&uploads)),
            uploads,
            authority,
        }
    }

    /// A draft with both files. Gives its number.
    fn draft(&self, version: &str) -> u64 {
        let mut state = self.github.state();
        let id = state.draft(REPOSITORY, &format!("v{version}"));
        for (name, bytes) in files(version) {
            state.upload(REPOSITORY, id, &name, &bytes).unwrap();
        }
        id
    }

    /// The tag that starts it all, on a new commit. Gives the commit.
    fn tag(&self, version: &str) -> String {
        let mut state = self.github.state();
        let repository = state.repository(REPOSITORY);
        let commit = repository.commit("main", version);
        repository.tag(&format!("v{version}"), &commit);
        commit
    }

    fn publish(&self, id: u64) {
        let mut state = self.github.state();
        let at = now().minus(Duration::from_minutes(10));
        let release = state.repository(REPOSITORY).found(id);
        release.publish(&at.to_string());
    }

    /// Keeps a build attestation of each file in GitHub's store, as the workflow does.
    fn attest(&self, version: &str, commit: &str) {
        let environment = Environment::empty()
            .with("GITHUB_SERVER_URL", self.github.host())
            .with("GITHUB_TOKEN", TOKEN);
        let world = World::with(Limits::default(), environment);
        let store = GithubStore::new(self.github.source(REPOSITORY).parse().unwrap());
        let reference = format!("refs/tags/v{version}");
        let claims = workflow(REPOSITORY, "build.yml", &reference, commit);
        for (name, bytes) in files(version) {
            let digest = Digest::of(&bytes);
            let json = signed(&self.authority, (&name, digest), BUILD, &claims);
            let (digest, bundle) = (digest.into(), SignedBundle { json });
            let kept = store.deliver(&world.client, &digest, &bundle);
            runtime().block_on(kept).unwrap();
        }
    }

    /// Uploads both files to the index, with an attestation where somebody signs.
    fn upload(&self, version: &str, claims: Option<&Claims>) {
        for (name, bytes) in files(version) {
            let about = (name.as_str(), Digest::of(&bytes));
            let bundle = claims.map(|it| signed(&self.authority, about, PUBLISH, it));
            self.uploads.lock().unwrap().push(Uploaded {
                version: version.to_owned(),
                attestation: bundle.as_deref().map(pep_740),
                name,
                bytes,
            });
        }
    }

    /// A release that everybody makes as they should, but for who uploads it. Gives its commit.
    fn release(&self, version: &str, publisher: impl Fn(&str) -> Option<Claims>) -> String {
        let commit = self.tag(version);
        self.attest(version, &commit);
        self.publish(self.draft(version));
        self.upload(version, publisher(&commit).as_ref());
        commit
    }

    fn check(&self, version: &str) -> Ran {
        let since = "since = \"2.1.0\"";
        let index = format!(
            "kind = \"pypi\"\nindex = \"{}\"",
            self.index.url("/simple/")
        );
        let policy = example(
            "python-library.toml",
            &[
                (
                    "https://github.com/acme/acme-client",
                    &self.github.source(REPOSITORY),
                ),
                ("kind = \"pypi\"", &index),
                (
                    since,
                    &format!(
                        "{since}\nsource = \"https://github.com/{REPOSITORY}\"\ntrusted-root = \"root.json\""
                    ),
                ),
            ],
        );
        let host = self.github.host();
        let environment = [("GITHUB_SERVER_URL", &*host), ("GITHUB_TOKEN", TOKEN)];
        let more = ["--environment", "production", "--version", version];
        checked_again(&self.folder, &policy, &more, &environment)
    }
}

/// The workflow that a release starts.
fn publisher(version: &str, commit: &str) -> Claims {
    workflow(
        REPOSITORY,
        "publish.yml",
        &format!("refs/tags/v{version}"),
        commit,
    )
}

#[test]
fn a_release_with_its_provenance_is_allowed_when_its_last_file_is_there() {
    let library = Library::new();
    library.release("2.0.0", |_| None);
    let commit = library.tag("2.1.0");
    library.attest("2.1.0", &commit);
    let id = library.draft("2.1.0");
    let drafted = ["nothing-to-compare", "release-draft"];
    assert_judged(&library.check("2.1.0"), 3, &drafted);
    library.publish(id);
    assert_judged(&library.check("2.1.0"), 3, &["version-pending"]);
    library.upload("2.1.0", Some(&publisher("2.1.0", &commit)));
    let ran = library.check("2.1.0");
    assert_judged(&ran, 0, &[]);
    let digests = ran.json()["digests"].to_string();
    for (_, bytes) in files("2.1.0") {
        assert!(digests.contains(&Digest::of(&bytes).hex()), "{digests}");
    }
}

#[test]
fn who_uploads_again_from_the_default_branch_alarms_nobody_and_a_stranger_does() {
    let library = Library::new();
    let first = library.release("2.1.0", |commit| Some(publisher("2.1.0", commit)));
    // The upload failed; somebody starts its workflow by hand, on the branch as it is then.
    library.release("2.1.1", |_| {
        let main = workflow(REPOSITORY, "publish.yml", "refs/heads/main", &first);
        Some(main)
    });
    assert_judged(&library.check("2.1.1"), 0, &[]);
    library.release("2.1.2", |commit| {
        let file = "publish.yml";
        let reference = "refs/tags/v2.1.2";
        Some(workflow("mallory/acme-client", file, reference, commit))
    });
    let ran = library.check("2.1.2");
    assert_judged(&ran, 1, &["publisher-changed", "source-mismatch"]);
    assert_eq!(ran.json()["suspicion"], "high");
    // With the token alone nobody attests.
    library.release("2.1.3", |_| None);
    // What the build attested in GitHub's store does not hide it.
    let ran = library.check("2.1.3");
    assert_judged(&ran, 1, &["provenance-lost", "provenance-missing"]);
}

#[test]
fn files_that_were_built_from_another_commit_than_the_tag_s_are_found() {
    let library = Library::new();
    let first = library.release("2.1.0", |commit| Some(publisher("2.1.0", commit)));
    let commit = library.tag("2.1.1");
    library.attest("2.1.1", &first);
    library.publish(library.draft("2.1.1"));
    library.upload("2.1.1", Some(&publisher("2.1.1", &commit)));
    assert_judged(&library.check("2.1.1"), 1, &["commit-mismatch"]);
}
