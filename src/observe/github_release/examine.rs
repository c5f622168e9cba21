//! What a token can see of a repository on GitHub: drafts, private repositories, branches, and how
//! many requests are left.

use serde_json::Value as Json;
use url::Url;

use crate::model::{Digest, Time};
use crate::observe::examine::unanswered;
use crate::observe::github::Api;
use crate::observe::http::Client;
use crate::observe::{Asking, Examinations, Examine, Examined};

/// The least that reads a repository.
const READ: &str = "a fine-grained token with `Contents: read` and `Metadata: read` of this \
     repository (classic: `repo`; in a workflow: `permissions: contents: read`), in GITHUB_TOKEN";

/// The least that sees drafts.
const WRITE: &str = "drafts are shown to those who may push: `Contents: write` of this repository \
     (in a workflow: `permissions: contents: write`)";

/// The least that reads what is attested.
const ATTESTATIONS: &str = "a fine-grained token with `Attestations: read` of this repository (in a \
     workflow: `permissions: attestations: read`), in GITHUB_TOKEN";

/// Fewer requests left than this are too few for a check of some releases.
const FEW: u64 = 20;

/// A repository on a GitHub host.
pub(super) struct Repository {
    pub(super) source: Url,
    /// Whether the policy asks which branches contain a commit.
    pub(super) needs_branches: bool,
}

impl Examine for Repository {
    fn examine<'a>(&'a self, asking: &'a Asking<'a>) -> Examinations<'a> {
        Box::pin(self.look(asking.client))
    }
}

impl Repository {
    async fn look(&self, client: &Client) -> Vec<Examined> {
        // Whoever names a host as the source of a `github-release` channel says that it is one.
        let Some(api) = Api::of(&self.source, client) else {
            let hint = "give `source` as https://host/owner/repository";
            let detail = "no such address";
            return vec![Examined::blind("repository", "anonymous", detail, hint)];
        };
        let label = api.label();
        let mut seen = vec![rate(&api).await];
        let repository = match api.read::<Json>(api.below(&[])).await {
            Ok((_, json)) => json,
            Err(why) => {
                seen.push(unanswered("repository", label, &why.failure, READ));
                return seen;
            }
        };
        let visibility = match repository["private"] == Json::Bool(true) {
            true => "a private repository",
            false => "a public repository",
        };
        seen.push(Examined::sees("repository", label, visibility));
        seen.push(
            match repository["permissions"]["push"] == Json::Bool(true) {
                true => Examined::sees("draft releases", label, "it may push, so drafts are shown"),
                // A draft that is not shown looks like no release: a grace window ends in a deny.
                false => Examined::blind(
                    "draft releases",
                    label,
                    "it may not push, so a release in draft looks like none",
                    WRITE,
                ),
            }
            .optional(),
        );
        let branches = branches(&api).await;
        seen.push(match self.needs_branches {
            true => branches,
            false => branches.optional(),
        });
        seen.push(attestations(&api).await.optional());
        seen
    }
}

/// `GET /rate_limit` does not count itself.
async fn rate(api: &Api) -> Examined {
    let label = api.label();
    let json = match api.read::<Json>(api.rate_limit()).await {
        Ok((_, json)) => json,
        // GitHub Enterprise answers 404 where rate limits are switched off.
        Err(why) if why.is_not_found() => {
            return Examined::sees("requests left", label, "this server counts none");
        }
        Err(why) => {
            return unanswered("requests left", label, &why.failure, "is the token valid?");
        }
    };
    let core = &json["resources"]["core"];
    let (Some(left), Some(limit)) = (core["remaining"].as_u64(), core["limit"].as_u64()) else {
        let hint = "is this a GitHub?";
        return Examined::blind("requests left", label, "the answer says none", hint);
    };
    let reset = core["reset"].as_i64().map(Time::from_unix_seconds);
    let reset = reset
        .map(|at| format!(", full again at {at}"))
        .unwrap_or_default();
    let detail = format!("{left} of {limit} requests an hour{reset}");
    if left < FEW {
        let hint = "wait, or give a token in GITHUB_TOKEN: 5,000 an hour instead of 60";
        return Examined::blind("requests left", label, detail, hint);
    }
    Examined::sees("requests left", label, detail)
}

/// Asks for the attestations of a digest that nothing has: that there are none is an answer, which a
/// token without the right does not get.
async fn attestations(api: &Api) -> Examined {
    let nothing = Digest::of(b"lockstep doctor").into();
    let place = api.attestations(&[nothing]).await;
    let why = match place.answer {
        Ok(found) => found.stopped.map(|(_, why)| why),
        Err(unanswered) => Some(unanswered.failure),
    };
    match why {
        None => Examined::sees("attestations", api.label(), "the store of this repository"),
        Some(why) => unanswered("attestations", api.label(), &why, ATTESTATIONS),
    }
}

async fn branches(api: &Api) -> Examined {
    let label = api.label();
    let what = "branches and what they contain";
    match api.read::<Json>(api.listing(&["branches"])).await {
        Ok((_, json)) => {
            let branches = json.as_array().map_or(0, Vec::len);
            let listed = json.as_array().into_iter().flatten();
            let protected = listed
                .filter(|it| it["protected"] == Json::Bool(true))
                .count();
            let detail = format!("{branches} branches, {protected} of them protected");
            Examined::sees(what, label, detail)
        }
        Err(why) => unanswered(what, label, &why.failure, READ),
    }
}
