//! Asks a repository for a file at the commit of each release in question.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use regex::Regex;
use url::Url;

use super::formats::{Declared, Format, declared_by_key, declared_by_pattern};
use super::{github, local};
use crate::model::{
    Answer, Commit, Coverage, Digest, Entry, Facts, Failure, FailureKind, Observation, ProjectFact,
    Query, RedactedUrl, Time, Wanted, visible,
};
use crate::observe::examine::{examined, unanswered};
use crate::observe::several::{AT_A_TIME, several};
use crate::observe::{
    Answers, Ask, Asking, Examinations, Examine, Examined, InCheckout, malformed, now,
};

/// The largest manifest that is read, in bytes.
pub(super) const MANIFEST_BYTES: u64 = 4 << 20;

/// A file of a repository, and where in it the version stands.
pub(super) struct Source {
    pub(super) repository: Repository,
    pub(super) file: String,
    pub(super) finder: Finder,
}

/// Where the source is.
pub(super) enum Repository {
    /// On a host that speaks GitHub's API.
    Hosted(Url),
    /// On this machine.
    Local(PathBuf),
    /// The policy names none.
    Nowhere,
}

const NOWHERE: &str =
    "the policy names no `source`, and the channel no `path`, to read the file in";

/// Where in a file the version stands.
#[derive(Clone)]
pub(super) enum Finder {
    Key(Format, Vec<String>),
    Pattern(Regex),
}

impl Ask for Source {
    /// Reads the repository itself: what a file's absence rests on.
    fn ask<'a>(&'a self, asking: &'a Asking<'a>) -> Answers<'a> {
        Box::pin(async move {
            let project = match &self.repository {
                Repository::Hosted(source) => match github::api(source, asking) {
                    Ok(api) => return api.project(asking).await,
                    Err(no) => Err(no),
                },
                Repository::Local(path) => local::project(path, asking).await,
                Repository::Nowhere => Err(NoAnswer::unsupported(NOWHERE)),
            };
            let endpoint = self.endpoint(asking);
            let (at, label, answer) = match project {
                Ok(project) => {
                    let facts = Facts::Project(project.facts);
                    let answer = seen(facts, project.body, project.unchanged);
                    (project.at, project.credential, answer)
                }
                Err(no) => (now(), no.credential, failed(no.why, no.retry_at)),
            };
            asking.observe(at, &label, endpoint, Query::Project, answer)
        })
    }

    fn look_up<'a>(&'a self, asking: &'a Asking<'a>, wanted: &'a [Wanted]) -> Answers<'a> {
        Box::pin(async move {
            let each = wanted.iter().map(|wanted| self.declared(asking, wanted));
            several(each.collect(), AT_A_TIME).await.concat()
        })
    }

    fn in_checkout(&self, checkout: &Path) -> Option<InCheckout> {
        let source = Self {
            repository: Repository::Local(checkout.to_owned()),
            file: self.file.clone(),
            finder: self.finder.clone(),
        };
        Some(InCheckout {
            ask: Arc::new(source),
            traits: super::TRAITS,
            is_built: false,
        })
    }
}

/// Reading what a repository is and reading its files are two permissions.
const LEAST: &str = "a private repository needs a token with `Contents: read` of it (classic: \
     `repo`; in a workflow: `permissions: contents: read`), in GITHUB_TOKEN";

impl Examine for Source {
    fn examine<'a>(&'a self, asking: &'a Asking<'a>) -> Examinations<'a> {
        Box::pin(async {
            let hint = match &self.repository {
                Repository::Hosted(_) => LEAST,
                Repository::Local(_) => "is `git` installed, and may this user read the folder?",
                Repository::Nowhere => "give `source` in [component], or `path` in this channel",
            };
            let project = self.ask(asking).await;
            let mut seen: Vec<Examined> = project
                .iter()
                .map(|it| examined(it, "repository", hint))
                .collect();
            if let Repository::Hosted(source) = &self.repository {
                seen.push(match github::files(source, asking).await {
                    Ok((at, credential)) => {
                        Examined::sees("files", &credential, format!("a list at {at}"))
                    }
                    Err(no) => unanswered("files", &no.credential, &no.why, LEAST),
                });
            }
            seen
        })
    }
}

