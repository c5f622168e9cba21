//! The earlier releases of a series in one channel, the nearest first.

use std::cmp::Ordering;

use crate::model::Name;
use crate::model::version::Version;

use super::scene::{Case, Scene};

/// The releases of one line in one channel, in the order of their versions.
pub(crate) struct Series<'a> {
    releases: Vec<(String, Version, &'a str)>,
}

impl<'a> Series<'a> {
    /// Nothing where the channel does not carry the line, or its versions have no order.
    pub(crate) fn of(scene: &Scene<'a>, channel: &Name, line: &Name) -> Option<Self> {
        let mut views = scene.view.channels.iter();
        let position = views.position(|view| view.channel.name == *channel)?;
        let (naming, index) = scene.names.of(position, line)?;
        if !naming.line_scheme().is_ordered() {
            return None;
        }
        let release = |(name, version): &(&'a str, Version)| {
            let version = version.convert(naming.line_scheme()).ok()?;
            Some((version.series().unwrap_or_default(), version, *name))
        };
        let mut releases: Vec<_> = index.releases.iter().filter_map(release).collect();
        releases.sort_by(|one, other| {
            let order = one.1.precedence(&other.1).unwrap_or(Ordering::Equal);
            one.0.cmp(&other.0).then(order).then(one.2.cmp(other.2))
        });
        Some(Self { releases })
    }

    /// The names of the earlier releases of the series of a release, the nearest first. Before a
    /// stable one only stable ones stand: who publishes candidates may be somebody else.
    pub(crate) fn before<'s>(&'s self, case: &'s Case<'_>) -> impl Iterator<Item = &'a str> + 's {
        let series = case.version.series().unwrap_or_default();
        let earlier = |it: &(String, Version, &str)| {
            let order = it.1.precedence(&case.version);
            it.0.as_str()
                .cmp(&series)
                .then(order.unwrap_or(Ordering::Greater))
                == Ordering::Less
        };
        let end = self.releases.partition_point(earlier);
        let mine = self.releases[..end].iter().rev();
        mine.take_while(move |it| it.0 == series)
            .filter(|it| it.1.is_stable() || !case.version.is_stable())
            .map(|it| it.2)
    }
}
