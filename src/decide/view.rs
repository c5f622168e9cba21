//! Rounds and history: what each channel says in the present round, and what it said before.

mod look_up;

use std::collections::hash_map;
use std::collections::{BTreeMap, HashMap};
use std::ops::Deref;

use crate::model::{
    Answer, Channel, Coverage, Digest, Entry, Facts, Failure, Listing, Name, Observation, Policy,
    ProjectFact, Query, Time,
};
use crate::verify::CheckedEvidence;

pub(crate) use look_up::Lookup;

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
    /// The first of them that was about the whole channel.
    failed_whole: Option<Failed<'a>>,
    /// The first of them about each exact name.
    failed_names: HashMap<&'a str, Failed<'a>>,
    /// What the present round says about the project.
    pub(crate) projects: Vec<(&'a ProjectFact, &'a Observation)>,
    /// Every name of the present round with what was said about it.
    shown: HashMap<&'a str, Shown<'a>>,
    /// What the present round says is attached to the artifacts of each exact name, by place.
    pub(crate) attached: HashMap<&'a str, Vec<&'a Observation>>,
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

/// What the observations of a round say about one name. Nearly always it is one, which takes no
/// memory of its own.
#[derive(Clone)]
pub(crate) enum Sources<'a> {
    One(Source<'a>),
    Several(Vec<Source<'a>>),
}

/// What the present round shows under one name.
struct Shown<'a> {
    /// Exact look-ups first.
    sources: Sources<'a>,
    /// How many listings have it.
    listed: usize,
    looked_up: bool,
}

impl<'a> Sources<'a> {
    fn add(&mut self, source: Source<'a>) {
        match self {
            Self::One(first) => *self = Self::Several(vec![*first, source]),
            Self::Several(sources) => sources.push(source),
        }
    }
}

impl<'a> Deref for Sources<'a> {
    type Target = [Source<'a>];

    fn deref(&self) -> &[Source<'a>] {
        match self {
            Self::One(source) => std::slice::from_ref(source),
            Self::Several(sources) => sources,
        }
    }
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
            failed_whole: None,
            failed_names: HashMap::new(),
            projects: Vec::new(),
            shown: HashMap::new(),
            attached: HashMap::new(),
            past: Vec::new(),
        };
        for observation in mine {
            if Some(observation.round) == round {
                view.add_present(observation);
            } else {
                view.past.push(observation);
            }
        }
        view.show();
        view
    }

    fn add_present(&mut self, observation: &'a Observation) {
        // What is attached to artifacts says nothing about which releases there are.
        if let Query::Attestations(name) = &observation.query {
            self.attached.entry(name).or_default().push(observation);
            return;
        }
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
                Facts::Attestations(_) => {}
            },
            Answer::Absent { .. } => {
                if let Query::Entry(name) = &observation.query {
                    self.absent.insert(name, observation);
                }
            }
            Answer::Failed { why, retry_at } => {
                let failed = Failed {
                    why,
                    retry_at: *retry_at,
                    observation,
                };
                match &observation.query {
                    Query::Entry(name) => {
                        self.failed_names.entry(name).or_insert(failed);
                    }
                    Query::Attestations(_) => {}
                    Query::Listing | Query::Project => {
                        self.failed_whole.get_or_insert(failed);
                    }
                }
                self.failures.push(failed);
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

    /// The same with when servers say that each appeared: the earliest of its times, the latest of
    /// their answers.
    pub(crate) fn timed_names(&self) -> impl Iterator<Item = (&'a str, Option<Time>)> + '_ {
        // One listing says it all: no name needs to be looked up.
        let alone = match self.listings.as_slice() {
            [only] if self.exact.is_empty() => Some(only.listing.entries.iter()),
            _ => None,
        };
        let several = alone.is_none().then(|| self.names());
        let alone = alone.into_iter().flatten();
        let several = several.into_iter().flatten();
        alone
            .map(|(name, entry)| (name.as_str(), entry.earliest_time()))
            .chain(several.map(|name| (name, self.latest_time(name))))
    }

    fn latest_time(&self, name: &str) -> Option<Time> {
        let sources = self.shown.get(name)?.sources.iter();
        sources
            .filter_map(|source| source.entry.earliest_time())
            .max()
    }

    fn show(&mut self) {
        let names = self.listings.iter().map(|it| it.listing.entries.len());
        self.shown.reserve(names.max().unwrap_or_default());
        let looked_up = self.exact.iter().flat_map(|(name, sources)| {
            let sources = sources.iter();
            sources.map(move |source| (*name, *source, true))
        });
        let listed = self.listings.iter().flat_map(|listed| {
            let observation = listed.observation;
            let entries = listed.listing.entries.iter();
            entries.map(move |(name, entry)| (name.as_str(), Source { entry, observation }, false))
        });
        for (name, source, looked_up) in looked_up.chain(listed) {
            match self.shown.entry(name) {
                hash_map::Entry::Vacant(vacant) => {
                    vacant.insert(Shown {
                        sources: Sources::One(source),
                        listed: usize::from(!looked_up),
                        looked_up,
                    });
                }
                hash_map::Entry::Occupied(mut known) => {
                    let shown = known.get_mut();
                    shown.sources.add(source);
                    shown.listed += usize::from(!looked_up);
                }
            }
        }
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
        if self.past.is_empty() && self.listings.len() < 2 && !self.exact.contains_key(name) {
            return None;
        }
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
