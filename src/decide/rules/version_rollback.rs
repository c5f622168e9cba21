//! `version-rollback`: a floating tag or a dist-tag went back to a lower release.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap, HashSet};

use crate::decide::history::History;
use crate::decide::index::NameIndex;
use crate::decide::rule::{Judge, Rests, Rule};
use crate::decide::scene::Scene;
use crate::decide::view::{ChannelView, Lookup};
use crate::model::version::{Naming, Reading, Version};
use crate::model::{
    Answer, Content, Digest, Entry, Facts, Finding, Level, Line, Listing, Observation, Query,
    Severity, Time, visible, visible_line,
};

pub(super) const RULE: Rule = Rule {
    code: "version-rollback",
    severity: Severity::Warn,
    mismatch: Level::None,
    suspicion: Level::Low,
    conflict: false,
    set_apart: false,
    title: "a floating tag went back to a lower release",
    explain: "In the round before, this floating tag (or dist-tag of npm) was a higher release than now. Whoever \
              follows the tag gets an older version, perhaps one whose holes are known. A tag that \
              moved to a release of another series that is new since then is a backport and no \
              rollback.\n\n\
              Usual causes: a release that was taken back on purpose.\n\n\
              What to do: find out who moved the tag; withdraw the higher version if it is bad.",
    judge: Judge::Whole(judge),
};

/// Floating tags of required image channels, against the latest earlier round that states their
/// image. Both images must be known as releases, the earlier one in its own round.
fn judge(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    for (position, view) in scene.view.channels.iter().enumerate() {
        if scene.requires(&view.channel.name) {
            judge_stated(scene, position, view, findings);
        }
        let images = view.channel.traits.content == Content::Image;
        if !images || !scene.requires(&view.channel.name) {
            continue;
        }
        let Some(history) = History::of(view) else {
            continue;
        };
        for line in &scene.policy.lines {
            if let Some((naming, index)) = scene.names.of(position, &line.name)
                && !index.floating.is_empty()
            {
                let channel = Channel {
                    view,
                    naming,
                    index,
                    line,
                };
                channel.judge(scene, &history, findings);
            }
        }
    }
}

/// Names of which the channel itself says what they show, against the latest earlier round that
/// said so.
fn judge_stated<'s>(
    scene: &Scene<'s>,
    position: usize,
    view: &'s ChannelView<'s>,
    findings: &mut Vec<Finding>,
) {
    let listed = view.listings.iter().flat_map(|listed| {
        let moving = listed.listing.moving.iter();
        moving.map(|(tag, shows)| (tag, shows, listed.observation.id))
    });
    for (tag, shows, source) in listed {
        let Some((before, earlier)) = view.past.iter().rev().find_map(|past| {
            let listing = listing_of(past)?;
            Some((listing.moving.get(tag)?, (listing, *past)))
        }) else {
            continue;
        };
        if before == shows {
            continue;
        }
        for line in &scene.policy.lines {
            let Some((naming, _)) = scene.names.of(position, &line.name) else {
                continue;
            };
            let (Some(lower), Some(higher)) = (release(naming, shows), release(naming, before))
            else {
                continue;
            };
            let (listing, observation) = earlier;
            let backport =
                !listing.entries.contains_key(shows) && lower.series() != higher.series();
            if lower.precedence(&higher) != Some(Ordering::Less) || backport {
                continue;
            }
            let message = format!(
                "{}: `{}` was `{}` at {} and is `{}`",
                view.channel.name,
                visible_line(tag),
                visible_line(before),
                observation.at,
                visible_line(shows),
            );
            let mut finding = RULE
                .about_component(scene, message)
                .because([observation.id, source])
                .hint("find out who moved the tag");
            finding.channel = Some(view.channel.name.clone());
            finding.line = Some(line.name.clone());
            finding.version = Some(visible(lower.text(), 100));
            findings.push(finding);
        }
    }
}

fn listing_of(observation: &Observation) -> Option<&Listing> {
    match &observation.answer {
        Answer::Seen {
            facts: Facts::Listing(listing),
            ..
        } => Some(listing),
        _ => None,
    }
}

fn release(naming: &Naming, name: &str) -> Option<Version> {
    match naming.read(name) {
        Reading::Release {
            version,
            variant: None,
        } => Some(version),
        _ => None,
    }
}

