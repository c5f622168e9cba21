//! One exact name in the present round: there, not there, or nobody can say.

use super::{ChannelView, Listed, Sources};
use crate::model::{Digest, Failure, FailureKind, Observation, Time};

/// Whether a name is there.
pub(crate) enum Lookup<'a> {
    /// It is; the name as the evidence holds it, and what was said about it.
    Present(&'a str, Sources<'a>),
    /// It is not; the observation that found so.
    Absent(&'a Observation),
    /// Nobody can say.
    Unknown {
        why: Failure,
        because: Vec<Digest>,
        retry_at: Option<Time>,
    },
}

impl<'a> ChannelView<'a> {
    /// What the present round says about one exact name.
    ///
    /// An exact look-up decides before a listing does. Listings of one round must all have the
    /// name: two answers of which one lacks it contradict each other. A question that failed
    /// leaves the whole channel unknown, for what it would have said is not known.
    pub(crate) fn look_up(&self, name: &str) -> Lookup<'a> {
        let failed_here = self.failed_names.get(name);
        if let Some(failed) = self.failed_whole.as_ref().or(failed_here) {
            return Lookup::Unknown {
                why: failed.why.clone(),
                because: vec![failed.observation.id],
                retry_at: failed.retry_at,
            };
        }
        if self.absent.is_empty() {
            let shown = self.shown.get_key_value(name);
            if let Some((name, shown)) = shown
                && (shown.looked_up || shown.listed == self.listings.len())
            {
                return Lookup::Present(name, shown.sources.clone());
            }
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
        let shown = self.shown.get_key_value(name);
        if let Some((name, shown)) = shown
            && shown.looked_up
        {
            return Lookup::Present(name, shown.sources.clone());
        }
        let sources = shown.map_or(&[][..], |(_, shown)| &shown.sources);
        let mut lacking: Vec<&Listed<'a>> = Vec::new();
        for listed in &self.listings {
            if !listed.listing.entries.contains_key(name) {
                lacking.push(listed);
            }
        }
        let broken = lacking
            .iter()
            .find_map(|listed| Some((listed.broken?, *listed)));
        match (shown, broken, lacking.first()) {
            (Some((name, shown)), None, None) => Lookup::Present(name, shown.sources.clone()),
            (Some(_), None, Some(_)) => {
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
            (None, None, Some(listed)) => Lookup::Absent(listed.observation),
            (None, None, None) => Lookup::Unknown {
                why: Failure {
                    kind: FailureKind::Stale,
                    detail: "not asked in the present round".to_owned(),
                },
                because: Vec::new(),
                retry_at: None,
            },
        }
    }
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
