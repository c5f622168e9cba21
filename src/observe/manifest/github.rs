//! A file at a commit by GitHub's REST API ("Get repository content"), on github.com and on GitHub
//! Enterprise hosts that the environment names.

use serde::Deserialize;
use url::Url;

use super::source::{AtCommit, MANIFEST_BYTES, NoAnswer, Project};
use crate::model::{Commit, FailureKind, ProjectFact, RedactedUrl};
use crate::observe::http::{Credential, Reply, Request, Unanswered};
use crate::observe::{Asking, Environment};

/// The API lists at most so many files of a folder; a longer list may lack some.
const LISTED_AT_MOST: usize = 1_000;

/// Where the API of a repository is, and as whom it is asked.
struct Api {
    repository: Url,
    credential: Credential,
}

#[derive(Deserialize)]
struct RepositoryAnswer {
    id: u64,
    full_name: String,
}

#[derive(Deserialize)]
struct Listed {
    name: String,
}

/// Reads the repository itself.
pub(super) async fn project(source: &Url, asking: &Asking<'_>) -> Result<Project, NoAnswer> {
    let api = Api::of(source, asking)?;
    let reply = api
        .send(
            api.repository.clone(),
            "application/vnd.github+json",
            asking,
        )
        .await?;
    let answer: RepositoryAnswer = serde_json::from_slice(&reply.body)
        .map_err(|_| api.malformed("the answer is no repository of GitHub's API"))?;
    Ok(Project {
        facts: ProjectFact {
            id: Some(answer.id),
            name: Some(answer.full_name),
            ..ProjectFact::default()
        },
        body: reply.digest,
        unchanged: reply.unchanged,
        at: reply.at,
        credential: api.credential.label().to_owned(),
    })
}

/// Whether the files of the default branch may be listed: where, and as whom.
pub(super) async fn files(
    source: &Url,
    asking: &Asking<'_>,
) -> Result<(RedactedUrl, String), NoAnswer> {
    let api = Api::of(source, asking)?;
    let mut url = api.repository.clone();
    if let Ok(mut parts) = url.path_segments_mut() {
        parts.push("contents");
    }
    let reply = api.send(url, "application/vnd.github+json", asking).await?;
    let at = RedactedUrl::of(&reply.url);
    Ok((at, api.credential.label().to_owned()))
}

/// Where the repository is asked for.
pub(super) fn project_endpoint(source: &Url, asking: &Asking<'_>) -> RedactedUrl {
    let api = Api::of(source, asking);
    RedactedUrl::of(api.as_ref().map_or(source, |api| &api.repository))
}

/// Reads a file. Not found means absent only where the folder above it was listed at that commit.
pub(super) async fn read(
    source: &Url,
    commit: &Commit,
    file: &str,
    asking: &Asking<'_>,
) -> Result<AtCommit, NoAnswer> {
    let api = Api::of(source, asking)?;
    let url = api.contents(file, commit);
    let raw = "application/vnd.github.raw+json";
    let request = Request::get(url.clone(), raw)
        .credential(api.credential.clone())
        .body_cap(MANIFEST_BYTES);
    match asking.client.send(&request).await {
        // A folder is listed as plain JSON, whatever was asked for.
        Ok(reply) if !reply.media_type().contains("raw") => {
            Err(api.malformed("the answer is no file: is the path a folder?"))
        }
        Ok(reply) => Ok(AtCommit {
            endpoint: RedactedUrl::of(&reply.url),
            unchanged: reply.unchanged,
            at: reply.at,
            bytes: reply.body,
            credential: api.credential.label().to_owned(),
        }),
        Err(unanswered) if unanswered.is_not_found() => {
            let mut no = api.unanswered(unanswered);
            no.absent = api.lacks(file, commit, asking).await?;
            Err(no)
        }
        Err(unanswered) => Err(api.unanswered(unanswered)),
    }
}

impl Api {
    fn of(source: &Url, asking: &Asking<'_>) -> Result<Self, NoAnswer> {
        let environment = asking.client.environment();
        let none = || {
            NoAnswer::unsupported(
                "files are read by GitHub's API or from a repository on this machine: for another \
                 host, fetch it and give the folder as `path`",
            )
        };
        let (base, token_is_for_it) = base(source, environment).ok_or_else(none)?;
        let names: Vec<&str> = source
            .path_segments()
            .map(|parts| parts.filter(|part| !part.is_empty()).collect())
            .unwrap_or_default();
        let [owner, name] = names[..] else {
            return Err(NoAnswer::new(
                FailureKind::Malformed,
                "`source` is no repository: it has no owner and name",
            ));
        };
        let mut repository = base;
        let name = name.strip_suffix(".git").unwrap_or(name);
        if let Ok(mut path) = repository.path_segments_mut() {
            path.pop_if_empty().extend(["repos", owner, name]);
        }
        let token = environment
            .first_of(&["GH_TOKEN", "GITHUB_TOKEN"])
            .filter(|_| token_is_for_it);
        let credential = match token {
            Some((label, token)) => Credential::bearer(label, token.to_owned()),
            None => Credential::anonymous(),
        };
        Ok(Self {
            repository,
            credential,
        })
    }

