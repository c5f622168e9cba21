//! A file at a commit by GitHub's REST API ("Get repository content"), on the hosts that are known
//! to speak it.

use serde::Deserialize;
use url::Url;

use super::source::{AtCommit, MANIFEST_BYTES, NoAnswer};
use crate::model::{Commit, FailureKind, RedactedUrl};
use crate::observe::Asking;
use crate::observe::github::{Api, RAW, speaks};
use crate::observe::http::Unanswered;

/// The API lists at most so many files of a folder; a longer list may lack some.
const LISTED_AT_MOST: usize = 1_000;

#[derive(Deserialize)]
struct Listed {
    name: String,
}

/// The API of a source's repository. A host of which nobody says that it is a GitHub is not asked.
pub(super) fn api(source: &Url, asking: &Asking<'_>) -> Result<Api, NoAnswer> {
    if !speaks(source, asking.client.environment()) {
        return Err(NoAnswer::unsupported(
            "files are read by GitHub's API or from a repository on this machine: for another \
             host, fetch it and give the folder as `path`",
        ));
    }
    Api::of(source, asking.client).ok_or_else(|| {
        NoAnswer::new(
            FailureKind::Malformed,
            "`source` is no repository: it has no owner and name",
        )
    })
}

/// Whether the files of the default branch may be listed: where, and as whom.
pub(super) async fn files(
    source: &Url,
    asking: &Asking<'_>,
) -> Result<(RedactedUrl, String), NoAnswer> {
    let api = api(source, asking)?;
    let read = api.read::<Vec<Listed>>(api.contents("")).await;
    let (reply, _) = read.map_err(|unanswered| no_answer(&api, unanswered))?;
    Ok((RedactedUrl::of(&reply.url), api.label().to_owned()))
}

/// Where the repository is asked for.
pub(super) fn endpoint(source: &Url, asking: &Asking<'_>) -> RedactedUrl {
    match api(source, asking) {
        Ok(api) => RedactedUrl::of(&api.below(&[])),
        Err(_) => RedactedUrl::of(source),
    }
}

/// Reads a file. Not found means absent only where the folder above it was listed at that commit.
pub(super) async fn read(
    source: &Url,
    commit: &Commit,
    file: &str,
    asking: &Asking<'_>,
) -> Result<AtCommit, NoAnswer> {
    let api = api(source, asking)?;
    match api.get(at(&api, file, commit), RAW, MANIFEST_BYTES).await {
        // A folder is listed as plain JSON, whatever was asked for.
        Ok(reply) if !reply.media_type().contains("raw") => Err(NoAnswer {
            credential: api.label().to_owned(),
            ..NoAnswer::new(
                FailureKind::Malformed,
                "the answer is no file: is the path a folder?",
            )
        }),
        Ok(reply) => Ok(AtCommit {
            endpoint: RedactedUrl::of(&reply.url),
            unchanged: reply.unchanged,
            at: reply.at,
            bytes: reply.body,
            credential: api.label().to_owned(),
        }),
        Err(unanswered) if unanswered.is_not_found() => {
            let mut no = no_answer(&api, unanswered);
            no.absent = lacks(&api, file, commit).await?;
            Err(no)
        }
        Err(unanswered) => Err(no_answer(&api, unanswered)),
    }
}

/// Whether the folder of the file was listed whole at that commit and lacks it.
async fn lacks(api: &Api, file: &str, commit: &Commit) -> Result<bool, NoAnswer> {
    let (folder, name) = file.rsplit_once('/').unwrap_or(("", file));
    let read = api.read::<Vec<Listed>>(at(api, folder, commit)).await;
    let (_, listed) = read.map_err(|unanswered| no_answer(api, unanswered))?;
    let whole = listed.len() < LISTED_AT_MOST;
    Ok(whole && listed.iter().all(|listed| listed.name != name))
}

fn at(api: &Api, path: &str, commit: &Commit) -> Url {
    let mut url = api.contents(path);
    url.query_pairs_mut().append_pair("ref", commit.as_str());
    url
}

fn no_answer(api: &Api, unanswered: Unanswered) -> NoAnswer {
    NoAnswer {
        why: unanswered.failure,
        retry_at: unanswered.retry_at,
        credential: api.label().to_owned(),
        absent: false,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::observe::Environment;
    use crate::observe::http::{Client, Limits, Silent};

    /// Endpoint and label of a source's API; nothing where no such host is asked.
    fn asked(source: &str, environment: &Environment) -> Option<(String, String)> {
        let client = Client::new(environment.clone(), Limits::default(), Arc::new(Silent));
        let asking = Asking {
            channel: &"manifest".parse().unwrap(),
            round: crate::observe::now(),
            listed: &[],
            client: &client.unwrap(),
        };
        let source = Url::parse(source).unwrap();
        match api(&source, &asking) {
            Ok(api) => Some((api.below(&[]).to_string(), api.label().to_owned())),
            Err(no) => {
                assert_eq!(no.why.kind, FailureKind::Unsupported);
                assert_eq!(endpoint(&source, &asking), RedactedUrl::of(&source));
                None
            }
        }
    }

    /// THREATS rows 19 and 20.
    #[test]
    fn only_hosts_that_are_known_as_github_are_asked_and_as_their_own_tokens_owner() {
        let planted = Environment::empty().with("GITHUB_TOKEN", "s3cr3t");
        let of = |url: &str, label: &str| Some((url.to_owned(), label.to_owned()));
        let here = "https://github.com/a/b";
        let hub = "https://api.github.com/repos/a/b";
        assert_eq!(asked(here, &planted), of(hub, "GITHUB_TOKEN"));
        for foreign in ["https://gitlab.com/a/b", "http://github.com/a/b"] {
            assert_eq!(asked(foreign, &planted), None, "{foreign}");
        }
        let theirs = "https://git.acme.example/a/b";
        assert_eq!(asked(theirs, &planted), None);
        let named = planted.clone().with("GH_HOST", "git.acme.example");
        let api = "https://git.acme.example/api/v3/repos/a/b";
        assert_eq!(asked(theirs, &named), of(api, "anonymous"));
        assert_eq!(asked(here, &named), of(hub, "GITHUB_TOKEN"));
        let runner = planted
            .with("GITHUB_SERVER_URL", "https://git.acme.example")
            .with("GITHUB_API_URL", "https://api.acme.example");
        let api = "https://api.acme.example/repos/a/b";
        assert_eq!(asked(theirs, &runner), of(api, "GITHUB_TOKEN"));
        assert_eq!(asked(here, &runner), of(hub, "anonymous"));
    }
}
