//! The names of a channel, read as releases of one line: for discovery, and for the canonical form
//! where an exact name is not there.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;

use hashbrown::HashTable;

use crate::model::Time;
use crate::model::version::{Comparison, Naming, Reading, Scheme, Version, resolve_commit};

use super::series::Series;
use super::view::ChannelView;

/// The names of one channel under one line.
#[derive(Default)]
pub(crate) struct NameIndex<'a> {
    by_key: ByKey,
    /// Positions of the releases in the order of their keys, made when a commit is first resolved.
    by_order: OnceLock<Vec<usize>>,
    /// Made when first needed.
    series: OnceLock<Option<Series<'a>>>,
    /// Every release, in the order of the names.
    pub(crate) releases: Vec<(&'a str, Version)>,
    /// When servers say that each of them appeared; see [`ChannelView::timed_names`].
    times: Vec<Option<Time>>,
    /// Declared variants of releases: name, version.
    pub(crate) variants: Vec<(&'a str, Version)>,
    /// Names with an undeclared suffix.
    pub(crate) unknown_variants: Vec<(&'a str, String)>,
    /// Names that look like a version of this line and are none, with the reason.
    pub(crate) incomparable: Vec<(&'a str, String)>,
    /// Declared floating names that are there.
    pub(crate) floating: Vec<&'a str>,
    /// Names of which this line makes nothing.
    unread: HashSet<&'a str>,
}

/// Positions of releases by canonical key. The keys stay where they are, in the versions.
#[derive(Default)]
struct ByKey {
    table: HashTable<Same>,
    hasher: RandomState,
}

/// Releases with one key.
struct Same {
    first: usize,
    others: Vec<usize>,
}

impl<'a> NameIndex<'a> {
    /// Reads every name that the present round shows.
    pub(crate) fn new(view: &'a ChannelView<'a>, naming: &Naming) -> Self {
        let mut index = Self::default();
        for (name, time) in view.timed_names() {
            match naming.read(name) {
                Reading::Release {
                    version,
                    variant: None,
                } => {
                    index.releases.push((name, version));
                    index.times.push(time);
                }
                Reading::Release {
                    version,
                    variant: Some(_),
                } => {
                    index.variants.push((name, version));
                }
                Reading::UnknownVariant { suffix, .. } => {
                    index.unread.insert(name);
                    index.unknown_variants.push((name, suffix));
                }
                Reading::Incomparable(reason) => {
                    index.unread.insert(name);
                    index.incomparable.push((name, reason));
                }
                Reading::Floating => index.floating.push(name),
                Reading::Foreign => {
                    index.unread.insert(name);
                }
            }
        }
        index.by_key.fill(&index.releases);
        index
    }

    /// True where this line makes something of a name of its channel.
    pub(crate) fn knows(&self, name: &str) -> bool {
        !self.unread.contains(name)
    }

    /// The listed names whose canonical form is that of `version`.
    pub(crate) fn of_version(&self, naming: &Naming, version: &Version) -> Vec<&'a str> {
        let key = naming.key(version);
        key.map_or_else(
            |_| Vec::new(),
            |key| self.of_key(naming, version, &key).collect(),
        )
    }

    /// The same where the version's key in this channel is known.
    pub(crate) fn of_key(
        &self,
        naming: &Naming,
        version: &Version,
        key: &str,
    ) -> impl Iterator<Item = &'a str> {
        let (commits, same) = match is_commit(naming, version) {
            true => (self.of_commit(version), None),
            false => (Vec::new(), Some(self.with_key(key))),
        };
        let all = commits.into_iter().chain(same.into_iter().flatten());
        all.map(|at| self.releases[at].0)
    }

    /// When servers say that the release at a position appeared.
    pub(crate) fn time(&self, at: usize) -> Option<Time> {
        self.times[at]
    }

    /// The latest time of the names that are one commit.
    pub(crate) fn latest_time_of_commit(&self, version: &Version) -> Option<Time> {
        let time = |at: usize| self.times[at];
        self.of_commit(version).into_iter().filter_map(time).max()
    }

    /// Every release with its name, and when servers say that it appeared.
    pub(crate) fn timed(&self) -> impl Iterator<Item = (&'a str, &Version, Option<Time>)> {
        let releases = self.releases.iter().zip(&self.times);
        releases.map(|((name, version), time)| (*name, version, *time))
    }

    /// The releases in the order of their versions, for each line by itself; nothing where those
    /// have no order.
    pub(crate) fn series(&self, naming: &Naming) -> Option<&Series<'a>> {
        let made = || Series::of(&self.releases, naming.line_scheme());
        self.series.get_or_init(made).as_ref()
    }

    /// Positions of the releases with exactly this key.
    pub(crate) fn with_key(&self, key: &str) -> impl Iterator<Item = usize> {
        let same = self.by_key.find(&self.releases, key);
        same.into_iter()
            .flat_map(|same| std::iter::once(same.first).chain(same.others.iter().copied()))
    }

    /// Positions of the releases that are one commit, abbreviated or not; none where it may be
    /// several.
    fn of_commit(&self, version: &Version) -> Vec<usize> {
        let wanted = version.key();
        let key = |at: &usize| self.releases[*at].1.key();
        let order = self.by_order.get_or_init(|| {
            let mut order: Vec<usize> = (0..self.releases.len()).collect();
            order.sort_by(|one, other| key(one).cmp(key(other)));
            order
        });
        // Keys with a common beginning stand together.
        let beginning_with = |prefix: &str| {
            let start = order.partition_point(|at| key(at) < prefix);
            let rest = &order[start..];
            let end = rest.partition_point(|at| key(at).starts_with(prefix));
            &rest[..end]
        };
        let mut candidates: Vec<usize> = beginning_with(wanted).to_vec();
        let whole = !candidates.is_empty();
        let mut longest = None;
        for length in 1..wanted.len() {
            let Some(prefix) = wanted.get(..length) else {
                continue;
            };
            let before = candidates.len();
            candidates.extend(self.with_key(prefix));
            if candidates.len() > before {
                longest = Some(prefix);
            }
        }
        // Where only abbreviations are there, every commit that shares the longest is meant.
        if !whole && let Some(prefix) = longest {
            candidates.extend(beginning_with(prefix));
        }
        candidates.sort_unstable();
        candidates.dedup();
        let among = candidates.iter().map(|at| &self.releases[*at].1);
        if resolve_commit(version, among) != Comparison::Equal {
            return Vec::new();
        }
        candidates.retain(|at| version.same_release(&self.releases[*at].1) == Comparison::Equal);
        candidates
    }
}

