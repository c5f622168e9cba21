//! A library that is published by git tag alone: the tag by itself is nothing to compare, and never
//! an allow.

use std::sync::{Arc, Mutex};

use lockstep::model::Digest;

use super::super::{Folder, Ran};
use super::{assert_judged, check, example, git, judged, without};
use crate::observe::loopback::{Loopback, answer};

const ARCHIVE: &[u8] = b"the archive";

struct Module {
    folder: Folder,
    /// Path and text of each list of checksums.
    lists: Arc<Mutex<Vec<(String, String)>>>,
    server: Loopback,
}

impl Module {
    fn new() -> Self {
        let lists: Arc<Mutex<Vec<(String, String)>>> = Arc::default();
        let served = Arc::clone(&lists);
        let server = Loopback::start(move |heard| {
            let lists = served.lock().unwrap();
            match lists.iter().find(|(path, _)| *path == heard.target) {
                Some((_, list)) => answer("200 OK", &[], list.as_bytes()),
                None => answer("404 Not Found", &[], b""),
            }
        });
        let module = Self {
            folder: Folder::new(),
            lists,
            server,
        };
        git(&module.folder, &["init", "-q", "-b", "main"]);
        module
    }

    /// Tags a commit that declares this version.
    fn tag(&self, version: &str, declared: &str) {
        let file = format!("locals {{\n  module_version = \"{declared}\"\n}}\n");
        self.folder.file("repository/version.tf", file);
        git(&self.folder, &["add", "-A"]);
        git(
            &self.folder,
            &["commit", "-q", "--allow-empty", "-m", version],
        );
        git(&self.folder, &["tag", &format!("v{version}")]);
    }

    /// Lists an archive as the release workflow does.
    fn list(&self, version: &str) {
        let digest = Digest::of(ARCHIVE).hex();
        let list = format!("{digest}  tf-network-{version}.tar.gz\n");
        let path = format!("/tf-network/{version}/SHA256SUMS");
        self.lists.lock().unwrap().push((path, list));
    }

    /// The policy with its two hosts on this machine.
    fn policy(&self) -> String {
        let path = "\npath = \"repository\"";
        let (tag, manifest) = ("kind = \"git-tag\"", "kind = \"manifest\"");
        example(
            "tag-only-library.toml",
            &[
                // A host without a store of attestations, for nothing here is asked of others.
                ("https://github.com/acme", "https://git.acme.example/acme"),
                ("https://dl.acme.example", &self.server.url("")),
                (tag, &format!("{tag}{path}")),
                (manifest, &format!("{manifest}{path}")),
            ],
        )
    }

    /// The policy without what no rule judges yet.
    fn unattested(&self) -> String {
        without(&self.policy(), "[[provenance]]")
    }

    fn check(&self, policy: &str, version: &str) -> Ran {
        check(&self.folder, policy, &["--version", version], &[])
    }
}

#[test]
fn tag_declaration_and_archive_that_agree_are_allowed_with_the_archives_digest() {
    let module = Module::new();
    module.tag("0.3.0", "0.3.0");
    module.list("0.3.0");
    let ran = module.check(&module.unattested(), "0.3.0");
    assert_judged(&ran, 0, &[]);
    let digests = ran.json()["digests"].to_string();
    assert!(digests.contains(&Digest::of(ARCHIVE).hex()), "{digests}");
}

/// The policy as it is wants provenance of the archive, and there is no place that could have it.
#[test]
fn what_needs_provenance_is_not_allowed_without() {
    let module = Module::new();
    module.tag("0.3.0", "0.3.0");
    module.list("0.3.0");
    let ran = module.check(&module.policy(), "0.3.0");
    assert_eq!(ran.code, Some(3), "{ran:#?}");
    assert!(ran.out.contains("attest"), "{ran:#?}");
}

#[test]
fn a_tag_on_the_wrong_commit_is_denied() {
    let module = Module::new();
    module.tag("0.3.0", "0.2.9");
    module.list("0.3.0");
    let ran = module.check(&module.unattested(), "0.3.0");
    assert_judged(&ran, 1, &["declared-version-mismatch"]);
}

#[test]
fn without_a_list_of_checksums_the_archive_is_unknown_and_nothing_is_allowed() {
    let module = Module::new();
    module.tag("0.3.0", "0.3.0");
    let ran = module.check(&module.unattested(), "0.3.0");
    assert_eq!(ran.code, Some(3), "{ran:#?}");
}

/// A tag that nothing stands beside compares with nothing, however it is asked for.
#[test]
fn a_tag_alone_is_never_an_allow() {
    let module = Module::new();
    module.tag("0.3.0", "0.3.0");
    let alone = module.unattested();
    let alone = without(&alone, "[channel.declared]");
    let alone = without(&alone, "[channel.archive]");
    let alone = without(&alone, "[environment.production]");
    for more in [&["--version", "0.3.0"][..], &["--all"], &[]] {
        let ran = check(&module.folder, &alone, more, &[]);
        let (code, codes) = judged(&ran);
        assert_eq!(code, Some(3), "{ran:#?}");
        assert!(codes.contains(&"nothing-to-compare".to_owned()), "{ran:#?}");
    }
}
