//! A stateful fake of GitHub: the REST API, an asset storage on another host, and git over smart
//! HTTP in front of real bare repositories. What it answers is held to GitHub's own description of
//! its API when it ends.

mod answers;
mod attestations;
mod limits;
mod repository;
mod schema;
mod serve;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::Value;

use self::limits::Limits;
pub(crate) use self::repository::{Asset, Release, Repository};
use super::loopback::{Heard, Loopback};

/// The fake; it ends with its value, and fails the test where an answer was not GitHub's.
pub(crate) struct Github {
    server: Loopback,
    storage: Loopback,
    state: Arc<Mutex<State>>,
    _root: tempfile::TempDir,
}

/// Everything that it knows.
pub(crate) struct State {
    root: PathBuf,
    storage: String,
    repositories: Vec<Repository>,
    /// Old full names, each with the number of the repository that left it.
    moved: Vec<(String, u64)>,
    /// Token, and whether it may write.
    tokens: Vec<(String, bool)>,
    last_id: u64,
    limits: Limits,
    /// What a page's `Link` says instead of the next page.
    hostile_link: Option<String>,
    attestations: attestations::Store,
    /// Accounts that are users; others are organizations.
    users: Vec<String>,
    /// What GitHub answered, by the schema that it claims.
    said: Vec<(&'static str, Value)>,
}

impl Github {
    pub(crate) fn start() -> Self {
        let root = tempfile::tempdir().unwrap();
        let state = Arc::new(Mutex::new(State {
            root: root.path().to_owned(),
            storage: String::new(),
            repositories: Vec::new(),
            moved: Vec::new(),
            tokens: Vec::new(),
            last_id: 1_000,
            limits: Limits::default(),
            hostile_link: None,
            attestations: attestations::Store::default(),
            users: Vec::new(),
            said: Vec::new(),
        }));
        let stored = Arc::clone(&state);
        let storage = Loopback::start(move |heard| serve::stored(&stored.lock().unwrap(), heard));
        state.lock().unwrap().storage = storage.url("");
        let served = Arc::clone(&state);
        let server = Loopback::start(move |heard| serve::answered(&served, heard));
        Self {
            server,
            storage,
            state,
            _root: root,
        }
    }

    /// A repository `OWNER/NAME` with one commit on `main`.
    pub(crate) fn with(names: &[&str]) -> Self {
        let github = Self::start();
        for name in names {
            github.state().create(name);
        }
        github
    }

    /// What it knows, to be looked at and changed. Give it back before asking the server.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Address of the host, as `GITHUB_SERVER_URL` has it.
    pub(crate) fn host(&self) -> String {
        self.server.url("")
    }

    /// Address of a repository, as a policy's `source` has it.
    pub(crate) fn source(&self, name: &str) -> String {
        self.server.url(&format!("/{name}"))
    }

    /// What the REST API and git heard.
    pub(crate) fn heard(&self) -> Vec<Heard> {
        self.server.heard()
    }

    /// What the REST API heard, below `/api/v3`.
    pub(crate) fn asked(&self) -> Vec<String> {
        let targets = self.heard().into_iter().map(|heard| heard.target);
        let below = targets.filter_map(|it| it.strip_prefix("/api/v3").map(str::to_owned));
        below.collect()
    }

    /// What the storage of assets heard.
    pub(crate) fn storage_heard(&self) -> Vec<Heard> {
        self.storage.heard()
    }
}

impl Drop for Github {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let said = std::mem::take(&mut self.state().said);
            schema::check(&said);
        }
    }
}

impl State {
    fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// Registers a name: a new number, whatever had the name before.
    pub(crate) fn create(&mut self, name: &str) {
        let id = self.next_id();
        self.moved.retain(|(old, _)| old != name);
        let repository = Repository::create(id, name, &self.root);
        self.repositories.push(repository);
        self.repository(name).commit("main", "first");
    }

    pub(crate) fn repository(&mut self, name: &str) -> &mut Repository {
        let found = self.repositories.iter_mut().find(|it| it.name == name);
        found.expect("the repository exists")
    }

    /// The old name leads to the new one until somebody registers it.
    pub(crate) fn rename(&mut self, from: &str, to: &str) {
        let repository = self.repository(from);
        repository.name = to.to_owned();
        let id = repository.id;
        self.moved.push((from.to_owned(), id));
    }

    /// Takes a repository away with its name.
    pub(crate) fn remove(&mut self, name: &str) {
        self.repositories.retain(|it| it.name != name);
    }

    /// A draft of a release. Gives its number.
    pub(crate) fn draft(&mut self, name: &str, tag: &str) -> u64 {
        let id = self.next_id();
        let draft = Release::draft(id, tag);
        self.repository(name).releases.insert(0, draft);
        id
    }

    /// A published release of a new commit on `main`, with these assets. Gives its number.
    pub(crate) fn release(&mut self, name: &str, tag: &str, assets: &[(&str, &[u8])]) -> u64 {
        let id = self.draft(name, tag);
        for (file, bytes) in assets {
            self.upload(name, id, file, bytes).unwrap();
        }
        let repository = self.repository(name);
        let commit = repository.commit("main", tag);
        repository.tag(tag, &commit);
        repository.found(id).publish("2026-03-02T09:02:00Z");
        id
    }

    /// Uploads an asset, or refuses. Gives its number.
    pub(crate) fn upload(
        &mut self,
        name: &str,
        release: u64,
        file: &str,
        bytes: &[u8],
    ) -> Result<u64, &'static str> {
        let id = self.next_id();
        let release = self.repository(name).found(release);
        release.upload(Asset::uploaded(id, file, bytes))?;
        Ok(id)
    }

    /// Deletes an asset and uploads another under its name, as `gh release upload --clobber` does.
    pub(crate) fn replace(
        &mut self,
        name: &str,
        release: u64,
        file: &str,
        bytes: &[u8],
    ) -> Result<u64, &'static str> {
        self.repository(name).found(release).delete_asset(file)?;
        self.upload(name, release, file, bytes)
    }

    /// A token, and whether it may write (and so sees drafts).
    pub(crate) fn token(&mut self, token: &str, writes: bool) {
        self.tokens.push((token.to_owned(), writes));
    }

    pub(crate) fn limits(&mut self) -> &mut Limits {
        &mut self.limits
    }

    pub(crate) fn hostile_link(&mut self, link: &str) {
        self.hostile_link = Some(link.to_owned());
    }
}
