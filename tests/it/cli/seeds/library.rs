//! A Python library: a release that is drafted, filled, published and then uploaded to an index, with
//! a fake of GitHub that keeps state and a real index server.

use std::io::{Read, Write};
use std::net::TcpStream;

use lockstep::model::{Digest, Duration, Time};
use lockstep::observe::now;

use super::super::{Folder, Ran};
use super::{assert_judged, check, example};
use crate::observe::github_fake::Github;
use crate::observe::loopback::{Heard, Loopback, Step, answer};
use crate::observe::peers::{Peer, installed};

const REPOSITORY: &str = "acme/acme-client";
const TOKEN: &str = "ghp_0123456789abcdef";

struct Library {
    folder: Folder,
    github: Github,
    front: Loopback,
    index: Peer,
}

fn wheel(version: &str) -> (String, Vec<u8>) {
    let bytes = format!("the wheel of {version}").into_bytes();
    (format!("acme_client-{version}-py3-none-any.whl"), bytes)
}

fn sdist(version: &str) -> (String, Vec<u8>) {
    let bytes = format!("the source distribution of {version}").into_bytes();
    (format!("acme_client-{version}.tar.gz"), bytes)
}

fn ago(minutes: u64) -> Time {
    now().minus(Duration::from_minutes(minutes))
}

/// The answer of the index, with the entity tag that a cache in front of an index gives it: the
/// server itself gives none.
fn passed_on(port: u16, heard: &Heard) -> Vec<Step> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let request = format!(
        "GET {} HTTP/1.0\r\nhost: index\r\naccept: {}\r\n\r\n",
        heard.target,
        heard.header("accept").unwrap_or("*/*")
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut said = Vec::new();
    stream.read_to_end(&mut said).unwrap();
    let end = said.windows(4).position(|it| it == b"\r\n\r\n").unwrap();
    let (head, body) = (String::from_utf8_lossy(&said[..end]), &said[end + 4..]);
    let mut lines = head.lines();
    let status = lines.next().unwrap().split_once(' ').unwrap().1.to_owned();
    let mut media = lines.filter_map(|line| line.split_once(':'));
    let media = media.find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    let media = media.map_or("", |(_, value)| value.trim());
    let tag = format!("\"{}\"", Digest::of(body).hex());
    if heard.header("if-none-match") == Some(&tag) {
        return answer("304 Not Modified", &[("etag", &tag)], b"");
    }
    answer(&status, &[("content-type", media), ("etag", &tag)], body)
}

impl Library {
    fn new() -> Option<Self> {
        let program = installed("pypi-server")?;
        let folder = Folder::new();
        let github = Github::with(&[REPOSITORY]);
        github.state().token(TOKEN, true);
        let packages = folder.path().join("packages");
        std::fs::create_dir(&packages).unwrap();
        let packages = packages.to_str().unwrap();
        let index = Peer::start(&program, |port| {
            let at = ["run", "-p", port, "-i", "127.0.0.1", "--disable-fallback"];
            at.into_iter()
                .chain([packages])
                .map(str::to_owned)
                .collect()
        });
        let port = index.port;
        let front = Loopback::start(move |heard| passed_on(port, heard));
        let library = Self {
            folder,
            github,
            front,
            index,
        };
        // A first release, so that the project is there.
        let id = library.draft("2.0.0");
        library.publish("2.0.0", id, 10_000);
        library.upload(&wheel("2.0.0"));
        library.upload(&sdist("2.0.0"));
        Some(library)
    }

    /// A draft with both files.
    fn draft(&self, version: &str) -> u64 {
        let mut state = self.github.state();
        let id = state.draft(REPOSITORY, &format!("v{version}"));
        for (name, bytes) in [wheel(version), sdist(version)] {
            state.upload(REPOSITORY, id, &name, &bytes).unwrap();
        }
        id
    }

    fn publish(&self, version: &str, id: u64, minutes: u64) {
        let mut state = self.github.state();
        let repository = state.repository(REPOSITORY);
        let commit = repository.commit("main", version);
        repository.tag(&format!("v{version}"), &commit);
        repository.found(id).publish(&ago(minutes).to_string());
    }

    /// Puts a file on the index, or another in its place.
    fn upload(&self, (name, bytes): &(String, Vec<u8>)) {
        self.folder.file(&format!("packages/{name}"), bytes);
    }

    fn remove(&self, (name, _): &(String, Vec<u8>)) {
        std::fs::remove_file(self.folder.path().join("packages").join(name)).unwrap();
    }

    fn check(&self, version: &str) -> Ran {
        let index = format!(
            "kind = \"pypi\"\nindex = \"{}\"",
            self.front.url("/simple/")
        );
        let policy = example(
            "python-library.toml",
            &[
                (
                    "https://github.com/acme/acme-client",
                    &self.github.source(REPOSITORY),
                ),
                ("kind = \"pypi\"", &index),
            ],
        );
        let production = ["--environment", "production", "--verbose"];
        let more = [&production[..], &["--version", version]].concat();
        let host = self.github.host();
        let environment = [("GITHUB_SERVER_URL", &*host), ("GITHUB_TOKEN", TOKEN)];
        check(&self.folder, &policy, &more, &environment)
    }
}

