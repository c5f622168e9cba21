//! The channel `manifest`: the version that a file of the source declares.
//!
//! It is read at the commit that the leading channel shows, never at a branch or a tag's name:
//! whatever moves between two questions does not change what is compared.

mod formats;
mod github;
mod local;
mod yaml;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use regex::{Regex, RegexBuilder};
use url::Url;

pub use formats::{Declared, Format, declared_by_key, declared_by_pattern};

use super::{About, Answers, Ask, Asking, Configured, InCheckout, Kind, now, table};
use crate::model::settings::{Diagnostic, Fields, Key, Shape};
use crate::model::{
    Answer, Commit, Content, Coverage, Digest, Entry, Facts, Failure, FailureKind, Observation,
    ProjectFact, Query, RedactedUrl, Time, Traits, Wanted, visible,
};

/// The kind.
#[derive(Debug, Clone, Copy)]
pub struct Manifest;

/// How large a compiled pattern may be, in bytes.
const PATTERN_BYTES: usize = 256 * 1024;

const KEYS: &[Key] = &[
    Key::required(
        "file",
        Shape::Text,
        "the file, a path in the repository such as `pyproject.toml`; `{name}` is the component",
    ),
    Key::optional(
        "key",
        Shape::Text,
        "path of the version in a TOML, JSON, YAML or INI file, such as `project.version`; the file's ending says which it is",
    ),
    Key::optional(
        "pattern",
        Shape::Text,
        "instead of `key`: a regular expression with one group, which is the version",
    ),
    Key::optional(
        "path",
        Shape::Text,
        "a repository on this machine instead of the component's `source`",
    ),
];

/// The largest manifest that is read, in bytes.
const MANIFEST_BYTES: u64 = 4 << 20;

/// A file of a repository, and where in it the version stands.
struct Source {
    repository: Repository,
    file: String,
    finder: Finder,
}

/// Where the source is.
enum Repository {
    /// On a host that speaks GitHub's API.
    Hosted(Url),
    /// On this machine.
    Local(PathBuf),
    /// The policy names none.
    Nowhere,
}

/// Where in a file the version stands.
#[derive(Clone)]
enum Finder {
    Key(Format, Vec<String>),
    Pattern(Regex),
}

impl Kind for Manifest {
    fn name(&self) -> &'static str {
        "manifest"
    }

    fn keys(&self) -> &'static [Key] {
        KEYS
    }

    fn configure(&self, fields: &mut Fields<'_>, about: &About<'_>) -> Option<Configured> {
        let file = table::named(fields, "file", about);
        let finder = finder(fields, file.as_ref().map_or("", |file| &file.value));
        let file = file?;
        if file.value.len() > 512 || !table::stays_below(&file.value) {
            let hint = "a path in the repository, as in `pyproject.toml`";
            return table::refuse(fields, "file", &file, "leads out of the repository", hint);
        }
        let finder = finder?;
        let repository = match (fields.text("path"), about.source) {
            (Some(path), _) => Repository::Local(about.folder.join(path.value)),
            (None, Some(source)) => Repository::Hosted(source.clone()),
            (None, None) => Repository::Nowhere,
        };
        let source = Source {
            repository,
            file: file.value,
            finder,
        };
        Some(Configured {
            ask: Some(Arc::new(source)),
            ..Configured::usual(TRAITS, table::version_alone())
        })
    }
}

const TRAITS: Traits = Traits {
    can_lead: false,
    content: Content::Declaration,
    lists: false,
    states_commit: false,
    states_time: false,
};

impl Ask for Source {
    /// Reads the repository itself: what a file's absence rests on.
    fn ask<'a>(&'a self, asking: &'a Asking<'a>) -> Answers<'a> {
        Box::pin(async move {
            let project = match &self.repository {
                Repository::Hosted(source) => github::project(source, asking).await,
                Repository::Local(path) => local::project(path, asking).await,
                Repository::Nowhere => Err(NoAnswer::unsupported(
                    "the policy names no `source` and the channel no `path`",
                )),
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
            let mut observations = Vec::new();
            for wanted in wanted {
                observations.extend(self.declared(asking, wanted).await);
            }
            observations
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
            traits: TRAITS,
            is_built: false,
        })
    }
}

