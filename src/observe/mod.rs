//! Asks channels and gives dated observations; judges nothing.
//!
//! Each kind of channel is one file: its table in a policy, its questions, its observations. The
//! register [`KINDS`] is the only other place that knows it. Every question to a server goes
//! through the one client of [`http`].

mod ask_all;
pub mod attached;
mod aws;
pub mod discover;
pub mod environment;
mod examine;
pub mod files;
mod git;
pub mod git_tag;
mod github;
pub mod github_release;
pub mod http;
#[cfg(feature = "kms")]
pub mod kms;
pub mod lambda;
pub mod manifest;
pub mod npm;
pub mod oci;
pub mod pypi;
pub mod s3;
mod several;
mod table;
pub mod trust_root;

use std::collections::BTreeMap;
use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;

use url::Url;

pub use ask_all::{AskAttached, LookUp, Question, ask_all, attestations_all, look_up_all};
pub use environment::{Environment, now};
pub use examine::{Examination, Examinations, Examine, Examined, Sight};
pub(crate) use git::tags_at_head;

use crate::model::settings::{Fields, Key};
use crate::model::version::{Plus, Scheme, Template};
use crate::model::{
    Answer, Coverage, Digest, Duration, Entry, Facts, Failure, FailureKind, Listing, Name,
    Observation, ObservationDraft, Query, RedactedUrl, Time, Traits, Wanted, WantedAttestations,
};

/// The kinds of channel that a policy can name.
pub const KINDS: &[&dyn Kind] = &[
    &git_tag::GitTag,
    &github_release::GithubRelease,
    &pypi::PyPi,
    &npm::Npm,
    &oci::Oci,
    &files::Files,
    &manifest::Manifest,
    &lambda::Lambda,
    &s3::S3,
];

/// A kind of channel.
pub trait Kind: Sync {
    /// As `kind` in a policy writes it.
    fn name(&self) -> &'static str;
    /// The keys of its table, beside those that every channel has.
    fn keys(&self) -> &'static [Key];
    /// Reads its table. Errors go to the fields' diagnostics; nothing is returned then.
    fn configure(&self, fields: &mut Fields<'_>, about: &About<'_>) -> Option<Configured>;
}

/// What a channel's table may refer to.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// The component's name.
    pub component: &'a Name,
    /// Address of its source repository, where the policy gives one.
    pub source: Option<&'a Url>,
    /// The folder of the policy file: relative paths begin there.
    pub folder: &'a Path,
    /// Globs of branches of which one must contain a release's commit; empty: not asked.
    pub branches: &'a [String],
    /// The host's number of the repository that the policy holds it to.
    pub repository_id: Option<u64>,
}

/// A channel as its table describes it.
#[derive(Clone)]
pub struct Configured {
    /// What this kind can and cannot do.
    pub traits: Traits,
    /// How its names are read, where that does not follow from the line (`pep440` for an index).
    pub scheme: Option<Scheme>,
    /// How its names are written.
    pub templates: Vec<Template>,
    /// What becomes of a `+`.
    pub plus: Plus,
    /// Declared suffixes.
    pub variants: Vec<String>,
    /// Templates of tags that move.
    pub floating: Vec<Template>,
    /// Whether names must be OCI tags.
    pub oci_tags: bool,
    /// Platforms that an image must have.
    pub platforms: Vec<String>,
    /// Globs of the files that agreements look at.
    pub assets: Vec<String>,
    /// `may-lag` where the policy does not say.
    pub usual_lag: Duration,
    /// Asks it; nothing where this program cannot yet.
    pub ask: Option<Arc<dyn Ask>>,
    /// Says what the present credential can see of it; nothing where a kind has nothing to say.
    pub examine: Option<Arc<dyn Examine>>,
}

impl Configured {
    /// A channel of these traits and names, all else as most kinds have it, and nobody who asks it.
    fn usual(traits: Traits, templates: Vec<Template>) -> Self {
        Self {
            traits,
            scheme: None,
            templates,
            plus: Plus::Reject,
            variants: Vec::new(),
            floating: Vec::new(),
            oci_tags: false,
            platforms: Vec::new(),
            assets: Vec::new(),
            usual_lag: Duration::from_minutes(30),
            ask: None,
            examine: None,
        }
    }
}

/// Something that can be asked.
pub trait Ask: Send + Sync {
    /// Asks which releases there are. Failures are observations too; this cannot fail otherwise.
    ///
    /// A channel that cannot list ([`Traits::lists`]) gives what it can say of the project, or
    /// nothing.
    fn ask<'a>(&'a self, asking: &'a Asking<'a>) -> Answers<'a>;

    /// Asks what the listing does not say about exact names: digests of tags, the version that is
    /// declared at a commit. Nothing for a channel whose listing says everything.
    ///
    /// [`Asking::listed`] holds what `ask` gave in this round. An absence rests on a listing or a
    /// project of it; see [`Asking::absent`].
    fn look_up<'a>(&'a self, asking: &'a Asking<'a>, wanted: &'a [Wanted]) -> Answers<'a> {
        let _ = (asking, wanted);
        Box::pin(std::future::ready(Vec::new()))
    }

    /// Asks what is attached to the artifacts of exact names: bundles of provenance, as documents
    /// that nobody has verified. Nothing for a kind of channel that has no place for them.
    ///
    /// Each name gives at least one [`Query::Attestations`] observation; every place that was asked
    /// gives its own. That an artifact has none is earned: the place was read whole.
    fn attestations<'a>(
        &'a self,
        asking: &'a Asking<'a>,
        wanted: &'a [WantedAttestations],
    ) -> Pin<Box<dyn Future<Output = Attached> + Send + 'a>> {
        let _ = (asking, wanted);
        Box::pin(std::future::ready(Attached::default()))
    }

    /// What a checkout of the source, on this machine, can say in place of this channel before
    /// anything is published; nothing where it can say nothing.
    fn in_checkout(&self, checkout: &Path) -> Option<InCheckout> {
        let _ = checkout;
        None
    }
}

