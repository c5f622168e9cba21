//! GitHub's REST API, for every channel that asks it: where it is, as whom, page by page.

mod attestations;
mod basis;
mod branches;
mod host;
mod pages;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;

pub(super) use basis::Basis;
pub(super) use branches::{contained, with_branches};
pub(super) use host::{for_git, home, speaks};
pub(super) use pages::pages;

use super::http::{Client, Credential, Reply, Request, Unanswered, percent_decoded};
use super::{Asking, malformed};
use crate::model::{
    Answer, Coverage, Entry, Facts, Failure, Observation, ProjectFact, Query, RedactedUrl, visible,
    visible_line,
};

/// What GitHub answers in ("Media types").
const JSON: &str = "application/vnd.github+json";

/// The bytes of a file, as its contents.
pub(super) const RAW: &str = "application/vnd.github.raw+json";

/// The version of the API whose answers are read.
const VERSION: &str = "2022-11-28";

/// One repository behind the REST API, or one account.
#[derive(Clone)]
pub(super) struct Api {
    client: Client,
    /// `…/repos/OWNER/NAME`, `…/users/OWNER`.
    repository: Url,
    credential: Credential,
}

/// `full-repository` of the API description, as far as it is read.
#[derive(Deserialize)]
struct Repository {
    id: u64,
    full_name: String,
}

impl Api {
    /// The repository of a source address `https://HOST/OWNER/NAME`; nothing where it is none.
    ///
    /// Credentials, the first that is there: the user information of the source, where its host has
    /// the API too; `.netrc`; the token of the environment that belongs to the host.
    pub(super) fn of(source: &Url, client: &Client) -> Option<Self> {
        let (owner, name) = owner_and_name(source)?;
        Self::at(source, &["repos", &owner, &name], client)
    }

    /// The account of an address `https://HOST/OWNER`; nothing where it is none. Credentials are
    /// those of a repository there.
    pub(super) fn of_owner(source: &Url, client: &Client) -> Option<Self> {
        Self::at(source, &["users", &owner_alone(source)?], client)
    }

    fn at(source: &Url, below: &[&str], client: &Client) -> Option<Self> {
        let environment = client.environment();
        let mut base = host::api(source, environment)?;
        let mut source = source.clone();
        let asked = if base.origin() == source.origin() {
            Credential::taken_from(&mut source, "source URL", client.netrc())
        } else {
            Credential::taken_from(&mut base, "GITHUB_API_URL", client.netrc())
        };
        let credential = match asked == Credential::anonymous() {
            true => host::for_api(&source, environment).unwrap_or(asked),
            false => asked,
        };
        // The user information that `host::api` copied from the source.
        let _ = base.set_username("");
        let _ = base.set_password(None);
        let mut path = base.path_segments_mut().ok()?;
        path.pop_if_empty().extend(below);
        drop(path);
        Some(Self {
            client: client.clone(),
            repository: base,
            credential,
        })
    }

    /// Label of the credential.
    pub(super) fn label(&self) -> &str {
        self.credential.label()
    }

    /// The address of the repository.
    fn address(&self) -> &Url {
        &self.repository
    }