/// What was read at a commit.
struct AtCommit {
    bytes: Vec<u8>,
    unchanged: bool,
    at: Time,
    credential: String,
    endpoint: RedactedUrl,
}

/// What was read of a repository.
struct Project {
    facts: ProjectFact,
    body: Digest,
    unchanged: bool,
    at: Time,
    credential: String,
}

/// Why nothing was read.
struct NoAnswer {
    why: Failure,
    retry_at: Option<Time>,
    credential: String,
    /// The folder of the commit was read, and the file is not in it.
    absent: bool,
}

impl NoAnswer {
    fn new(kind: FailureKind, detail: impl Into<String>) -> Self {
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

    fn unsupported(detail: &str) -> Self {
        Self::new(FailureKind::Unsupported, detail)
    }
}

impl Source {
    fn endpoint(&self, asking: &Asking<'_>) -> RedactedUrl {
        match &self.repository {
            Repository::Hosted(source) => github::project_endpoint(source, asking),
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
                failed(super::malformed(format!("`{file}`: {words}")), None)
            }
        };
        asking.observe(read.at, &read.credential, read.endpoint, query, answer)
    }

    async fn at_commit(&self, asking: &Asking<'_>, commit: &Commit) -> Result<AtCommit, NoAnswer> {
        match &self.repository {
            Repository::Hosted(source) => github::read(source, commit, &self.file, asking).await,
            Repository::Local(path) => local::read(path, commit, &self.file, asking).await,
            Repository::Nowhere => Err(NoAnswer::unsupported(
                "the policy names no `source` and the channel no `path`",
            )),
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

/// Where in the file the version stands.
fn finder(fields: &mut Fields<'_>, file: &str) -> Option<Finder> {
    let both = fields.key_place("key").zip(fields.key_place("pattern"));
    if let Some((_, pattern)) = both {
        let message = format!("{} has both `key` and `pattern`", fields.what());
        fields.report(Diagnostic::error(pattern, message).hint("keep one of them"));
        return None;
    }
    if fields.key_place("key").is_none() && fields.key_place("pattern").is_none() {
        let message = format!("{} has neither `key` nor `pattern`", fields.what());
        let error = Diagnostic::error(fields.place(), message);
        fields
            .report(error.hint("say where the version stands, as in `key = \"project.version\"`"));
        return None;
    }
    if let Some(key) = fields.text("key") {
        let parts_are_right = key.value.split('.').all(|part| !part.trim().is_empty());
        if !parts_are_right || key.value.len() > 256 {
            let hint = "names with dots between them, as in `project.version`";
            return table::refuse(fields, "key", &key, "is no path of keys", hint);
        }
        let parts = key.value.split('.').map(|part| part.trim().to_owned());
        return match Format::of_file(file) {
            Some(format) => Some(Finder::Key(format, parts.collect())),
            // Without a file the policy is refused for that.
            None if file.is_empty() => None,
            None => {
                let hint = "`key` is for .toml, .json, .yaml, .yml, .cfg and .ini files; give `pattern` for others";
                table::refuse(
                    fields,
                    "key",
                    &key,
                    "cannot be looked for in this file",
                    hint,
                )
            }
        };
    }
    let pattern = fields.text("pattern")?;
    // `^` and `$` mean lines: a version stands in one.
    let compiled = RegexBuilder::new(&pattern.value)
        .multi_line(true)
        .size_limit(PATTERN_BYTES)
        .dfa_size_limit(PATTERN_BYTES)
        .nest_limit(50)
        .build();
    match compiled {
        Ok(regex) if regex.captures_len() == 2 => Some(Finder::Pattern(regex)),
        Ok(_) => {
            let hint = "exactly one group, as in `^version = \"([^\"]+)\"$`; others with `(?:…)`";
            table::refuse(fields, "pattern", &pattern, "has not one group", hint)
        }
        Err(error) => {
            let why = match error {
                regex::Error::CompiledTooBig(_) => "it is too large".to_owned(),
                error => {
                    let text = error.to_string();
                    let last = text.lines().last().unwrap_or_default();
                    visible(last.trim_start_matches("error: "), 160)
                }
            };
            let message = format!(
                "`pattern` of {} is no regular expression: {why}",
                fields.what()
            );
            fields.report(Diagnostic::error(&pattern.place, message));
            None
        }
    }
}
