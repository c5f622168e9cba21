//! Repositories: releases with their assets, and a real bare git repository.

use std::path::{Path, PathBuf};
use std::process::Command;

use lockstep::model::Digest;

pub(crate) struct Repository {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) private: bool,
    /// The newest first, as GitHub lists them.
    pub(crate) releases: Vec<Release>,
    folder: PathBuf,
}

#[derive(Clone)]
pub(crate) struct Release {
    pub(crate) id: u64,
    pub(crate) tag: String,
    pub(crate) draft: bool,
    pub(crate) prerelease: bool,
    pub(crate) immutable: bool,
    pub(crate) published_at: Option<String>,
    pub(crate) assets: Vec<Asset>,
}

#[derive(Clone)]
pub(crate) struct Asset {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    /// GitHub states digests of what was uploaded since June 2025.
    pub(crate) digest: Option<Digest>,
    pub(crate) state: &'static str,
    pub(crate) updated_at: String,
}

const LOCKED: &str = "Cannot modify an immutable release.";

impl Repository {
    pub(super) fn create(id: u64, name: &str, root: &Path) -> Self {
        let folder = root.join(format!("{id}.git"));
        let made = Command::new("git")
            .args(["init", "-q", "--bare", "-b", "main"])
            .arg(&folder)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .status();
        assert!(made.unwrap().success());
        Self {
            id,
            name: name.to_owned(),
            private: false,
            releases: Vec::new(),
            folder,
        }
    }

    /// A commit on a branch, which is made where it is not there. Gives its id.
    pub(crate) fn commit(&mut self, branch: &str, message: &str) -> String {
        let reference = format!("refs/heads/{branch}");
        let tree = self.git(&["hash-object", "-t", "tree", "-w", "--stdin"]);
        let mut arguments = vec!["commit-tree", &tree, "-m", message];
        let parent = self.resolve(&reference);
        if let Some(parent) = &parent {
            arguments.extend(["-p", parent]);
        }
        let commit = self.git(&arguments);
        self.git(&["update-ref", &reference, &commit]);
        commit
    }

    pub(crate) fn branch(&mut self, name: &str, commit: &str) {
        self.git(&["update-ref", &format!("refs/heads/{name}"), commit]);
    }

    pub(crate) fn tag(&mut self, name: &str, commit: &str) {
        self.git(&["update-ref", &format!("refs/tags/{name}"), commit]);
    }

    pub(crate) fn untag(&mut self, name: &str) {
        self.git(&["update-ref", "-d", &format!("refs/tags/{name}")]);
    }

    pub(crate) fn resolve(&self, reference: &str) -> Option<String> {
        let output = self.run(&["rev-parse", "-q", "--verify", reference]);
        let text = String::from_utf8(output.stdout).unwrap();
        output.status.success().then(|| text.trim().to_owned())
    }

    /// Names and commits.
    pub(super) fn branches(&self) -> Vec<(String, String)> {
        let list = "--format=%(refname:lstrip=2) %(objectname)";
        let text = self.git(&["for-each-ref", list, "refs/heads/"]);
        let pair = |line: &str| {
            let (name, commit) = line.rsplit_once(' ').unwrap();
            (name.to_owned(), commit.to_owned())
        };
        text.lines().map(pair).collect()
    }

    /// How many commits each of two has that the other lacks; nothing where one is not there.
    pub(super) fn compare(&self, base: &str, head: &str) -> Option<(u64, u64)> {
        for commit in [base, head] {
            self.resolve(&format!("{commit}^{{commit}}"))?;
        }
        let range = format!("{base}...{head}");
        let text = self.git(&["rev-list", "--left-right", "--count", &range]);
        let (behind, ahead) = text.split_once('\t').unwrap();
        Some((behind.parse().unwrap(), ahead.parse().unwrap()))
    }

    pub(crate) fn found(&mut self, release: u64) -> &mut Release {
        let found = self.releases.iter_mut().find(|it| it.id == release);
        found.expect("the release exists")
    }

    pub(crate) fn delete_release(&mut self, release: u64) {
        self.releases.retain(|it| it.id != release);
    }

    pub(super) fn git_path(&self) -> String {
        format!("/{}.git", self.id)
    }

    fn git(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let words = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {arguments:?}: {words}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn run(&self, arguments: &[&str]) -> std::process::Output {
        let names = ["GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"];
        let addresses = ["GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"];
        Command::new("git")
            .current_dir(&self.folder)
            .envs([
                ("GIT_CONFIG_GLOBAL", "/dev/null"),
                ("GIT_CONFIG_NOSYSTEM", "1"),
            ])
            .envs(names.map(|name| (name, "a")))
            .envs(addresses.map(|name| (name, "a@example.invalid")))
            .args(arguments)
            .stdin(std::process::Stdio::null())
            .output()
            .unwrap()
    }
}

impl Release {
    pub(super) fn draft(id: u64, tag: &str) -> Self {
        Self {
            id,
            tag: tag.to_owned(),
            draft: true,
            prerelease: false,
            immutable: false,
            published_at: None,
            assets: Vec::new(),
        }
    }

    pub(crate) fn publish(&mut self, at: &str) {
        self.draft = false;
        self.published_at = Some(at.to_owned());
    }

    pub(crate) fn upload(&mut self, asset: Asset) -> Result<(), &'static str> {
        if self.immutable && !self.draft {
            return Err(LOCKED);
        }
        if self.assets.iter().any(|it| it.name == asset.name) {
            return Err("already_exists");
        }
        self.assets.push(asset);
        Ok(())
    }

    pub(crate) fn delete_asset(&mut self, name: &str) -> Result<(), &'static str> {
        if self.immutable && !self.draft {
            return Err(LOCKED);
        }
        self.assets.retain(|it| it.name != name);
        Ok(())
    }

    pub(crate) fn asset(&mut self, name: &str) -> &mut Asset {
        let found = self.assets.iter_mut().find(|it| it.name == name);
        found.expect("the asset exists")
    }
}

impl Asset {
    pub(super) fn uploaded(id: u64, name: &str, bytes: &[u8]) -> Self {
        Self {
            id,
            name: name.to_owned(),
            bytes: bytes.to_vec(),
            digest: Some(Digest::of(bytes)),
            state: "uploaded",
            updated_at: "2026-03-02T09:01:10Z".to_owned(),
        }
    }
}
