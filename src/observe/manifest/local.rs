//! A file at a commit of a repository on this machine, read by the `git` program.

use std::path::Path;

use super::source::{AtCommit, MANIFEST_BYTES, NoAnswer, Project};
use crate::model::{Commit, Digest, Failure, FailureKind, ProjectFact, RedactedUrl, visible};
use crate::observe::git::git;
use crate::observe::{Asking, now};

/// Reads that there is a repository.
pub(super) async fn project(path: &Path, asking: &Asking<'_>) -> Result<Project, NoAnswer> {
    if !path.is_dir() {
        return Err(NoAnswer::new(
            FailureKind::NotFound,
            "there is no such folder",
        ));
    }
    let question = ["rev-parse", "--show-object-format"];
    let body = run(path, asking, &question, Vec::new()).await?;
    Ok(Project {
        facts: ProjectFact::default(),
        body: Digest::of(&body),
        unchanged: false,
        at: now(),
        credential: "anonymous".to_owned(),
    })
}

/// Reads a file: `cat-file`, which runs no filter and no conversion of the repository's choice.
pub(super) async fn read(
    path: &Path,
    commit: &Commit,
    file: &str,
    asking: &Asking<'_>,
) -> Result<AtCommit, NoAnswer> {
    if file.contains('\n') {
        return Err(NoAnswer::new(
            FailureKind::Malformed,
            "the name of the file has a line break",
        ));
    }
    let check = [
        "cat-file",
        "--batch-check=%(objecttype) %(objectsize) %(objectname)",
    ];
    let question = format!("{commit}^{{commit}}\n{commit}:{file}\n");
    let answer = run(path, asking, &check, question.into_bytes()).await?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let mut lines = answer.lines();
    if !lines.next().unwrap_or_default().starts_with("commit ") {
        return Err(NoAnswer::new(
            FailureKind::NotFound,
            format!("the repository has no commit {}; fetch it", commit.short()),
        ));
    }
    let object = lines.next().unwrap_or_default();
    let Some(blob) = object.strip_prefix("blob ") else {
        let mut no = NoAnswer::new(
            FailureKind::Malformed,
            format!("git says: {}", visible(object, 160)),
        );
        no.absent = object.ends_with(" missing");
        return Err(no);
    };
    let (size, id) = blob.split_once(' ').unwrap_or_default();
    if size
        .parse::<u64>()
        .map_or(true, |size| size > MANIFEST_BYTES)
    {
        return Err(NoAnswer::new(
            FailureKind::TooLarge,
            format!("the file has more than {MANIFEST_BYTES} bytes"),
        ));
    }
    let bytes = run(path, asking, &["cat-file", "blob", id], Vec::new()).await?;
    Ok(AtCommit {
        bytes,
        unchanged: false,
        at: now(),
        credential: "anonymous".to_owned(),
        endpoint: RedactedUrl::of_path(&format!("{}@{commit}:{file}", path.to_string_lossy())),
    })
}

async fn run(
    path: &Path,
    asking: &Asking<'_>,
    arguments: &[&str],
    input: Vec<u8>,
) -> Result<Vec<u8>, NoAnswer> {
    let limit = asking.client.limits().total;
    let output = tokio::time::timeout(limit, git(path, asking.client, arguments, input)).await;
    let failed = |why: Failure| NoAnswer::new(why.kind, why.detail);
    match output {
        Ok(output) => output.map_err(failed),
        Err(_) => Err(NoAnswer::new(
            FailureKind::Timeout,
            format!("git did not finish within {} s", limit.as_secs_f32()),
        )),
    }
}
