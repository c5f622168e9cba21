//! Tags of a repository on this machine, read by the `git` program.

use std::path::Path;

use super::{Tag, listing};
use crate::model::{
    Answer, Coverage, Digest, Facts, Failure, FailureKind, Observation, Query, RedactedUrl,
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
        Err(_) => Answer::Failed {
            why: Failure {
                kind: FailureKind::Timeout,
                detail: format!("git did not finish within {} s", limit.as_secs_f32()),
            },
            retry_at: None,
        },
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
