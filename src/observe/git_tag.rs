//! The channel `git-tag`: the tags of a repository with the commits behind them, from a server
//! over smart HTTP or from a folder of this machine.
//!
//! There are no times: a tagger writes any date. Over HTTP a tag that points to a blob or a tree
//! cannot be told from one that points to a commit without fetching the object, so its object id
//! is given as the commit; in a local repository such a tag has none.

mod advertisement;
mod local;
mod pkt_line;
mod references;
mod remote;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use url::Url;

pub use advertisement::{Advertisement, parse_advertisement};
pub use pkt_line::{Packet, Packets, PktLineError};
pub use references::{Tag, parse_ls_refs};
pub(super) use remote::tags as remote_tags;

use super::examine::examined;
use super::{
    About, Answers, Ask, Asking, Configured, Examinations, Examine, InCheckout, Kind, github,
};
use crate::model::settings::{Diagnostic, Fields, Key, Shape};
use crate::model::version::Template;
use crate::model::{
    Answer, Content, Entry, Facts, Listing, Name, Observation, Traits, Wanted, visible,
};

/// The kind.
#[derive(Debug, Clone, Copy)]
pub struct GitTag;

const KEYS: &[Key] = &[
    Key::required(
        "tag",
        Shape::TextOrTexts,
        "how tags are written, such as `v{version}`; several are all looked up",
    ),
    Key::optional(
        "path",
        Shape::Text,
        "a repository on this machine instead of the component's `source`",
    ),
];

struct Repository {
    place: Place,
    /// Globs of branches of which one must contain a release's commit.
    branches: Vec<String>,
    /// Whether the policy holds the repository to its number.
    identified: bool,
}

enum Place {
    Remote(Url),
    Local(PathBuf),
}

impl Kind for GitTag {
    fn name(&self) -> &'static str {
        "git-tag"
    }

    fn keys(&self) -> &'static [Key] {
        KEYS
    }

    fn configure(&self, fields: &mut Fields<'_>, about: &About<'_>) -> Option<Configured> {
        let templates: Vec<Template> = fields
            .parsed_list("tag")
            .into_iter()
            .map(|placed| placed.value)
            .collect();
        let repository = Repository {
            place: place(fields, about)?,
            branches: about.branches.to_vec(),
            identified: about.repository_id.is_some(),
        };
        if templates.is_empty() {
            return None;
        }
        let repository = Arc::new(repository);
        Some(Configured {
            examine: Some(repository.clone()),
            ask: Some(repository),
            ..Configured::usual(TRAITS, templates)
        })
    }
}

const TRAITS: Traits = Traits {
    can_lead: true,
    content: Content::Commit,
    lists: true,
    states_commit: true,
    states_time: false,
};

/// The tags of a checkout: what stands for a leading channel of any kind before anything is
/// published.
pub fn of_checkout(checkout: &Path) -> InCheckout {
    InCheckout {
        ask: Arc::new(Repository {
            place: Place::Local(checkout.to_owned()),
            branches: Vec::new(),
            identified: false,
        }),
        traits: TRAITS,
        is_built: false,
    }
}

fn place(fields: &mut Fields<'_>, about: &About<'_>) -> Option<Place> {
    if let Some(path) = fields.text("path") {
        return Some(Place::Local(about.folder.join(path.value)));
    }
    let place = fields.place().clone();
    let Some(source) = about.source else {
        fields.report(
            Diagnostic::error(&place, "a `git-tag` channel needs a repository")
                .hint("give `source` in [component], or `path` here for a local repository"),
        );
        return None;
    };
    if !matches!(source.scheme(), "https" | "http") {
        let scheme = visible(source.scheme(), 20);
        fields.report(
            Diagnostic::error(
                &place,
                format!("`source` is {scheme}://, which git tags cannot be read from"),
            )
            .hint("write the repository's https:// address, or `path` here for a local repository"),
        );
        return None;
    }
    Some(Place::Remote(source.clone()))
}