    /// An address below the repository. Segments are encoded, a `/` in one of them too.
    pub(super) fn below(&self, segments: &[&str]) -> Url {
        let mut url = self.repository.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.extend(segments);
        }
        url
    }

    /// The address of a file or folder of the repository, at its default branch.
    pub(super) fn contents(&self, path: &str) -> Url {
        let parts = path.split('/').filter(|part| !part.is_empty());
        let segments: Vec<&str> = std::iter::once("contents").chain(parts).collect();
        self.below(&segments)
    }

    /// The same account, as an organization: `…/orgs/OWNER` in the place of `…/users/OWNER`.
    fn organization(&self) -> Self {
        let mut organization = self.clone();
        let owner = self.repository.path_segments().and_then(Iterator::last);
        let owner = percent_decoded(owner.unwrap_or_default().as_bytes());
        if let Ok(mut path) = organization.repository.path_segments_mut() {
            path.pop().pop().extend(["orgs", &owner]);
        }
        organization
    }

    /// How many requests are left.
    pub(super) fn rate_limit(&self) -> Url {
        let mut url = self.repository.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop().pop().pop().push("rate_limit");
        }
        url
    }

    /// An address below the repository that lists, a hundred a page.
    pub(super) fn listing(&self, segments: &[&str]) -> Url {
        let mut url = self.below(segments);
        url.set_query(Some("per_page=100"));
        url
    }

    /// Asks for JSON.
    pub(super) async fn read<T: DeserializeOwned>(
        &self,
        url: Url,
    ) -> Result<(Reply, T), Unanswered> {
        self.answer(self.request(url, JSON)).await
    }

    /// Asks for JSON that holds signed addresses: it is not kept on disk.
    pub(super) async fn read_unkept<T: DeserializeOwned>(
        &self,
        url: Url,
    ) -> Result<(Reply, T), Unanswered> {
        self.answer(self.request(url, JSON).confidential()).await
    }

    async fn answer<T: DeserializeOwned>(
        &self,
        request: Request,
    ) -> Result<(Reply, T), Unanswered> {
        let reply = self.client.send(&request).await?;
        let found = reply.media_type();
        if found != "application/json" && found != JSON {
            let shown = visible(&found, 60);
            let words = format!("the answer is `{shown}`, not GitHub's JSON");
            return Err(Unanswered::of(malformed(words)));
        }
        let read = parse(&reply.body).map_err(Unanswered::of)?;
        Ok((reply, read))
    }

    /// Asks for something of at most so many bytes, in this media type.
    pub(super) async fn get(
        &self,
        url: Url,
        accept: &'static str,
        cap: u64,
    ) -> Result<Reply, Unanswered> {
        let request = self.request(url, accept).body_cap(cap);
        self.client.send(&request).await
    }

    /// Asks for the bytes of something and hashes them, at most this many.
    pub(super) async fn hash(&self, url: Url, cap: u64) -> Result<Reply, Unanswered> {
        let request = self.request(url, "application/octet-stream");
        // The bytes as they are stored: a decompressed archive has another hash.
        let request = request.header("accept-encoding", "identity");
        let request = request.hashed_only().body_cap(cap);
        self.client.send(&request).await
    }

    fn request(&self, url: Url, accept: &'static str) -> Request {
        Request::get(url, accept)
            .header("x-github-api-version", VERSION)
            .credential(self.credential.clone())
    }

    /// Seals what was found out about one name; nothing where nothing was.
    pub(super) fn observe_entry(
        &self,
        asking: &Asking<'_>,
        name: &str,
        endpoint: &Url,
        details: Result<Option<(Entry, Basis)>, Unanswered>,
    ) -> Vec<Observation> {
        let (at, answer) = match details {
            Ok(None) => return Vec::new(),
            Ok(Some((entry, basis))) => {
                let answer = basis.seen(Facts::Entry(entry), Coverage::Complete);
                (basis.at().unwrap_or(asking.round), answer)
            }
            Err(unanswered) => (unanswered.at, failed(unanswered)),
        };
        let query = Query::Entry(name.to_owned());
        asking.observe(at, self.label(), RedactedUrl::of(endpoint), query, answer)
    }

    /// Asks for the repository itself: its number, and the name it has now.
    pub(super) async fn project(&self, asking: &Asking<'_>) -> Vec<Observation> {
        let endpoint = RedactedUrl::of(&self.repository);
        let (at, answer) = match self.read::<Repository>(self.repository.clone()).await {
            Ok((reply, repository)) => {
                let fact = ProjectFact {
                    id: Some(repository.id),
                    name: Some(visible(&repository.full_name, 200)),
                    ..ProjectFact::default()
                };
                let basis = Basis::of(&reply);
                (
                    reply.at,
                    basis.seen(Facts::Project(fact), Coverage::Complete),
                )
            }
            Err(unanswered) => (unanswered.at, failed(unanswered)),
        };
        asking.observe(at, self.label(), endpoint, Query::Project, answer)
    }
}

