//! `git-tag` against the real `git`: over `git http-backend`, and in a folder.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use lockstep::model::{FailureKind, Listing};
use lockstep::observe::http::Limits;

use super::asking::{World, configure, endpoint, failure, whole};
use super::loopback::{Heard, Loopback, Step};

const TAGS: &[(&str, &str)] = &[("tag", "v{version}")];

/// A repository with every sort of tag.
struct Repository {
    folder: tempfile::TempDir,
}

impl Repository {
    fn new(format: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let repository = Self { folder };
        repository.git(&["init", "-q", "--object-format", format, "x.git"]);
        for (file, tag) in [("one", "v1.0.0"), ("two", "v1.1.0")] {
            repository.git(&["-C", "x.git", "commit", "-q", "--allow-empty", "-m", file]);
            repository.git(&["-C", "x.git", "tag", tag]);
        }
        let x = |arguments: &[&str]| repository.git(&[&["-C", "x.git"], arguments].concat());
        x(&["tag", "-a", "-m", "annotated", "v1.2.0", "HEAD~1"]);
        x(&["tag", "-a", "-m", "nested", "v1.3.0", "v1.2.0"]);
        x(&["tag", "api/v1.0.0-größe"]);
        x(&["tag", "tree", "HEAD^{tree}"]);
        repository
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("x.git")
    }

    fn git(&self, arguments: &[&str]) -> String {
        let output = Command::new("git")
            .current_dir(self.folder.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .envs([("GIT_AUTHOR_NAME", "a"), ("GIT_AUTHOR_EMAIL", "a@example")])
            .envs([
                ("GIT_COMMITTER_NAME", "a"),
                ("GIT_COMMITTER_EMAIL", "a@example"),
            ])
            .args(arguments)
            .output()
            .unwrap();
        let words = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {arguments:?}: {words}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn commit(&self, of: &str) -> String {
        self.git(&["-C", "x.git", "rev-parse", of])
    }

    /// Serves the folder through `git http-backend`.
    fn serve(&self, protocol: Option<&'static str>) -> Loopback {
        let root = self.folder.path().to_owned();
        Loopback::start(move |heard| vec![Step::Send(backend(&root, heard, protocol))])
    }
}

/// One CGI call (RFC 3875).
pub(crate) fn backend(root: &Path, heard: &Heard, protocol: Option<&str>) -> Vec<u8> {
    let (path, query) = heard.target.split_once('?').unwrap_or((&heard.target, ""));
    let header = |name: &str| heard.header(name).unwrap_or_default().to_owned();
    let mut child = Command::new("git")
        .arg("http-backend")
        .env("GIT_PROJECT_ROOT", root)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("PATH_INFO", path)
        .env("QUERY_STRING", query)
        .env("REQUEST_METHOD", &heard.method)
        .env("CONTENT_TYPE", header("content-type"))
        .env(
            "GIT_PROTOCOL",
            protocol.map_or_else(|| header("git-protocol"), str::to_owned),
        )
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let _ = child.stdin.take().unwrap().write_all(&heard.body);
    let output = child.wait_with_output().unwrap().stdout;
    let end = output
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .unwrap();
    let headers = String::from_utf8_lossy(&output[..end]).into_owned();
    let status = headers
        .lines()
        .find_map(|line| line.strip_prefix("Status: "));
    let mut answer = format!(
        "HTTP/1.1 {}\r\nconnection: close\r\n",
        status.unwrap_or("200 OK")
    );
    answer.push_str(&headers);
    answer.push_str("\r\n\r\n");
    [answer.as_bytes(), &output[end + 4..]].concat()
}

fn commit<'l>(listing: &'l Listing, name: &str) -> Option<&'l str> {
    listing.entries[name]
        .commit
        .as_ref()
        .map(|commit| commit.as_str())
}

fn names(listing: &Listing) -> Vec<&str> {
    listing.entries.keys().map(String::as_str).collect()
}

const ALL: [&str; 6] = [
    "api/v1.0.0-größe",
    "tree",
    "v1.0.0",
    "v1.1.0",
    "v1.2.0",
    "v1.3.0",
];