    fn contents(&self, path: &str, commit: &Commit) -> Url {
        let mut url = self.repository.clone();
        if let Ok(mut parts) = url.path_segments_mut() {
            parts.push("contents");
            parts.extend(path.split('/').filter(|part| !part.is_empty()));
        }
        url.query_pairs_mut().append_pair("ref", commit.as_str());
        url
    }

    async fn send(
        &self,
        url: Url,
        accept: &'static str,
        asking: &Asking<'_>,
    ) -> Result<Reply, NoAnswer> {
        let request = Request::get(url, accept).credential(self.credential.clone());
        let reply = asking.client.send(&request).await;
        let reply = reply.map_err(|unanswered| self.unanswered(unanswered))?;
        if reply.media_type() != "application/json" {
            return Err(self.malformed("the answer is not JSON: is this GitHub's API?"));
        }
        Ok(reply)
    }

    /// Whether the folder of the file was listed whole at that commit and lacks it.
    async fn lacks(
        &self,
        file: &str,
        commit: &Commit,
        asking: &Asking<'_>,
    ) -> Result<bool, NoAnswer> {
        let (folder, name) = file.rsplit_once('/').unwrap_or(("", file));
        let url = self.contents(folder, commit);
        let reply = self
            .send(url, "application/vnd.github+json", asking)
            .await?;
        let listed: Vec<Listed> = serde_json::from_slice(&reply.body)
            .map_err(|_| self.malformed("the answer is no list of files"))?;
        let whole = listed.len() < LISTED_AT_MOST;
        Ok(whole && listed.iter().all(|listed| listed.name != name))
    }

    fn unanswered(&self, unanswered: Unanswered) -> NoAnswer {
        NoAnswer {
            why: unanswered.failure,
            retry_at: unanswered.retry_at,
            credential: self.credential.label().to_owned(),
            absent: false,
        }
    }

    fn malformed(&self, words: &str) -> NoAnswer {
        NoAnswer {
            credential: self.credential.label().to_owned(),
            ..NoAnswer::new(FailureKind::Malformed, words)
        }
    }
}

/// The API of the host that a repository is on, and whether the environment's token is for it.
///
/// A token belongs to the host that `GITHUB_SERVER_URL` or `GH_HOST` names, else to github.com.
fn base(source: &Url, environment: &Environment) -> Option<(Url, bool)> {
    let server = environment.get("GITHUB_SERVER_URL");
    let server = server.and_then(|server| Url::parse(server).ok());
    if let Some(server) = &server
        && server.origin() == source.origin()
    {
        let api = match environment.get("GITHUB_API_URL") {
            Some(api) => Url::parse(api).ok()?,
            None => enterprise(source)?,
        };
        return Some((api, true));
    }
    let host = source.host_str()?;
    let of_hub = host.eq_ignore_ascii_case("github.com");
    let named = environment.get("GH_HOST").filter(|_| server.is_none());
    let is_named = named.is_some_and(|named| named.eq_ignore_ascii_case(host));
    if source.scheme() != "https" || source.port().is_some() {
        return None;
    }
    if of_hub {
        let token_is_for_it = server.is_none() && (named.is_none() || is_named);
        return Some((Url::parse("https://api.github.com/").ok()?, token_is_for_it));
    }
    is_named
        .then(|| Some((enterprise(source)?, true)))
        .flatten()
}

/// GitHub Enterprise Server: below the host itself.
fn enterprise(source: &Url) -> Option<Url> {
    let host = source.origin().ascii_serialization();
    if host == "https://github.com" {
        return Url::parse("https://api.github.com/").ok();
    }
    Url::parse(&format!("{host}/api/v3/")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_for_the_host_that_the_environment_names() {
        let of = |source: &str, environment: &Environment| {
            let found = base(&Url::parse(source).unwrap(), environment);
            found.map(|(url, token)| (url.to_string(), token))
        };
        let hub = "https://api.github.com/".to_owned();
        let nothing = Environment::empty();
        let here = "https://github.com/a/b";
        assert_eq!(of(here, &nothing), Some((hub.clone(), true)));
        assert_eq!(of("https://gitlab.com/a/b", &nothing), None);
        assert_eq!(of("http://github.com/a/b", &nothing), None);
        let enterprise = Environment::empty().with("GH_HOST", "git.acme.example");
        assert_eq!(of(here, &enterprise), Some((hub.clone(), false)));
        let theirs = "https://git.acme.example/a/b";
        let api = "https://git.acme.example/api/v3/".to_owned();
        assert_eq!(of(theirs, &enterprise), Some((api, true)));
        let runner = Environment::empty()
            .with("GITHUB_SERVER_URL", "https://git.acme.example")
            .with("GITHUB_API_URL", "https://api.acme.example");
        let api = "https://api.acme.example/".to_owned();
        assert_eq!(of(theirs, &runner), Some((api, true)));
        assert_eq!(of(here, &runner), Some((hub, false)));
    }
}
