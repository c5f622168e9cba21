//! Rounds and history: what each channel says in the present round, and what it said before.

use std::collections::BTreeMap;

use crate::model::{
    Answer, Channel, Coverage, Digest, Entry, Facts, Failure, FailureKind, Listing, Name,
    Observation, Policy, ProjectFact, Query, Time,
};
use crate::verify::CheckedEvidence;

/// All channels of a policy as the evidence shows them at one time.
pub(crate) struct View<'a> {
    /// Start of the latest round that is not after the time of judging.
    pub(crate) round: Option<Time>,
    /// In the order of the policy.
    pub(crate) channels: Vec<ChannelView<'a>>,
}

/// One channel.
pub(crate) struct ChannelView<'a> {
    /// Its policy.
    pub(crate) channel: &'a Channel,
    /// Listings of the present round.
    pub(crate) listings: Vec<Listed<'a>>,
    /// Exact look-ups of the present round that found something.
    exact: BTreeMap<&'a str, Vec<Source<'a>>>,
    /// Exact look-ups of the present round that found nothing.
    absent: BTreeMap<&'a str, &'a Observation>,
    /// Questions of the present round without an answer.
    pub(crate) failures: Vec<Failed<'a>>,
    /// What the present round says about the project.
    pub(crate) projects: Vec<(&'a ProjectFact, &'a Observation)>,
    /// Observations of earlier rounds, oldest first.
    pub(crate) past: Vec<&'a Observation>,
}

/// A listing that was seen.
#[derive(Clone, Copy)]
pub(crate) struct Listed<'a> {
    pub(crate) listing: &'a Listing,
    pub(crate) observation: &'a Observation,
    /// Why it broke off, where it did.
    pub(crate) broken: Option<&'a Failure>,
}

/// A question without an answer.
#[derive(Clone, Copy)]
pub(crate) struct Failed<'a> {
    pub(crate) why: &'a Failure,
    pub(crate) retry_at: Option<Time>,
    pub(crate) observation: &'a Observation,
}

/// One observation's word about one name.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    pub(crate) entry: &'a Entry,
    pub(crate) observation: &'a Observation,
}

/// Whether a name is there.
pub(crate) enum Lookup<'a> {
    /// It is, and this is what was said about it.
    Present(Vec<Source<'a>>),
    /// It is not; the observation that found so.
    Absent(&'a Observation),
    /// Nobody can say.
    Unknown {
        why: Failure,
        because: Vec<Digest>,
        retry_at: Option<Time>,
    },
}

impl<'a> View<'a> {
    /// Sorts the evidence into the present round and history. What is later than `now`, or than
    /// the round `until`, is not there.
    pub(crate) fn new(
        policy: &'a Policy,
        checked: &'a CheckedEvidence,
        now: Time,
        until: Option<Time>,
    ) -> Self {
        let visible = |observation: &&'a Observation| {
            observation.at <= now && until.is_none_or(|until| observation.round <= until)
        };
        let observations: Vec<&Observation> = checked
            .evidence()
            .observations
            .iter()
            .filter(visible)
            .collect();
        let round = observations
            .iter()
            .map(|observation| observation.round)
            .max();
        let mut by_channel: BTreeMap<&Name, Vec<&Observation>> = BTreeMap::new();
        for observation in observations {
            by_channel
                .entry(&observation.channel)
                .or_default()
                .push(observation);
        }
        let channels = policy
            .channels
            .iter()
            .map(|channel| {
                let mine = by_channel.remove(&channel.name).unwrap_or_default();
                ChannelView::new(channel, mine, round)
            })
            .collect();
        Self { round, channels }
    }
}

impl<'a> ChannelView<'a> {
    fn new(channel: &'a Channel, mut mine: Vec<&'a Observation>, round: Option<Time>) -> Self {
        mine.sort_by_key(|observation| (observation.round, observation.at, observation.id));
        let mut view = Self {
            channel,
            listings: Vec::new(),
            exact: BTreeMap::new(),
            absent: BTreeMap::new(),
            failures: Vec::new(),
            projects: Vec::new(),
            past: Vec::new(),
        };
        for observation in mine {
            if Some(observation.round) == round {
                view.add_present(observation);
            } else {
                view.past.push(observation);
            }
        }
        view
    }