fn check_commits(repository: &Repository, listing: &Listing) {
    assert_eq!(names(listing), ALL);
    let (first, second) = (repository.commit("HEAD~1"), repository.commit("HEAD"));
    for (name, expected) in [
        ("v1.0.0", &first),
        ("v1.1.0", &second),
        ("v1.2.0", &first),
        ("v1.3.0", &first),
    ] {
        assert_eq!(commit(listing, name), Some(expected.as_str()), "{name}");
    }
}

#[test]
fn two_requests_give_every_tag_with_its_peeled_commit() {
    let repository = Repository::new("sha1");
    let server = repository.serve(None);
    let world = World::new(Limits::default());
    let observations = world.ask("git-tag", Some(&server.url("/x.git")), TAGS);
    assert_eq!(observations.len(), 1);
    check_commits(&repository, whole(&observations[0]));
    let heard = server.heard();
    assert_eq!(heard.len(), 2);
    assert!(
        heard
            .iter()
            .all(|h| h.header("git-protocol") == Some("version=2"))
    );
    assert!(
        heard[0]
            .header("user-agent")
            .unwrap()
            .starts_with("lockstep/")
    );
    assert_eq!(observations[0].credential, "anonymous");
    assert_eq!(
        endpoint(&observations[0]).as_str(),
        server.url("/x.git/git-upload-pack")
    );
}

#[test]
fn a_repository_of_sha256_objects_is_read_too() {
    let repository = Repository::new("sha256");
    let server = repository.serve(None);
    let observations =
        World::new(Limits::default()).ask("git-tag", Some(&server.url("/x.git/")), TAGS);
    check_commits(&repository, whole(&observations[0]));
}

#[test]
fn a_server_that_speaks_only_an_older_protocol_gives_the_same() {
    let repository = Repository::new("sha1");
    for protocol in ["version=0", "version=1"] {
        let server = repository.serve(Some(protocol));
        let observations =
            World::new(Limits::default()).ask("git-tag", Some(&server.url("/x.git")), TAGS);
        check_commits(&repository, whole(&observations[0]));
        assert_eq!(server.heard().len(), 1, "{protocol}");
    }
}

#[test]
fn a_repository_that_is_not_there_is_not_a_repository_without_tags() {
    let repository = Repository::new("sha1");
    let server = repository.serve(None);
    let observations =
        World::new(Limits::default()).ask("git-tag", Some(&server.url("/y.git")), TAGS);
    assert_eq!(failure(&observations[0]).unwrap().0, FailureKind::NotFound);
    repository.git(&["init", "-q", "--bare", "empty.git"]);
    let observations =
        World::new(Limits::default()).ask("git-tag", Some(&server.url("/empty.git")), TAGS);
    assert!(whole(&observations[0]).entries.is_empty());
}

#[test]
fn a_local_repository_gives_the_same_and_knows_what_is_no_commit() {
    let repository = Repository::new("sha1");
    let world = World::new(Limits::default());
    let path = repository.path();
    let keys = [("tag", "v{version}"), ("path", path.to_str().unwrap())];
    let observations = world.ask("git-tag", None, &keys);
    let listing = whole(&observations[0]);
    check_commits(&repository, listing);
    assert_eq!(commit(listing, "tree"), None);
}

#[test]
fn a_folder_that_is_no_repository_is_a_failure_with_words() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(Limits::default());
    let ask = |path: &str| world.ask("git-tag", None, &[("tag", "v{version}"), ("path", path)]);
    let (kind, words) = failure(&ask(folder.path().to_str().unwrap())[0]).unwrap();
    assert_eq!(kind, FailureKind::Malformed);
    assert!(words.contains("not a git repository"), "{words}");
    let (kind, _) = failure(&ask("/no/such/folder")[0]).unwrap();
    assert_eq!(kind, FailureKind::NotFound);
}

#[test]
fn a_table_without_a_repository_or_template_is_refused_with_a_hint() {
    let hints = |source, keys: &[(&str, &str)]| match configure("git-tag", source, keys) {
        Ok(_) => panic!("accepted"),
        Err(diagnostics) => diagnostics,
    };
    assert!(hints(None, TAGS)[0].hint.is_some());
    assert!(hints(Some("ssh://git@h/x"), TAGS)[0].hint.is_some());
    assert!(!hints(Some("https://h/x"), &[]).is_empty());
    assert!(!hints(Some("https://h/x"), &[("tag", "v{")]).is_empty());
}
