//! The earlier releases of a series in one channel, the nearest first.

use std::cmp::Ordering;
use std::sync::OnceLock;

use crate::model::version::{Scheme, Version};

use super::scene::Case;

/// The releases of one line in one channel, in the order of their versions.
pub(crate) struct Series<'a> {
    releases: Vec<(String, Version, &'a str)>,
    /// Positions of those that are attested, by whose word; made when first needed.
    attested: [OnceLock<Vec<usize>>; 2],
}

/// Whose word counts on whether something is attested.
#[derive(Clone, Copy)]
pub(crate) enum Word {
    /// What was found attached; where nobody looked, the listing's.
    Found,
    /// The listing's alone: what lies in another place hides nothing that this channel has lost.
    Listing,
}

impl<'a> Series<'a> {
    /// Nothing where versions of the line's scheme have no order.
    pub(super) fn of(releases: &[(&'a str, Version)], scheme: Scheme) -> Option<Self> {
        if !scheme.is_ordered() {
            return None;
        }
        let release = |(name, version): &(&'a str, Version)| {
            let version = version.convert(scheme).ok()?;
            Some((version.series().unwrap_or_default(), version, *name))
        };
        let mut releases: Vec<_> = releases.iter().filter_map(release).collect();
        releases.sort_by(|one, other| {
            let order = one.1.precedence(&other.1).unwrap_or(Ordering::Equal);
            one.0.cmp(&other.0).then(order).then(one.2.cmp(other.2))
        });
        Some(Self {
            releases,
            attested: Default::default(),
        })
    }

    /// The names of the earlier releases of the series of a release, the nearest first. Before a
    /// stable one only stable ones stand: who publishes candidates may be somebody else.
    pub(crate) fn before<'s>(&'s self, case: &'s Case<'_>) -> impl Iterator<Item = &'a str> + 's {
        let series = case.version.series().unwrap_or_default();
        let end = self.end(case, &series);
        self.among((0..end).rev(), series, case)
    }

    /// The nearest of them that is attested. Each release is asked about once, however many stand
    /// after it.
    pub(crate) fn attested_before(
        &self,
        case: &Case<'_>,
        word: Word,
        is_attested: impl Fn(&'a str) -> bool,
    ) -> Option<&'a str> {
        let attested = self.attested[word as usize].get_or_init(|| {
            let releases = self.releases.iter().enumerate();
            releases
                .filter(|(_, it)| is_attested(it.2))
                .map(|(at, _)| at)
                .collect()
        });
        let series = case.version.series().unwrap_or_default();
        let end = self.end(case, &series);
        let earlier = &attested[..attested.partition_point(|at| *at < end)];
        self.among(earlier.iter().rev().copied(), series, case)
            .next()
    }

    /// How many releases stand before one.
    fn end(&self, case: &Case<'_>, series: &str) -> usize {
        let earlier = |it: &(String, Version, &str)| {
            let order = it.1.precedence(&case.version);
            it.0.as_str()
                .cmp(series)
                .then(order.unwrap_or(Ordering::Greater))
                == Ordering::Less
        };
        self.releases.partition_point(earlier)
    }

    /// The names at these positions as long as they are of a series, without the candidates where
    /// the release is stable.
    fn among<'s>(
        &'s self,
        positions: impl Iterator<Item = usize> + 's,
        series: String,
        case: &'s Case<'_>,
    ) -> impl Iterator<Item = &'a str> + 's {
        let mine = positions.map(|at| &self.releases[at]);
        mine.take_while(move |it| it.0 == series)
            .filter(|it| it.1.is_stable() || !case.version.is_stable())
            .map(|it| it.2)
    }
}