/// What was read at a commit.
pub(super) struct AtCommit {
    pub(super) bytes: Vec<u8>,
    pub(super) unchanged: bool,
    pub(super) at: Time,
    pub(super) credential: String,
    pub(super) endpoint: RedactedUrl,
}

/// What was read of a repository.
pub(super) struct Project {
    pub(super) facts: ProjectFact,
    pub(super) body: Digest,
    pub(super) unchanged: bool,
    pub(super) at: Time,
    pub(super) credential: String,
}

/// Why nothing was read.
pub(super) struct NoAnswer {
    pub(super) why: Failure,
    pub(super) retry_at: Option<Time>,
    pub(super) credential: String,
    /// The folder of the commit was read, and the file is not in it.
    pub(super) absent: bool,
}

impl NoAnswer {
    pub(super) fn new(kind: FailureKind, detail: impl Into<String>) -> Self {
        Self {
            why: Failure {
                kind,
                detail: detail.into(),
            },
            retry_at: None,
            credential: "anonymous".to_owned(),
            absent: false,
        }
    }

    pub(super) fn unsupported(detail: &str) -> Self {
        Self::new(FailureKind::Unsupported, detail)
    }
}

impl Source {
    fn endpoint(&self, asking: &Asking<'_>) -> RedactedUrl {
        match &self.repository {
            Repository::Hosted(source) => github::endpoint(source, asking),
            Repository::Local(path) => RedactedUrl::of_path(&path.to_string_lossy()),
            Repository::Nowhere => RedactedUrl::of_path("no repository"),
        }
    }

    /// What the file declares at the commit of a release.
    async fn declared(&self, asking: &Asking<'_>, wanted: &Wanted) -> Vec<Observation> {
        let query = Query::Entry(wanted.name.clone());
        let read = match &wanted.commit {
            None => Err(NoAnswer::new(
                FailureKind::Stale,
                format!(
                    "the leading channel shows no commit of `{}` to read `{}` at",
                    visible(&wanted.version, 80),
                    visible(&self.file, 80)
                ),
            )),
            Some(commit) => self.at_commit(asking, commit).await,
        };
        let read = match read {
            Ok(read) => read,
            Err(no) if no.absent => {
                let endpoint = self.endpoint(asking);
                return asking.absent(now(), &no.credential, endpoint, &wanted.name);
            }
            Err(no) => {
                let answer = failed(no.why, no.retry_at);
                return asking.observe(now(), &no.credential, self.endpoint(asking), query, answer);
            }
        };
        let answer = match self.find(&read.bytes) {
            Ok(found) => {
                let entry = Entry {
                    version: match found {
                        Declared::Version(version) => Some(version),
                        Declared::Elsewhere => None,
                    },
                    ..Entry::default()
                };
                seen(Facts::Entry(entry), Digest::of(&read.bytes), read.unchanged)
            }
            Err(words) => {
                let file = visible(&self.file, 80);
                failed(malformed(format!("`{file}`: {words}")), None)
            }
        };
        asking.observe(read.at, &read.credential, read.endpoint, query, answer)
    }

    async fn at_commit(&self, asking: &Asking<'_>, commit: &Commit) -> Result<AtCommit, NoAnswer> {
        match &self.repository {
            Repository::Hosted(source) => github::read(source, commit, &self.file, asking).await,
            Repository::Local(path) => local::read(path, commit, &self.file, asking).await,
            Repository::Nowhere => Err(NoAnswer::unsupported(NOWHERE)),
        }
    }

    fn find(&self, bytes: &[u8]) -> Result<Declared, String> {
        let text = std::str::from_utf8(bytes).map_err(|_| "it is not text (UTF-8)".to_owned())?;
        match &self.finder {
            Finder::Key(format, key) => declared_by_key(text, *format, key),
            Finder::Pattern(pattern) => declared_by_pattern(text, pattern),
        }
    }
}

fn seen(facts: Facts, body: Digest, unchanged: bool) -> Answer {
    let (body, unchanged_since) = match unchanged {
        true => (None, Some(body)),
        false => (Some(body), None),
    };
    Answer::Seen {
        facts,
        body,
        unchanged_since,
        coverage: Coverage::Complete,
    }
}

fn failed(why: Failure, retry_at: Option<Time>) -> Answer {
    Answer::Failed { why, retry_at }
}
