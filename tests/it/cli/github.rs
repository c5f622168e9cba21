//! `lockstep check` against a GitHub and an index that really answer.

use lockstep::model::{Digest, Duration, Time};
use lockstep::observe::now;

use super::{Folder, Run};
use crate::observe::github_fake::Github;
use crate::observe::index_fake::Index;

const TOKEN: &str = "ghp_0123456789abcdef";
const FILE: &str = "lib-1.0.tar.gz";

struct World {
    folder: Folder,
    github: Github,
    index: Index,
}

fn world() -> World {
    let github = Github::with(&["acme/lib"]);
    github.state().token(TOKEN, true);
    World {
        folder: Folder::new(),
        github,
        index: Index::of("lib"),
    }
}

fn ago(minutes: u64) -> Time {
    now().minus(Duration::from_minutes(minutes))
}

impl World {
    /// A check in a workflow of this GitHub, of a policy with more keys of its component.
    fn check(&self, component: &str, more: &[&str]) -> Run {
        let policy = format!(
            "[component]\nname = \"lib\"\nsource = \"{}\"\n{component}\n\
             [line.release]\nscheme = \"pep440\"\n\n\
             [channel.release]\nkind = \"github-release\"\ntag = \"v{{version}}\"\n\n\
             [channel.pypi]\nkind = \"pypi\"\nindex = \"{}\"\n\n\
             [[agree]]\nchannels = [\"release\", \"pypi\"]\non = \"same-files\"\n",
            self.github.source("acme/lib"),
            self.index.url()
        );
        let policy = self.folder.file("lib.toml", policy);
        let cache = self.folder.path().join("cache");
        Run::new(&[&["check", &policy], more].concat())
            .env("PATH", &std::env::var("PATH").unwrap())
            .env("LOCKSTEP_CACHE_DIR", cache.to_str().unwrap())
            .env("GITHUB_SERVER_URL", &self.github.host())
            .env("GITHUB_TOKEN", TOKEN)
    }

    fn released(&self) -> u64 {
        self.index.upload("1.0", FILE, b"bytes", ago(600));
        self.github
            .state()
            .release("acme/lib", "v1.0", &[(FILE, b"bytes")])
    }
}

#[test]
fn a_draft_is_pending_then_denied_and_allowed_once_it_is_published() {
    let world = world();
    let id = world.github.state().draft("acme/lib", "v1.0");
    world
        .github
        .state()
        .upload("acme/lib", id, FILE, b"bytes")
        .unwrap();
    world.index.upload("1.0", FILE, b"bytes", ago(0));
    let pending = world.check("", &[]).run();
    assert_eq!(pending.code, Some(3), "{pending:#?}");
    assert!(pending.out.contains("release-draft"), "{}", pending.out);
    assert!(
        pending.out.contains("release: `v1.0` is a draft"),
        "{}",
        pending.out
    );

    // Nobody but writers can tell a draft from none.
    let stranger = world.check("", &[]).env("GITHUB_TOKEN", "").run();
    assert_eq!(stranger.code, Some(3), "{stranger:#?}");
    assert!(!stranger.out.contains("release-draft"), "{}", stranger.out);

    world
        .index
        .upload("1.1", "lib-1.1.tar.gz", b"old", ago(600));
    let id = world.github.state().draft("acme/lib", "v1.1");
    let denied = world.check("", &["--version", "1.1"]).run();
    assert_eq!(denied.code, Some(1), "{denied:#?}");
    assert!(denied.out.contains("release-draft"), "{}", denied.out);

    let mut state = world.github.state();
    state
        .upload("acme/lib", id, "lib-1.1.tar.gz", b"old")
        .unwrap();
    let commit = state.repository("acme/lib").commit("main", "1.1");
    state.repository("acme/lib").tag("v1.1", &commit);
    state
        .repository("acme/lib")
        .found(id)
        .publish(&ago(0).to_string());
    drop(state);
    let allowed = world.check("", &["--version", "1.1"]).run();
    assert_eq!(allowed.code, Some(0), "{allowed:#?}");
}

#[test]
fn a_repository_under_another_number_than_the_policys_is_denied() {
    let world = world();
    world.released();
    let id = world.github.state().repository("acme/lib").id;
    let own = world.check(&format!("repository-id = {id}"), &[]).run();
    assert_eq!(own.code, Some(0), "{own:#?}");
    let other = world.check("repository-id = 1", &[]).run();
    assert_eq!(other.code, Some(1), "{other:#?}");
    assert!(other.out.contains("repository-changed"), "{}", other.out);
}

#[test]
fn a_commit_off_the_branches_is_denied_and_a_branch_that_nobody_finds_is_indeterminate() {
    let world = world();
    world.released();
    for (branches, code, words) in [
        ("main", 0, "allow"),
        ("trunk", 3, "branch"),
        ("other", 1, "commit-not-on-protected-branch"),
    ] {
        world
            .github
            .state()
            .repository("acme/lib")
            .commit("other", "unrelated");
        let ran = world
            .check(&format!("branches = [\"{branches}\"]"), &[])
            .run();
        assert_eq!(ran.code, Some(code), "{branches}: {ran:#?}");
        assert!(ran.out.contains(words), "{branches}: {}", ran.out);
    }
}