/// What is attached to artifacts.
#[derive(Debug, Default)]
pub struct Attached {
    /// [`Query::Attestations`] observations.
    pub observations: Vec<Observation>,
    /// The documents that they name, by the SHA-256 of their bytes.
    pub bundles: BTreeMap<Digest, String>,
}

/// A channel as a checkout stands for it.
pub struct InCheckout {
    /// Asks the checkout.
    pub ask: Arc<dyn Ask>,
    /// What it can and cannot do there.
    pub traits: Traits,
    /// It is what would be published, and not the place itself.
    pub is_built: bool,
}

/// Observations to come.
pub type Answers<'a> = Pin<Box<dyn Future<Output = Vec<Observation>> + Send + 'a>>;

/// One run of asking, as one channel sees it.
pub struct Asking<'a> {
    /// The policy's name of the channel.
    pub channel: &'a Name,
    /// Start of the round.
    pub round: Time,
    /// What this channel said in this round before: its listing, when names are looked up.
    pub listed: &'a [Observation],
    /// Asks servers; knows the environment and takes the events.
    pub client: &'a http::Client,
}

impl Asking<'_> {
    /// Seals an observation of this channel and round.
    pub fn observe(
        &self,
        at: Time,
        credential: &str,
        endpoint: RedactedUrl,
        query: Query,
        answer: Answer,
    ) -> Vec<Observation> {
        let draft = ObservationDraft {
            at,
            round: self.round,
            channel: self.channel.clone(),
            credential: credential.to_owned(),
            endpoint,
            query,
            answer,
        };
        // Drafts hold nothing that JSON cannot; none at all would be `unknown`, never an absence.
        Observation::seal(draft).into_iter().collect()
    }

    /// Seals that an exact name is not there, as far as that is earned: only where this round's
    /// listing or project was read with the same credential. Else nobody can say.
    pub fn absent(
        &self,
        at: Time,
        credential: &str,
        endpoint: RedactedUrl,
        name: &str,
    ) -> Vec<Observation> {
        let parent = self
            .listed
            .iter()
            .find(|listed| listed.reads_parent() && listed.credential == credential);
        let answer = match parent {
            Some(parent) => Answer::Absent {
                parent_read: parent.id,
            },
            None => Answer::Failed {
                why: Failure {
                    kind: FailureKind::NotFound,
                    detail: "not there, and what it would be part of could not be read".to_owned(),
                },
                retry_at: None,
            },
        };
        let query = Query::Entry(name.to_owned());
        self.observe(at, credential, endpoint, query, answer)
    }

    /// What the listings of this round say about the wanted names that they have.
    fn listed_entries<'l>(&'l self, wanted: &'l [Wanted]) -> Vec<(&'l str, &'l Entry)> {
        let listings = || {
            self.listed
                .iter()
                .filter_map(|listed| match &listed.answer {
                    Answer::Seen {
                        facts: Facts::Listing(listing),
                        ..
                    } => Some(listing),
                    _ => None,
                })
        };
        let entry = |wanted: &'l Wanted| {
            let entry = listings().find_map(|listing| listing.entries.get(&wanted.name))?;
            Some((wanted.name.as_str(), entry))
        };
        wanted.iter().filter_map(entry).collect()
    }

    /// Seals the answer of a listing that was read whole.
    fn observe_listing(
        &self,
        reply: &http::Reply,
        credential: &str,
        listing: Listing,
        coverage: Coverage,
    ) -> Vec<Observation> {
        let digest = Some(reply.digest);
        let (body, unchanged_since) = match reply.unchanged {
            true => (None, digest),
            false => (digest, None),
        };
        let answer = Answer::Seen {
            facts: Facts::Listing(listing),
            body,
            unchanged_since,
            coverage,
        };
        let endpoint = RedactedUrl::of(&reply.url);
        self.observe(reply.at, credential, endpoint, Query::Listing, answer)
    }

    /// Seals a failure to get the listing.
    fn observe_failure(
        &self,
        credential: &str,
        endpoint: RedactedUrl,
        unanswered: http::Unanswered,
    ) -> Vec<Observation> {
        let answer = Answer::Failed {
            why: unanswered.failure,
            retry_at: unanswered.retry_at,
        };
        self.observe(unanswered.at, credential, endpoint, Query::Listing, answer)
    }
}

/// A failure to understand an answer.
fn malformed(detail: impl Into<String>) -> Failure {
    Failure {
        kind: FailureKind::Malformed,
        detail: detail.into(),
    }
}