/// Reads a document.
pub(super) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Failure> {
    serde_json::from_slice(bytes).map_err(|error| {
        let words = visible_line(&error.to_string());
        malformed(format!("no answer of GitHub's: {words}"))
    })
}

/// No answer.
pub(super) fn failed(unanswered: Unanswered) -> Answer {
    Answer::Failed {
        why: unanswered.failure,
        retry_at: unanswered.retry_at,
    }
}

/// Owner and name of `https://HOST/OWNER/NAME`, without the `.git` that git takes and the API does not.
pub(super) fn owner_and_name(source: &Url) -> Option<(String, String)> {
    let mut parts = source.path_segments()?.filter(|part| !part.is_empty());
    let (owner, name, more) = (parts.next()?, parts.next()?, parts.next());
    let plain = |part: &str| percent_decoded(part.as_bytes());
    let name = plain(name.strip_suffix(".git").unwrap_or(name));
    let dots = |part: &str| part.is_empty() || part == "." || part == "..";
    let owner = plain(owner);
    (more.is_none() && !dots(&name) && !dots(&owner)).then_some((owner, name))
}

/// The owner of `https://HOST/OWNER`.
pub(super) fn owner_alone(source: &Url) -> Option<String> {
    let mut parts = source.path_segments()?.filter(|part| !part.is_empty());
    let (owner, more) = (parts.next()?, parts.next());
    let owner = percent_decoded(owner.as_bytes());
    let dots = owner.is_empty() || owner == "." || owner == "..";
    (more.is_none() && !dots).then_some(owner)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::observe::Environment;
    use crate::observe::http::{Limits, Silent};

    fn api(source: &str) -> Option<Api> {
        let environment = Environment::empty();
        let client = Client::new(environment, Limits::default(), Arc::new(Silent)).unwrap();
        Api::of(&Url::parse(source).unwrap(), &client)
    }

    #[test]
    fn addresses_are_below_the_repository_and_encoded() {
        let here = api("https://github.com/acme/api.git/").unwrap();
        assert_eq!(
            here.listing(&["releases"]).as_str(),
            "https://api.github.com/repos/acme/api/releases?per_page=100"
        );
        assert_eq!(
            here.below(&["branches", "release/1 #?%2e"]).as_str(),
            "https://api.github.com/repos/acme/api/branches/release%2F1%20%23%3F%252e"
        );
        assert_eq!(
            here.contents("/a b/../c?.toml").as_str(),
            "https://api.github.com/repos/acme/api/contents/a%20b/c%3F.toml"
        );
        assert_eq!(
            here.rate_limit().as_str(),
            "https://api.github.com/rate_limit"
        );
        let enterprise = api("https://git.acme.example/acme/api").unwrap();
        assert_eq!(
            enterprise.rate_limit().as_str(),
            "https://git.acme.example/api/v3/rate_limit"
        );
        assert_eq!(
            enterprise.below(&[]).as_str(),
            "https://git.acme.example/api/v3/repos/acme/api"
        );
        for none in [
            "https://github.com/acme",
            "https://github.com/a/b/c",
            "https://github.com/a/.git",
        ] {
            assert!(api(none).is_none(), "{none}");
        }
    }

    #[test]
    fn a_password_in_the_source_goes_to_its_own_host_only() {
        let label = |source: &str| api(source).unwrap().label().to_owned();
        assert_eq!(
            label("https://me:secret@git.acme.example/a/b"),
            "source URL"
        );
        assert_eq!(label("https://me:secret@github.com/a/b"), "anonymous");
        let below = api("https://me:secret@git.acme.example/a/b")
            .unwrap()
            .below(&[]);
        assert!(!below.as_str().contains("secret"), "{below}");
    }
}