#[test]
fn a_used_up_rate_limit_is_indeterminate_and_says_until_when() {
    let world = world();
    world.released();
    let verbose = world.check("", &["--verbose"]).run();
    assert_eq!(verbose.code, Some(0), "{verbose:#?}");
    assert!(verbose.err.contains("as GITHUB_TOKEN"), "{}", verbose.err);
    assert!(verbose.err.contains("of 5000"), "{}", verbose.err);
    world.github.state().limits().primary(0, 1_800);
    let limited = world.check("", &["--format", "json"]).run();
    assert_eq!(limited.code, Some(3), "{limited:#?}");
    let json = limited.json();
    assert_eq!(json["findings"][0]["code"], "channel-unreachable");
    assert!(json["retry-at"].is_string(), "{json:#}");
    for ran in [verbose, limited] {
        assert!(
            !ran.out.contains(TOKEN) && !ran.err.contains(TOKEN),
            "{ran:#?}"
        );
    }
}

#[test]
fn old_assets_are_compared_once_they_may_be_downloaded() {
    let world = world();
    let id = world.released();
    world
        .github
        .state()
        .repository("acme/lib")
        .found(id)
        .asset(FILE)
        .digest = None;
    let without = world.check("", &[]).run();
    assert_eq!(without.code, Some(3), "{without:#?}");
    let policy = world.folder.path().join("lib.toml");
    let text = std::fs::read_to_string(&policy).unwrap();
    let key = "kind = \"github-release\"";
    let text = text.replace(key, &format!("{key}\nhash-assets = \"1MB\""));
    let policy = world.folder.file("hashing.toml", text);
    let run = |policy: &str| {
        Run::new(&["check", policy])
            .env("PATH", &std::env::var("PATH").unwrap())
            .env(
                "LOCKSTEP_CACHE_DIR",
                world.folder.path().join("cache").to_str().unwrap(),
            )
            .run()
    };
    let with = run(&policy);
    assert_eq!(with.code, Some(0), "{with:#?}");
    world
        .github
        .state()
        .repository("acme/lib")
        .found(id)
        .asset(FILE)
        .bytes = b"other".to_vec();
    let other = run(&policy);
    assert_eq!(other.code, Some(1), "{other:#?}");
    assert!(other.out.contains("asset-digest-mismatch"), "{}", other.out);
}

/// THREATS row 28: what writers of a repository can name reaches no terminal as it is.
#[test]
fn names_with_escape_sequences_are_shown_and_not_obeyed() {
    let world = world();
    let hostile = "lib\u{1b}[2J\u{202e}-1.0.tar.gz";
    world.index.upload("1.0", FILE, b"bytes", ago(600));
    let mut state = world.github.state();
    state.release("acme/lib", "v1.0", &[(FILE, b"other"), (hostile, b"x")]);
    let draft = state.draft("acme/lib", "v1.0\u{1b}[31m");
    state.upload("acme/lib", draft, hostile, b"x").unwrap();
    drop(state);
    for format in ["human", "json"] {
        let ran = world.check("", &["--format", format, "--verbose"]).run();
        assert_eq!(ran.code, Some(1), "{ran:#?}");
        for shown in [&ran.out, &ran.err] {
            assert!(!shown.contains(['\u{1b}', '\u{202e}']), "{shown}");
        }
        assert!(ran.out.contains("asset-digest-mismatch"), "{}", ran.out);
        assert!(ran.out.contains("1b}[2J"), "the name is shown: {}", ran.out);
    }
}

/// THREATS row 6: what is allowed is named by its bytes and commit, as they were seen once; what the
/// server says at the next call is another question, with another answer.
#[test]
fn an_allow_names_the_bytes_and_the_commit_and_not_what_the_server_says_later() {
    let world = world();
    let id = world.released();
    let bytes = Digest::of(b"bytes").to_string();
    let commit = world
        .github
        .state()
        .repository("acme/lib")
        .resolve("refs/tags/v1.0");
    let allowed = world.check("", &["--format", "json"]).run();
    assert_eq!(allowed.code, Some(0), "{allowed:#?}");
    let json = allowed.json();
    let digests = json["digests"].as_array().unwrap();
    for digest in [bytes.clone(), format!("git:{}", commit.unwrap())] {
        assert!(
            digests.iter().any(|it| *it == *digest),
            "{digest} in {digests:?}"
        );
    }
    world
        .github
        .state()
        .replace("acme/lib", id, FILE, b"other")
        .unwrap();
    let denied = world.check("", &["--format", "json"]).run();
    assert_eq!(denied.code, Some(1), "{denied:#?}");
    let approved = denied.json()["digests"].clone();
    assert!(approved.as_array().is_none_or(Vec::is_empty), "{approved}");
}