    fn add_present(&mut self, observation: &'a Observation) {
        match &observation.answer {
            Answer::Seen {
                facts, coverage, ..
            } => match facts {
                Facts::Listing(listing) => {
                    let broken = match coverage {
                        Coverage::Complete => None,
                        Coverage::Partial { why, .. } => Some(why),
                    };
                    if let Some(project) = &listing.project {
                        self.projects.push((project, observation));
                    }
                    self.listings.push(Listed {
                        listing,
                        observation,
                        broken,
                    });
                }
                Facts::Entry(entry) => {
                    if let Query::Entry(name) = &observation.query {
                        let source = Source { entry, observation };
                        self.exact.entry(name).or_default().push(source);
                    }
                }
                Facts::Project(project) => self.projects.push((project, observation)),
            },
            Answer::Absent { .. } => {
                if let Query::Entry(name) = &observation.query {
                    self.absent.insert(name, observation);
                }
            }
            Answer::Failed { why, retry_at } => {
                self.failures.push(Failed {
                    why,
                    retry_at: *retry_at,
                    observation,
                });
            }
        }
    }

    /// True where the present round asked this channel anything.
    pub(crate) fn was_asked(&self) -> bool {
        !(self.listings.is_empty()
            && self.exact.is_empty()
            && self.absent.is_empty()
            && self.failures.is_empty()
            && self.projects.is_empty())
    }

    /// True where every listing of the present round is whole and no question failed.
    pub(crate) fn is_complete(&self) -> bool {
        !self.listings.is_empty()
            && self.failures.is_empty()
            && self.listings.iter().all(|listed| listed.broken.is_none())
    }

