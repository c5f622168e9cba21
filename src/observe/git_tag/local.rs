//! Tags of a repository on this machine, read by the `git` program.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use globset::{Glob, GlobMatcher};

use super::{Tag, listing};
use crate::model::{
    Answer, Commit, Coverage, Digest, Entry, Facts, Failure, FailureKind, Observation, Query,
    RedactedUrl, Wanted,
};
use crate::observe::git::git;
use crate::observe::{Asking, malformed, now};

pub(super) async fn ask(path: &Path, asking: &Asking<'_>) -> Vec<Observation> {
    let limit = asking.client.limits().total;
    let read = tokio::time::timeout(limit, read(path, asking));
    let answer = match read.await {
        Ok(Ok((tags, body))) => Answer::Seen {
            facts: Facts::Listing(listing(tags)),
            body: Some(body),
            unchanged_since: None,
            coverage: Coverage::Complete,
        },
        Ok(Err(why)) => Answer::Failed {
            why,
            retry_at: None,
        },
        Err(_) => out_of_time(limit),
    };
    let endpoint = RedactedUrl::of_path(&path.to_string_lossy());
    asking.observe(now(), "anonymous", endpoint, Query::Listing, answer)
}

async fn read(path: &Path, asking: &Asking<'_>) -> Result<(Vec<Tag>, Digest), Failure> {
    if !path.is_dir() {
        return Err(Failure {
            kind: FailureKind::NotFound,
            detail: "there is no such folder".to_owned(),
        });
    }
    let list = ["for-each-ref", "--format=%(refname)", "refs/tags/"];
    let names = git(path, asking.client, &list, Vec::new()).await?;
    let names: Vec<&[u8]> = names
        .split(|b| *b == b'\n')
        .filter(|name| !name.is_empty())
        .collect();
    // `^{}` peels to the end, nested tags included; `for-each-ref` of older gits peels once.
    let mut question = Vec::new();
    for name in &names {
        question.extend_from_slice(name);
        question.extend_from_slice(b"^{}\n");
    }
    let peel = ["cat-file", "--batch-check=%(objectname) %(objecttype)"];
    let answer = git(path, asking.client, &peel, question).await?;
    let mut objects = answer.split(|b| *b == b'\n');
    let mut tags = Vec::with_capacity(names.len());
    for name in names {
        let object = objects.next().unwrap_or_default();
        let object = String::from_utf8_lossy(object);
        let commit = match object.split_once(' ') {
            Some((id, "commit")) => Some(id.parse().map_err(|_| malformed("no object id"))?),
            Some((_, "tree" | "blob")) => None,
            _ => return Err(malformed("a tag points to an object that is not there")),
        };
        let name = name.strip_prefix(b"refs/tags/").unwrap_or(name).to_vec();
        tags.push(Tag { name, commit });
    }
    Ok((tags, Digest::of(&answer)))
}

/// Which branches that match contain the commits of the wanted tags.
///
/// A branch counts as the remote `origin` had it when it was last fetched, else as it is here. In a
/// shallow repository a branch that does not seem to contain a commit may well do so.
pub(super) async fn look_up(
    path: &Path,
    asking: &Asking<'_>,
    wanted: &[Wanted],
    globs: &[String],
) -> Vec<Observation> {
    let globs: Vec<GlobMatcher> = globs
        .iter()
        .filter_map(|glob| Some(Glob::new(glob).ok()?.compile_matcher()))
        .collect();
    let limit = asking.client.limits().total;
    let mut observations = Vec::new();
    for (name, entry) in asking.listed_entries(wanted) {
        let Some(commit) = &entry.commit else {
            continue;
        };
        let read = contained(path, asking, commit, &globs);
        let answer = match tokio::time::timeout(limit, read).await {
            // Nothing that matches was found: nothing is stated.
            Ok(Ok((branches, _))) if branches.is_empty() => continue,
            Ok(Ok((branches, body))) => Answer::Seen {
                facts: Facts::Entry(Entry {
                    branches,
                    ..entry.clone()
                }),
                body: Some(body),
                unchanged_since: None,
                coverage: Coverage::Complete,
            },
            Ok(Err(why)) => Answer::Failed {
                why,
                retry_at: None,
            },
            Err(_) => out_of_time(limit),
        };
        let endpoint = RedactedUrl::of_path(&path.to_string_lossy());
        let query = Query::Entry(name.to_owned());
        observations.extend(asking.observe(now(), "anonymous", endpoint, query, answer));
    }
    observations
}

async fn contained(
    path: &Path,
    asking: &Asking<'_>,
    commit: &Commit,
    globs: &[GlobMatcher],
) -> Result<(BTreeMap<String, bool>, Digest), Failure> {
    let places = ["refs/heads/", "refs/remotes/origin/"];
    let list = |containing: Option<String>| {
        let mut list = vec!["for-each-ref".to_owned(), "--format=%(refname)".to_owned()];
        list.extend(containing);
        list.extend(places.map(str::to_owned));
        list
    };
    let run = async |arguments: Vec<String>| {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        git(path, asking.client, &arguments, Vec::new()).await
    };
    let all = run(list(None)).await?;
    let containing = run(list(Some(format!("--contains={commit}")))).await?;
    let shallow = run(vec![
        "rev-parse".to_owned(),
        "--is-shallow-repository".to_owned(),
    ])
    .await?;
    let body = Digest::of(&[&all[..], b"\n", &containing[..]].concat());
    let holding: BTreeSet<&[u8]> = containing.split(|b| *b == b'\n').collect();
    let mut branches = BTreeMap::new();
    for place in places {
        for reference in all.split(|b| *b == b'\n') {
            let Some(name) = reference.strip_prefix(place.as_bytes()) else {
                continue;
            };
            let Ok(name) = std::str::from_utf8(name) else {
                continue;
            };
            if name != "HEAD" && globs.iter().any(|glob| glob.is_match(name)) {
                // The second place is the remote's, whose word counts more.
                branches.insert(name.to_owned(), holding.contains(reference));
            }
        }
    }
    let found = branches.values().any(|contains| *contains);
    if !found && shallow.trim_ascii() != b"false" {
        branches.clear();
    }
    Ok((branches, body))
}

fn out_of_time(limit: std::time::Duration) -> Answer {
    Answer::Failed {
        why: Failure {
            kind: FailureKind::Timeout,
            detail: format!("git did not finish within {} s", limit.as_secs_f32()),
        },
        retry_at: None,
    }
}
