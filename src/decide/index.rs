//! The names of a channel, read as releases of one line: for discovery, and for the canonical form
//! where an exact name is not there.

use std::collections::{HashMap, HashSet};

use crate::model::version::{Comparison, Naming, Reading, Scheme, Version, resolve_commit};

use super::view::ChannelView;

/// The names of one channel under one line.
#[derive(Default)]
pub(crate) struct NameIndex<'a> {
    names: HashSet<&'a str>,
    /// By canonical key in the channel's scheme.
    by_key: HashMap<String, Vec<&'a str>>,
    /// Every release, in the order of the names.
    pub(crate) releases: Vec<(&'a str, Version)>,
    /// Declared variants of releases: name, version.
    pub(crate) variants: Vec<(&'a str, Version)>,
    /// Names with an undeclared suffix.
    pub(crate) unknown_variants: Vec<(&'a str, String)>,
    /// Names that look like a version of this line and are none, with the reason.
    pub(crate) incomparable: Vec<(&'a str, String)>,
    /// Declared floating names that are there.
    pub(crate) floating: Vec<&'a str>,
    /// Names that are not of this line.
    foreign: HashSet<&'a str>,
}

impl<'a> NameIndex<'a> {
    /// Reads every name that the present round shows.
    pub(crate) fn new(view: &'a ChannelView<'a>, naming: &Naming) -> Self {
        let mut index = Self::default();
        for name in view.names() {
            index.names.insert(name);
            match naming.read(name) {
                Reading::Release {
                    version,
                    variant: None,
                } => {
                    index
                        .by_key
                        .entry(version.key().to_owned())
                        .or_default()
                        .push(name);
                    index.releases.push((name, version));
                }
                Reading::Release {
                    version,
                    variant: Some(_),
                } => {
                    index.variants.push((name, version));
                }
                Reading::UnknownVariant { suffix, .. } => {
                    index.unknown_variants.push((name, suffix));
                }
                Reading::Incomparable(reason) => index.incomparable.push((name, reason)),
                Reading::Floating => index.floating.push(name),
                Reading::Foreign => {
                    index.foreign.insert(name);
                }
            }
        }
        index
    }

    /// The name as the evidence holds it.
    pub(crate) fn interned(&self, name: &str) -> Option<&'a str> {
        self.names.get(name).copied()
    }

    /// True where this line makes something of the name.
    pub(crate) fn knows(&self, name: &str) -> bool {
        self.names.contains(name)
            && !self.foreign.contains(name)
            && !self.incomparable.iter().any(|(other, _)| *other == name)
            && !self
                .unknown_variants
                .iter()
                .any(|(other, _)| *other == name)
    }

    /// The listed names whose canonical form is that of `version`.
    pub(crate) fn of_version(&self, naming: &Naming, version: &Version) -> Vec<&'a str> {
        if version.scheme() == Scheme::Commit && naming.channel_scheme() == Scheme::Commit {
            return self.of_commit(version);
        }
        let Ok(key) = naming.key(version) else {
            return Vec::new();
        };
        self.by_key.get(&key).cloned().unwrap_or_default()
    }

    fn of_commit(&self, version: &Version) -> Vec<&'a str> {
        let all = || self.releases.iter().map(|(_, version)| version);
        if resolve_commit(version, all()) != Comparison::Equal {
            return Vec::new();
        }
        self.releases
            .iter()
            .filter(|(_, other)| version.same_release(other) == Comparison::Equal)
            .map(|(name, _)| *name)
            .collect()
    }
}