    /// What the present round says about one exact name.
    ///
    /// An exact look-up decides before a listing does. Listings of one round must all have the
    /// name: two answers of which one lacks it contradict each other. A question that failed
    /// leaves the whole channel unknown, for what it would have said is not known.
    pub(crate) fn look_up(&self, name: &str) -> Lookup<'a> {
        let failed_here = |failed: &&Failed<'a>| match &failed.observation.query {
            Query::Entry(other) => other == name,
            Query::Listing | Query::Project => true,
        };
        if let Some(failed) = self.failures.iter().find(failed_here) {
            return Lookup::Unknown {
                why: failed.why.clone(),
                because: vec![failed.observation.id],
                retry_at: failed.retry_at,
            };
        }
        let exact = self.exact.get(name);
        if let (Some(seen), Some(absent)) = (exact, self.absent.get(name)) {
            let because = seen.iter().map(|source| source.observation.id);
            return stale(
                because.chain([absent.id]).collect(),
                "one look-up found it, one did not",
            );
        }
        if let Some(absent) = self.absent.get(name) {
            let listed: Vec<Digest> = self
                .listings
                .iter()
                .filter(|listed| listed.listing.entries.contains_key(name))
                .map(|listed| listed.observation.id)
                .collect();
            if listed.is_empty() {
                return Lookup::Absent(absent);
            }
            let because = listed.into_iter().chain([absent.id]).collect();
            return stale(because, "a listing has it, the exact look-up does not");
        }
        let mut sources: Vec<Source<'a>> = exact.cloned().unwrap_or_default();
        let looked_up = !sources.is_empty();
        let mut lacking: Vec<&Listed<'a>> = Vec::new();
        for listed in &self.listings {
            match listed.listing.entries.get(name) {
                Some(entry) => sources.push(Source {
                    entry,
                    observation: listed.observation,
                }),
                None => lacking.push(listed),
            }
        }
        if looked_up {
            return Lookup::Present(sources);
        }
        let broken = lacking
            .iter()
            .find_map(|listed| Some((listed.broken?, *listed)));
        match (sources.is_empty(), broken, lacking.first()) {
            (false, None, None) => Lookup::Present(sources),
            (false, None, Some(_)) => {
                let seen = sources.iter().map(|source| source.observation.id);
                let not = lacking.iter().map(|listed| listed.observation.id);
                stale(
                    seen.chain(not).collect(),
                    "one listing has it, another lacks it",
                )
            }
            (_, Some((why, listed)), _) => Lookup::Unknown {
                why: why.clone(),
                because: vec![listed.observation.id],
                retry_at: None,
            },
            (true, None, Some(listed)) => Lookup::Absent(listed.observation),
            (true, None, None) => Lookup::Unknown {
                why: Failure {
                    kind: FailureKind::Stale,
                    detail: "not asked in the present round".to_owned(),
                },
                because: Vec::new(),
                retry_at: None,
            },
        }
    }

    /// Every name that the present round shows, sorted, once.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'a str> + '_ {
        let mut names: Vec<&'a str> = self
            .listings
            .iter()
            .flat_map(|listed| listed.listing.entries.keys().map(String::as_str))
            .chain(self.exact.keys().copied())
            .collect();
        if self.listings.len() > 1 || !self.exact.is_empty() {
            names.sort_unstable();
            names.dedup();
        }
        names.into_iter()
    }

    /// When the present round's servers say that this name appeared: the earliest of its times, the
    /// latest of their answers.
    pub(crate) fn latest_time(&self, name: &str) -> Option<Time> {
        let listed = self
            .listings
            .iter()
            .filter_map(|listed| listed.listing.entries.get(name));
        let exact = self
            .exact
            .get(name)
            .into_iter()
            .flatten()
            .map(|source| source.entry);
        listed.chain(exact).filter_map(Entry::earliest_time).max()
    }

    /// Things of the present round that have no name.
    pub(crate) fn unnamed(&self) -> impl Iterator<Item = (&'a str, Digest)> + '_ {
        self.listings.iter().flat_map(|listed| {
            let id = listed.observation.id;
            listed
                .listing
                .unnamed
                .iter()
                .map(move |text| (text.as_str(), id))
        })
    }

    /// What earlier rounds said about a name, oldest first.
    pub(crate) fn before(&self, name: &str) -> impl Iterator<Item = Source<'a>> {
        self.past
            .iter()
            .filter_map(move |observation| entry_of(observation, name))
    }

    /// The time from which a name is known to be new: the first round that has it, where an
    /// earlier round's complete listing lacked it.
    pub(crate) fn appeared(&self, name: &str) -> Option<Time> {
        let mut lacked = false;
        let present = self.listings.iter().map(|listed| listed.observation);
        let exact = self
            .exact
            .get(name)
            .into_iter()
            .flatten()
            .map(|source| source.observation);
        for observation in self.past.iter().copied().chain(present).chain(exact) {
            if entry_of(observation, name).is_some() {
                return lacked.then_some(observation.at);
            }
            lacked |= matches!(
                &observation.answer,
                Answer::Seen {
                    facts: Facts::Listing(_),
                    coverage: Coverage::Complete,
                    ..
                }
            );
        }
        None
    }
}

/// What an observation says about a name.
pub(crate) fn entry_of<'a>(observation: &'a Observation, name: &str) -> Option<Source<'a>> {
    let Answer::Seen { facts, .. } = &observation.answer else {
        return None;
    };
    let entry = match (facts, &observation.query) {
        (Facts::Listing(listing), _) => listing.entries.get(name)?,
        (Facts::Entry(entry), Query::Entry(asked)) if asked == name => entry,
        _ => return None,
    };
    Some(Source { entry, observation })
}

fn stale<'a>(because: Vec<Digest>, detail: &str) -> Lookup<'a> {
    let why = Failure {
        kind: FailureKind::Stale,
        detail: detail.to_owned(),
    };
    Lookup::Unknown {
        why,
        because,
        retry_at: None,
    }
}