#[test]
fn a_release_is_waited_for_from_its_draft_to_its_last_file_and_then_allowed() {
    let Some(library) = Library::new() else {
        return;
    };
    assert_judged(&library.check("2.0.0"), 0, &[]);
    let id = library.draft("2.0.1");
    assert_judged(
        &library.check("2.0.1"),
        3,
        &["nothing-to-compare", "release-draft"],
    );
    library.publish("2.0.1", id, 5);
    assert_judged(&library.check("2.0.1"), 3, &["version-pending"]);
    library.upload(&wheel("2.0.1"));
    library.upload(&sdist("2.0.1"));
    let allowed = library.check("2.0.1");
    assert_judged(&allowed, 0, &[]);
    let digests = allowed.json()["digests"].to_string();
    for (_, bytes) in [wheel("2.0.1"), sdist("2.0.1")] {
        assert!(digests.contains(&Digest::of(&bytes).hex()), "{digests}");
    }
}

#[test]
fn a_draft_that_was_uploaded_already_is_denied() {
    let Some(library) = Library::new() else {
        return;
    };
    library.draft("2.0.1");
    library.upload(&wheel("2.0.1"));
    library.upload(&sdist("2.0.1"));
    assert_judged(
        &library.check("2.0.1"),
        1,
        &["nothing-to-compare", "release-draft"],
    );
}

#[test]
fn the_files_must_be_the_same_in_both_directions() {
    let Some(library) = Library::new() else {
        return;
    };
    let id = library.draft("2.0.1");
    library.publish("2.0.1", id, 600);
    library.upload(&wheel("2.0.1"));
    // The release has a file that the index lacks.
    assert_judged(&library.check("2.0.1"), 1, &["file-missing"]);
    library.upload(&sdist("2.0.1"));
    assert_judged(&library.check("2.0.1"), 0, &[]);
    // The index has one that the release lacks.
    let added = (
        "acme_client-2.0.1-cp312-cp312-linux_x86_64.whl".to_owned(),
        b"added".to_vec(),
    );
    library.upload(&added);
    assert_judged(&library.check("2.0.1"), 1, &["file-unexpected"]);
    library.remove(&added);
    let exchanged = (wheel("2.0.1").0, b"other bytes".to_vec());
    library.upload(&exchanged);
    assert_judged(&library.check("2.0.1"), 1, &["asset-digest-mismatch"]);
}

#[test]
fn an_upload_that_failed_is_missing_and_never_suspicious() {
    let Some(library) = Library::new() else {
        return;
    };
    let id = library.draft("2.0.1");
    library.publish("2.0.1", id, 600);
    let ran = library.check("2.0.1");
    assert_judged(&ran, 1, &["version-missing"]);
    assert_eq!(ran.json()["suspicion"], "low", "{ran:#?}");
}

/// From 2.1.0 on the policy wants provenance, and this index does not say what is attested.
#[test]
fn what_needs_provenance_is_not_allowed_without() {
    let Some(library) = Library::new() else {
        return;
    };
    let id = library.draft("2.1.0");
    library.publish("2.1.0", id, 600);
    library.upload(&wheel("2.1.0"));
    library.upload(&sdist("2.1.0"));
    let ran = library.check("2.1.0");
    assert_judged(&ran, 1, &["channel-unreachable", "provenance-missing"]);
}

/// The second time everything is asked under the condition that it has changed, and nothing has.
/// Git's protocol knows no condition, and the index answers 404 where it has no JSON API.
#[test]
fn a_second_run_costs_conditional_requests_only() {
    let Some(library) = Library::new() else {
        return;
    };
    let first = library.check("2.0.0");
    assert_judged(&first, 0, &[]);
    let (github, index) = (library.github.heard().len(), library.front.heard().len());
    let second = library.check("2.0.0");
    assert_judged(&second, 0, &[]);
    assert_eq!(first.json()["digests"], second.json()["digests"]);
    let asked = library.github.heard().split_off(github);
    let git = |heard: &Heard| {
        heard.target.contains("/info/refs?") || heard.target.ends_with("/git-upload-pack")
    };
    let (git, api): (Vec<_>, Vec<_>) = asked.into_iter().partition(git);
    let of_index = library.front.heard().split_off(index);
    let json = |heard: &Heard| heard.target.ends_with("/json");
    let (json, pages): (Vec<_>, Vec<_>) = of_index.into_iter().partition(json);
    assert_eq!((git.len(), json.len(), pages.len()), (2, 1, 1));
    assert!(api.len() >= 2, "{api:?}");
    let conditional = |heard: &Heard| heard.header("if-none-match").is_some();
    assert!(
        api.iter().chain(&pages).all(conditional),
        "{api:?}{pages:?}"
    );
    let unchanged = second.err.lines().filter(|it| it.starts_with("unchanged "));
    assert_eq!(unchanged.count(), api.len() + pages.len(), "{}", second.err);
    assert!(library.index.port > 0);
}