impl Ask for Repository {
    fn ask<'a>(&'a self, asking: &'a Asking<'a>) -> Answers<'a> {
        match &self.place {
            Place::Remote(source) => Box::pin(self.ask_remote(source, asking)),
            Place::Local(path) => Box::pin(local::ask(path, asking)),
        }
    }

    fn look_up<'a>(&'a self, asking: &'a Asking<'a>, wanted: &'a [Wanted]) -> Answers<'a> {
        // Only the leading channel's commit is held to the branches.
        if self.branches.is_empty() || !wanted.iter().any(|wanted| wanted.leads) {
            return Box::pin(std::future::ready(Vec::new()));
        }
        match &self.place {
            Place::Remote(source) => Box::pin(self.look_up_remote(source, asking, wanted)),
            Place::Local(path) => Box::pin(local::look_up(path, asking, wanted, &self.branches)),
        }
    }

    fn in_checkout(&self, checkout: &Path) -> Option<InCheckout> {
        Some(of_checkout(checkout))
    }
}

impl Repository {
    /// The tags; beside them, where the policy holds the repository to its number and the host is a
    /// GitHub, the number.
    async fn ask_remote(&self, source: &Url, asking: &Asking<'_>) -> Vec<Observation> {
        let project = async {
            match self.api(source, asking).filter(|_| self.identified) {
                Some(api) => api.project(asking).await,
                None => Vec::new(),
            }
        };
        let (mut observations, project) = tokio::join!(remote::ask(source, asking), project);
        observations.extend(project);
        observations
    }

    /// The branches that contain the commits, where the host is a GitHub: git itself cannot say
    /// without fetching history.
    async fn look_up_remote(
        &self,
        source: &Url,
        asking: &Asking<'_>,
        wanted: &[Wanted],
    ) -> Vec<Observation> {
        let Some(api) = self.api(source, asking) else {
            return Vec::new();
        };
        let entries = asking.listed_entries(wanted);
        let commits = entries.iter().filter_map(|(_, entry)| entry.commit.clone());
        let contained = github::contained(&api, &self.branches, commits.collect()).await;
        let mut observations = Vec::new();
        for (name, entry) in entries {
            let Some(answer) = entry
                .commit
                .as_ref()
                .and_then(|commit| contained.get(commit))
            else {
                continue;
            };
            let details = github::with_branches(entry.clone(), answer);
            let endpoint = api.listing(&["branches"]);
            observations.extend(api.observe_entry(asking, name, &endpoint, details));
        }
        observations
    }

    fn api(&self, source: &Url, asking: &Asking<'_>) -> Option<github::Api> {
        let known = github::speaks(source, asking.client.environment());
        known
            .then(|| github::Api::of(source, asking.client))
            .flatten()
    }
}

impl Examine for Repository {
    fn examine<'a>(&'a self, asking: &'a Asking<'a>) -> Examinations<'a> {
        Box::pin(async {
            let hint = match &self.place {
                Place::Local(_) => "is `git` installed, and may this user read the folder?",
                Place::Remote(_) => {
                    "a private repository needs a login that may read it: GITHUB_TOKEN with                      `Contents: read` on GitHub, else `.netrc`"
                }
            };
            let observations = self.ask(asking).await;
            observations
                .iter()
                .map(|it| examined(it, "tags", hint))
                .collect()
        })
    }
}

/// Names of the tags of a repository on the web; why not, else.
pub(super) async fn tag_names(
    client: &super::http::Client,
    source: &Url,
) -> Result<Vec<String>, String> {
    let Ok(channel) = "tags".parse::<Name>() else {
        return Err("no name for a channel".to_owned());
    };
    let asking = Asking {
        channel: &channel,
        round: super::now(),
        listed: &[],
        client,
    };
    let observations = remote::ask(source, &asking).await;
    for observation in observations {
        match observation.answer {
            Answer::Seen {
                facts: Facts::Listing(listing),
                ..
            } => return Ok(listing.entries.into_keys().collect()),
            Answer::Failed { why, .. } => {
                return Err(why.detail);
            }
            _ => {}
        }
    }
    Err("there was no answer".to_owned())
}

/// Tags as a listing. A name that is not UTF-8 cannot be an entry's; it is shown as unnamed.
fn listing(tags: Vec<Tag>) -> Listing {
    let mut listing = Listing::default();
    for tag in tags {
        match String::from_utf8(tag.name) {
            Ok(name) => {
                let commit = tag.commit;
                listing.entries.insert(
                    name,
                    Entry {
                        commit,
                        ..Entry::default()
                    },
                );
            }
            Err(error) => {
                let lossy = String::from_utf8_lossy(error.as_bytes()).into_owned();
                listing.unnamed.insert(visible(&lossy, 200));
            }
        }
    }
    listing
}
