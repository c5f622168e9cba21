//! First seen: what the earliest observation of a name said, and whether that has changed since.

use std::collections::HashMap;

use crate::model::{Answer, Entry, Facts, Name, Observation, Query};

use super::scene::Scene;
use super::standing::Standing;
use super::view::{ChannelView, Source, entry_of};

/// The earlier rounds of one channel, so that one name is found without reading them all.
pub(crate) struct History<'a> {
    listings: Vec<&'a Observation>,
    exact: HashMap<&'a str, Vec<Source<'a>>>,
}

/// A fact of a name that is not what it was at first.
pub(crate) struct Changed<'a, T> {
    /// The name, as it was at first.
    pub(crate) name: String,
    /// What it was, and who said so.
    pub(crate) first: (T, Source<'a>),
    /// What it is.
    pub(crate) now: (T, Source<'a>),
}

impl<'a> History<'a> {
    /// Nothing where there are no earlier rounds.
    pub(crate) fn of(view: &ChannelView<'a>) -> Option<Self> {
        if view.past.is_empty() {
            return None;
        }
        let mut history = Self {
            listings: Vec::new(),
            exact: HashMap::new(),
        };
        for observation in view.past.iter().copied() {
            let Answer::Seen { facts, .. } = &observation.answer else {
                continue;
            };
            match (facts, &observation.query) {
                (Facts::Listing(_), _) => history.listings.push(observation),
                (Facts::Entry(entry), Query::Entry(name)) => {
                    let source = Source { entry, observation };
                    history.exact.entry(name).or_default().push(source);
                }
                _ => {}
            }
        }
        Some(history)
    }

    /// Everything that earlier rounds said about a name; listings first, each part oldest first.
    pub(crate) fn about(&self, name: &str) -> impl Iterator<Item = Source<'a>> {
        let exact = self.exact.get(name).map_or(&[][..], Vec::as_slice);
        self.listings
            .iter()
            .filter_map(move |observation| entry_of(observation, name))
            .chain(exact.iter().copied())
    }

    /// The earliest observation of a name that states a fact. A draft states none: it is no
    /// release yet and may change freely.
    pub(crate) fn first<T>(
        &self,
        name: &str,
        fact: impl Fn(&Entry) -> Option<T>,
    ) -> Option<(T, Source<'a>)> {
        self.about(name)
            .filter_map(|source| stated(source, &fact))
            .min_by_key(|(_, source)| when(source))
    }

    /// The same for the latest observation of earlier rounds.
    pub(crate) fn last<T>(
        &self,
        name: &str,
        fact: impl Fn(&Entry) -> Option<T>,
    ) -> Option<(T, Source<'a>)> {
        self.about(name)
            .filter_map(|source| stated(source, &fact))
            .max_by_key(|(_, source)| when(source))
    }
}

/// The earlier rounds by channel.
pub(crate) type Histories<'a> = HashMap<&'a Name, History<'a>>;

/// The histories of all required channels that have one.
pub(super) fn histories<'a>(scene: &Scene<'a>) -> Histories<'a> {
    scene
        .required_views()
        .filter_map(|view| Some((&view.channel.name, History::of(view)?)))
        .collect()
}

/// Every name of a release in one channel whose fact differs from first seen.
///
/// Back at first seen is no change. Of a name that is gone while another name of the release is
/// there, what the other one shows is compared: renaming a tag does not hide that it moved. Two
/// answers of the present round that differ are a change as well.
pub(crate) fn changed<'a, T: PartialEq>(
    history: Option<&History<'a>>,
    standing: &Standing<'a>,
    fact: impl Fn(&Entry) -> Option<T>,
) -> Vec<Changed<'a, T>> {
    let Some(found) = standing.found() else {
        return Vec::new();
    };
    if history.is_none() && found.sources.len() == 1 && found.others.is_empty() {
        return Vec::new();
    }
    let mut names: Vec<&str> = vec![found.name];
    let others = found.others.iter().map(|(name, _)| *name);
    for name in others.chain(standing.exact.iter().map(String::as_str)) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let mut changes = Vec::new();
    for name in names {
        let own: Vec<Source<'a>> = match name == found.name {
            true => found.sources.to_vec(),
            false => found
                .others
                .iter()
                .filter(|(other, _)| *other == name)
                .map(|(_, source)| *source)
                .collect(),
        };
        let present = if own.is_empty() {
            &*found.sources
        } else {
            &own
        };
        changes.extend(change(history, name, present, &own, &fact));
    }
    changes
}

/// Whether what the present round says about a name differs from what was said of it first.
pub(crate) fn change<'a, T: PartialEq>(
    history: Option<&History<'a>>,
    name: &str,
    present: &[Source<'a>],
    own: &[Source<'a>],
    fact: impl Fn(&Entry) -> Option<T>,
) -> Option<Changed<'a, T>> {
    let earlier = history.and_then(|history| history.first(name, &fact));
    let first = earlier.or_else(|| {
        own.iter()
            .filter_map(|source| stated(*source, &fact))
            .min_by_key(|(_, source)| when(source))
    })?;
    let now = present
        .iter()
        .filter_map(|source| stated(*source, &fact))
        .find(|(now, _)| *now != first.0)?;
    Some(Changed {
        name: name.to_owned(),
        first,
        now,
    })
}

fn stated<'a, T>(
    source: Source<'a>,
    fact: &impl Fn(&Entry) -> Option<T>,
) -> Option<(T, Source<'a>)> {
    if source.entry.draft {
        return None;
    }
    Some((fact(source.entry)?, source))
}

fn when<'a>(source: &Source<'a>) -> (crate::model::Time, crate::model::Time, crate::model::Digest) {
    let observation = source.observation;
    (observation.round, observation.at, observation.id)
}
