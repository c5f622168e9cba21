//! A folder of this machine: its files, its local tags, its remote `origin`.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use super::tree::{self, FILE_BYTES, FILES, Files, MOST_WORKFLOWS, WORKFLOWS, is_workflow};
use super::{Clue, Clues, Origin, Says, address};
use crate::model::visible;
use crate::observe::Environment;
use crate::observe::git::command;

/// Why a folder cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {why}", visible(&path.display().to_string(), 200))]
pub struct CheckoutError {
    /// The folder.
    pub path: PathBuf,
    /// What is wrong.
    pub why: &'static str,
}

/// The most packages of a workspace.
const PACKAGES: usize = 500;

/// How many tags are read, the newest first: more than tell how tags are written.
const TAGS: &str = "--count=20000";

/// Reads a folder.
pub(super) fn read(environment: &Environment, folder: &Path) -> Result<Clues, CheckoutError> {
    let refuse = |why| CheckoutError {
        path: folder.to_owned(),
        why,
    };
    if !folder.is_dir() {
        return Err(refuse("this is no folder"));
    }
    let mut clues = Clues::default();
    let mut repository = None;
    match git(
        environment,
        folder,
        &["config", "--get", "remote.origin.url"],
    ) {
        Some(text) => match address::repository(text.trim()) {
            Ok(url) => {
                let path = url.path().trim_matches('/').to_owned();
                if path.split('/').count() == 2 {
                    repository = Some(path);
                }
                let why = "the remote `origin` of this checkout";
                clues
                    .clues
                    .push(Clue::new(Origin::User, Says::Source(url), why));
            }
            Err(why) => clues.unknown.push(format!(
                "the remote `origin` names no repository on the web: {why}"
            )),
        },
        None => clues
            .unknown
            .push("there is no git remote `origin`, so the source is not known".to_owned()),
    }
    match git(
        environment,
        folder,
        // Not `git tag`: a repository's configuration can have that write columns.
        &[
            "for-each-ref",
            TAGS,
            "--sort=-creatordate",
            "--format=%(refname:strip=2)",
            "refs/tags/",
        ],
    ) {
        Some(text) => clues.tags = Some(text.lines().map(str::to_owned).collect()),
        None => clues
            .unknown
            .push("git gives no tags here, so how tags are written is not known".to_owned()),
    }
    let files = files(folder);
    clues.source_was_read = true;
    tree::read(
        &files,
        repository.as_deref(),
        "of this checkout",
        &mut clues,
    );
    let name = folder.canonicalize().ok();
    if let Some(name) = name
        .as_deref()
        .and_then(Path::file_name)
        .and_then(|it| it.to_str())
    {
        let why = "the name of the folder";
        clues
            .clues
            .push(Clue::new(Origin::Host, Says::Name(name.to_owned()), why));
    }
    Ok(clues)
}

fn files(folder: &Path) -> Files {
    let mut files = Files::new();
    let mut add = |path: String| {
        if let Some(text) = text_of(&folder.join(&path)) {
            files.insert(path, text);
        }
    };
    for path in FILES {
        add((*path).to_owned());
    }
    let workflows = names(&folder.join(WORKFLOWS));
    for name in workflows
        .iter()
        .filter(|it| is_workflow(it))
        .take(MOST_WORKFLOWS)
    {
        add(format!("{WORKFLOWS}/{name}"));
    }
    let mut packages = 0;
    for parent in [
        "packages", "apps", "libs", "charts", "chart", "deploy", "helm",
    ] {
        // The chart may stand in the folder itself or one below it.
        add(format!("{parent}/Chart.yaml"));
        for name in names(&folder.join(parent)) {
            if packages < PACKAGES {
                add(format!("{parent}/{name}/package.json"));
                add(format!("{parent}/{name}/Chart.yaml"));
                packages += 1;
            }
        }
    }
    files
}

/// Names in a folder, in order; none where there is no such folder.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<String> = names.take(10_000).collect();
    names.sort();
    names
}

/// A small regular file's text. Links are not followed: a checkout may hold one to anywhere.
fn text_of(path: &Path) -> Option<String> {
    let kind = std::fs::symlink_metadata(path).ok()?;
    if !kind.is_file() || kind.len() > FILE_BYTES {
        return None;
    }
    let mut text = String::new();
    let file = File::open(path).ok()?;
    file.take(FILE_BYTES).read_to_string(&mut text).ok()?;
    Some(text)
}

/// What git prints, with nothing of the user's configuration and nothing that could run a program.
fn git(environment: &Environment, folder: &Path, arguments: &[&str]) -> Option<String> {
    let output = command(environment, folder, arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    (output.status.success() && text.len() as u64 <= 64 * FILE_BYTES).then_some(text)
}
