//! The channel `github-release`: releases with their assets, from GitHub's REST API, and the commits
//! behind their tags, from git.
//!
//! The API says nothing dependable about commits (`target_commitish` may be a branch), so the tags
//! are read as `git-tag` reads them: two requests, outside the API's rate limit.

mod examine;
mod hash;
mod releases;

use std::collections::BTreeSet;
use std::sync::Arc;

use url::Url;

use self::hash::{Budget, hash};
pub use self::releases::parse_releases;
use self::releases::{Release, Releases};
use super::git_tag::remote_tags;
use super::github::{self, Api, Basis, failed, pages};
use super::{About, Answers, Ask, Asking, Configured, Kind, table};
use crate::model::settings::{Diagnostic, Fields, Key, Shape};
use crate::model::{
    Answer, Content, Coverage, Facts, Failure, FailureKind, Listing, Observation, Query,
    RedactedUrl, Traits, Wanted,
};

/// The kind.
#[derive(Debug, Clone, Copy)]
pub struct GithubRelease;

const KEYS: &[Key] = &[
    Key::required(
        "tag",
        Shape::TextOrTexts,
        "how the tags of releases are written, such as `v{version}`; several are all looked up",
    ),
    Key::optional(
        "assets",
        Shape::TextOrTexts,
        "globs of the assets that agreements look at: all but checksums and bundles where not given",
    ),
    Key::optional(
        "hash-assets",
        Shape::Text,
        "how much may be downloaded in one run, as in `200MB`, to hash assets for which GitHub states no digest (uploaded before June 2025). Without it they are not downloaded, and what needs their digests is not stated",
    ),
];

struct Repository {
    source: Url,
    branches: Vec<String>,
    assets: Vec<String>,
    budget: Option<Budget>,
}

impl Kind for GithubRelease {
    fn name(&self) -> &'static str {
        "github-release"
    }

    fn keys(&self) -> &'static [Key] {
        KEYS
    }

    fn configure(&self, fields: &mut Fields<'_>, about: &About<'_>) -> Option<Configured> {
        let templates = table::templates(fields, "tag");
        let assets = table::globs(fields, "assets");
        let budget = fields.parsed::<Budget>("hash-assets");
        let place = fields.place().clone();
        let Some(source) = about.source else {
            fields.report(
                Diagnostic::error(&place, "a `github-release` channel needs a repository")
                    .hint("give `source` in [component], as in `https://github.com/acme/api`"),
            );
            return None;
        };
        // The API asks for exactly two parts; GitHub Enterprise has the same shape.
        if github::owner_and_name(source).is_none() {
            fields.report(
                Diagnostic::error(&place, "`source` is no repository of GitHub")
                    .hint("a `github-release` channel needs `https://host/owner/repository`"),
            );
            return None;
        }
        let traits = Traits {
            can_lead: true,
            content: Content::Files,
            lists: true,
            states_commit: true,
            states_time: true,
        };
        let repository = Repository {
            source: source.clone(),
            branches: about.branches.to_vec(),
            assets: assets.clone(),
            budget: budget.map(|budget| budget.value),
        };
        Some(Configured {
            assets,
            ask: Some(super::attached::in_own_store(Arc::new(repository), source)),
            examine: Some(Arc::new(examine::Repository {
                source: source.clone(),
                needs_branches: !about.branches.is_empty(),
            })),
            ..Configured::usual(traits, templates)
        })
    }
}

impl Ask for Repository {
    fn ask<'a>(&'a self, asking: &'a Asking<'a>) -> Answers<'a> {
        Box::pin(async move {
            let Some(api) = Api::of(&self.source, asking.client) else {
                return self.nowhere(asking);
            };
            let releases = self.releases(&api, asking);
            let (mut observations, releases) = tokio::join!(api.project(asking), releases);
            observations.extend(releases);
            observations
        })
    }

    fn look_up<'a>(&'a self, asking: &'a Asking<'a>, wanted: &'a [Wanted]) -> Answers<'a> {
        Box::pin(self.details(asking, wanted))
    }
}