/// Whether a channel shows a version as a commit, which may be abbreviated.
pub(crate) fn is_commit(naming: &Naming, version: &Version) -> bool {
    version.scheme() == Scheme::Commit && naming.channel_scheme() == Scheme::Commit
}

impl ByKey {
    fn fill(&mut self, releases: &[(&str, Version)]) {
        let Self { table, hasher } = self;
        let key = |at: usize| releases[at].1.key();
        // Nearly always every release has a key of its own.
        table.reserve(releases.len(), |same| hasher.hash_one(key(same.first)));
        for at in 0..releases.len() {
            let hash = hasher.hash_one(key(at));
            let equal = |same: &Same| key(same.first) == key(at);
            match table.find_mut(hash, equal) {
                Some(same) => same.others.push(at),
                None => {
                    let same = Same {
                        first: at,
                        others: Vec::new(),
                    };
                    table.insert_unique(hash, same, |same| hasher.hash_one(key(same.first)));
                }
            }
        }
    }

    fn find(&self, releases: &[(&str, Version)], key: &str) -> Option<&Same> {
        let equal = |same: &Same| releases[same.first].1.key() == key;
        self.table.find(self.hasher.hash_one(key), equal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(names: &[&'static str], scheme: Scheme) -> NameIndex<'static> {
        let mut index = NameIndex::default();
        for name in names {
            let version = Version::parse(name, scheme).unwrap();
            index.releases.push((name, version));
        }
        index.by_key.fill(&index.releases);
        index
    }

    #[test]
    fn names_of_one_key_are_found_together_and_in_order() {
        let index = index(&["1.0", "1.0.0", "1.1", "v1.0"], Scheme::Pep440);
        let key = Version::parse("1", Scheme::Pep440).unwrap();
        let found: Vec<usize> = index.with_key(key.key()).collect();
        assert_eq!(found, [0, 1, 3]);
        assert_eq!(index.with_key("9").count(), 0);
    }

    /// Every list of commits is resolved as if all of them had been compared one by one.
    #[test]
    fn a_commit_is_resolved_as_by_comparing_it_with_all() {
        let names = [
            "aaaaaaa1",
            "aaaaaaa12222",
            "aaaaaaa13333",
            "bbbbbbb",
            "bbbbbbb4444",
            "ccccccc55555555555555555555555555555555",
            "ddddddd",
        ];
        let asked = [
            "aaaaaaa",
            "aaaaaaa122229",
            "bbbbbbb44445",
            "bbbbbbb9",
            "eeeeeee",
        ];
        for subset in 0..1_u32 << names.len() {
            let chosen = |at: &usize| subset & (1 << at) != 0;
            let chosen: Vec<&str> = (0..names.len())
                .filter(chosen)
                .map(|at| names[at])
                .collect();
            let index = index_of(&chosen);
            for wanted in asked.iter().chain(&names) {
                let wanted = Version::parse(wanted, Scheme::Commit).unwrap();
                let all = || index.releases.iter().map(|(_, version)| version);
                let mut expected = Vec::new();
                if resolve_commit(&wanted, all()) == Comparison::Equal {
                    let same = |it: &Version| wanted.same_release(it) == Comparison::Equal;
                    expected = (0..chosen.len())
                        .filter(|at| same(&index.releases[*at].1))
                        .collect();
                }
                assert_eq!(
                    index.of_commit(&wanted),
                    expected,
                    "{wanted:?} of {chosen:?}"
                );
            }
        }
    }

    fn index_of(names: &[&str]) -> NameIndex<'static> {
        let mut index = NameIndex::default();
        for name in names {
            let version = Version::parse(name, Scheme::Commit).unwrap();
            index.releases.push(("", version));
        }
        index.by_key.fill(&index.releases);
        index
    }
}