/// One channel under one line.
struct Channel<'s> {
    view: &'s ChannelView<'s>,
    naming: &'s Naming,
    index: &'s NameIndex<'s>,
    line: &'s Line,
}

/// The releases of one round.
#[derive(Default)]
struct Round<'s> {
    highest: HashMap<Digest, Version>,
    names: HashSet<&'s str>,
}

impl<'s> Channel<'s> {
    fn judge(&self, scene: &Scene<'s>, history: &History<'s>, findings: &mut Vec<Finding>) {
        let mut present: Option<Round<'s>> = None;
        let mut rounds: BTreeMap<Time, Round<'s>> = BTreeMap::new();
        for name in &self.index.floating {
            let Some((now, source)) = self.shown(name) else {
                continue;
            };
            let Some((before, earlier)) = history.last(name, |entry| entry.digest) else {
                continue;
            };
            if now == before {
                continue;
            }
            let present = present.get_or_insert_with(|| self.present());
            let round = earlier.observation.round;
            let then = rounds.entry(round).or_insert_with(|| self.earlier(round));
            let (Some(lower), Some(higher)) =
                (present.highest.get(&now), then.highest.get(&before))
            else {
                continue;
            };
            if lower.precedence(higher) != Some(Ordering::Less)
                || self.is_backport(lower, higher, then)
            {
                continue;
            }
            let message = format!(
                "{}: `{}` was `{}` at {} and is `{}`",
                self.view.channel.name,
                visible_line(name),
                visible_line(higher.text()),
                earlier.observation.at,
                visible_line(lower.text()),
            );
            let version = lower.convert(self.line.scheme);
            let mut finding = RULE
                .about_component(scene, message)
                .because([earlier.observation.id, source])
                .digests([before.to_string(), now.to_string()])
                .hint("find out who moved the tag");
            finding.channel = Some(self.view.channel.name.clone());
            finding.line = Some(self.line.name.clone());
            finding.version = Some(visible(version.as_ref().unwrap_or(lower).text(), 100));
            findings.push(finding);
        }
    }

    /// What the present round shows under a name, and the observation that says so.
    fn shown(&self, name: &str) -> Option<(Digest, Digest)> {
        match self.view.look_up(name) {
            Lookup::Present(_, sources) => sources
                .iter()
                .find_map(|source| Some((source.entry.digest?, source.observation.id))),
            _ => None,
        }
    }

    fn present(&self) -> Round<'s> {
        let mut round = Round::default();
        for (name, version) in &self.index.releases {
            round.names.insert(name);
            if let Some((digest, _)) = self.shown(name) {
                round.add(digest, version.clone());
            }
        }
        round
    }

    fn earlier(&self, at: Time) -> Round<'s> {
        let mut round = Round::default();
        let mut read = |name: &'s str, entry: &Entry| {
            let Reading::Release {
                version,
                variant: None,
            } = self.naming.read(name)
            else {
                return;
            };
            round.names.insert(name);
            if let Some(digest) = entry.digest {
                round.add(digest, version);
            }
        };
        let observations = self.view.past.iter().filter(|it| it.round == at);
        for observation in observations {
            let Answer::Seen { facts, .. } = &observation.answer else {
                continue;
            };
            match (facts, &observation.query) {
                (Facts::Listing(listing), _) => {
                    for (name, entry) in &listing.entries {
                        read(name, entry);
                    }
                }
                (Facts::Entry(entry), Query::Entry(name)) => read(name, entry),
                _ => {}
            }
        }
        round
    }

    /// Another series, and new since that round.
    fn is_backport(&self, lower: &Version, higher: &Version, then: &Round<'_>) -> bool {
        let names = self.index.of_version(self.naming, lower);
        let is_new = names.iter().all(|name| !then.names.contains(name));
        is_new && lower.series() != higher.series()
    }
}

impl Round<'_> {
    /// Of several releases with one image the highest counts.
    fn add(&mut self, digest: Digest, version: Version) {
        match self.highest.get(&digest) {
            Some(best) if version.precedence(best) != Some(Ordering::Greater) => {}
            _ => {
                self.highest.insert(digest, version);
            }
        }
    }
}