impl Repository {
    /// All releases with the commits of their tags. Without the tags nothing is known of commits:
    /// that is a failure of its own.
    async fn releases(&self, api: &Api, asking: &Asking<'_>) -> Vec<Observation> {
        let first = api.listing(&["releases"]);
        let endpoint = RedactedUrl::of(&first);
        let mut releases = Releases::default();
        let read = pages(api, first, |page: Vec<Release>| releases.add(page)).await;
        let read = match read {
            Ok(read) => read,
            Err(unanswered) => {
                return asking.observe_failure(api.label(), endpoint, unanswered);
            }
        };
        let coverage = match (read.coverage, releases.cut_off()) {
            (Coverage::Complete, Some(why)) => Coverage::Partial {
                stopped_at: "the last release that is listed".to_owned(),
                why,
            },
            (coverage, _) => coverage,
        };
        let mut basis = read.basis;
        let mut observations = Vec::new();
        let mut tags = Listing::default();
        if !releases.is_empty() {
            match remote_tags(&self.source, asking).await {
                Ok(read) => {
                    basis.add(&read.reply);
                    tags = read.listing;
                }
                Err(none) => observations.extend(asking.observe_failure(
                    &none.label,
                    none.endpoint,
                    *none.unanswered,
                )),
            }
        }
        let at = basis.at().unwrap_or(asking.round);
        let answer = basis.seen(Facts::Listing(releases.listing(&tags)), coverage);
        let listing = asking.observe(at, api.label(), endpoint, Query::Listing, answer);
        [listing, observations].concat()
    }

    /// What the list does not say of the wanted releases: branches that contain the commit, and,
    /// by choice, digests of old assets.
    async fn details(&self, asking: &Asking<'_>, wanted: &[Wanted]) -> Vec<Observation> {
        let Some(api) = Api::of(&self.source, asking.client) else {
            return Vec::new();
        };
        let entries = asking.listed_entries(wanted);
        // Only the leading channel's commit is held to the branches.
        let commits: BTreeSet<_> =
            match !self.branches.is_empty() && wanted.iter().any(|it| it.leads) {
                false => BTreeSet::new(),
                true => entries
                    .iter()
                    .filter_map(|(_, entry)| entry.commit.clone())
                    .collect(),
            };
        let contained = github::contained(&api, &self.branches, commits).await;
        let mut budget = self.budget.map_or(0, |budget| budget.0);
        let mut observations = Vec::new();
        for (name, listed) in entries {
            let mut endpoint = api.listing(&["branches"]);
            let answer = listed
                .commit
                .as_ref()
                .and_then(|commit| contained.get(commit));
            let mut details = match answer {
                Some(answer) => github::with_branches(listed.clone(), answer),
                None => Ok(None),
            };
            if budget > 0
                && let Ok(known) = &mut details
            {
                let (mut entry, mut basis) = known
                    .take()
                    .unwrap_or_else(|| (listed.clone(), Basis::default()));
                let hashed = hash(&api, &self.assets, &mut entry, &mut budget, &mut basis).await;
                if !matches!(hashed, Ok(false)) {
                    endpoint = api.listing(&["releases"]);
                }
                details = hashed.map(|any| {
                    let new = any || !entry.branches.is_empty();
                    new.then_some((entry, basis))
                });
            }
            observations.extend(api.observe_entry(asking, name, &endpoint, details));
        }
        observations
    }

    /// A source that is no repository of any API; a policy that names one is refused before.
    fn nowhere(&self, asking: &Asking<'_>) -> Vec<Observation> {
        let why = Failure {
            kind: FailureKind::Unsupported,
            detail: "the source is no repository of GitHub".to_owned(),
        };
        let answer: Answer = failed(super::http::Unanswered::of(why));
        let endpoint = RedactedUrl::of(&self.source);
        asking.observe(asking.round, "anonymous", endpoint, Query::Listing, answer)
    }
}
