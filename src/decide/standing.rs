//! How one release stands in one channel, before any rule has judged it.

use std::collections::BTreeSet;
use std::ops::Deref;

use crate::model::version::{Naming, Version};
use crate::model::{
    Answer, Channel, Content, Coverage, Digest, Duration, Entry, Failure, FailureKind, Time,
};

use super::index::NameIndex;
use super::view::{ChannelView, Lookup, Source, Sources};

/// One release in one channel.
pub(crate) struct Standing<'a> {
    pub(crate) channel: &'a Channel,
    pub(crate) view: &'a ChannelView<'a>,
    /// The judged environment needs it.
    pub(crate) required: bool,
    /// It announces releases of this line.
    pub(crate) leads: bool,
    /// The names that the release should have here, in the order of the templates.
    pub(crate) exact: Names,
    pub(crate) presence: Presence<'a>,
}

/// Exact names in their order. Nearly always it is one, which takes no list.
pub(crate) enum Names {
    One([String; 1]),
    Several(Vec<String>),
}

impl Default for Names {
    fn default() -> Self {
        Self::Several(Vec::new())
    }
}

impl From<Vec<String>> for Names {
    fn from(names: Vec<String>) -> Self {
        match <[String; 1]>::try_from(names) {
            Ok(one) => Self::One(one),
            Err(names) => Self::Several(names),
        }
    }
}

impl Deref for Names {
    type Target = [String];

    fn deref(&self) -> &[String] {
        match self {
            Self::One(one) => one,
            Self::Several(names) => names,
        }
    }
}

/// Whether the release is there.
pub(crate) enum Presence<'a> {
    Present(Found<'a>),
    /// A lookup that earned the absence.
    Absent {
        at: Time,
        because: Digest,
    },
    Unknown {
        why: Failure,
        because: Vec<Digest>,
        retry_at: Option<Time>,
    },
    Incomparable {
        reason: String,
    },
}

/// A release that is there.
pub(crate) struct Found<'a> {
    /// The name under which it is shown.
    pub(crate) name: &'a str,
    /// What was said about that name, merged from every source of the round.
    pub(crate) entry: Said<'a>,
    /// Everything that was said about it.
    pub(crate) sources: Sources<'a>,
    /// Other names of the same release, with what was said about them.
    pub(crate) others: Vec<(&'a str, Source<'a>)>,
}

/// What one source said, or what several say together.
pub(crate) enum Said<'a> {
    Once(&'a Entry),
    Together(Box<Entry>),
}

impl Deref for Said<'_> {
    type Target = Entry;

    fn deref(&self) -> &Entry {
        match self {
            Self::Once(entry) => entry,
            Self::Together(entry) => entry,
        }
    }
}

impl<'a> Standing<'a> {
    /// Looks a release up: by its exact names, else by its canonical form.
    pub(crate) fn of(
        view: &'a ChannelView<'a>,
        naming: &Naming,
        index: &NameIndex<'a>,
        version: &Version,
        required: bool,
        leads: bool,
    ) -> Self {
        let channel = view.channel;
        let (exact, presence) = match naming.exact_and_key(version) {
            Err(incomparable) => {
                let reason = incomparable.to_string();
                (Names::default(), Presence::Incomparable { reason })
            }
            Ok((names, key)) => {
                let same = index.of_key(naming, version, &key);
                let presence = presence(view, version, &names, same);
                (names.into(), presence)
            }
        };
        Self {
            channel,
            view,
            required,
            leads,
            exact,
            presence,
        }
    }

    pub(crate) fn found(&self) -> Option<&Found<'a>> {
        match &self.presence {
            Presence::Present(found) => Some(found),
            _ => None,
        }
    }

    /// Server-asserted, or from the round in which the name was first there after a round that
    /// lacked it; without either there is no clock.
    pub(crate) fn clock(&self) -> Option<Time> {
        let found = self.found()?;
        found
            .entry
            .earliest_time()
            .or_else(|| self.view.appeared(found.name))
    }

    /// The name that is shown: as seen, else as looked up.
    pub(crate) fn shown_name(&self) -> Option<String> {
        match self.found() {
            Some(found) => Some(found.name.to_owned()),
            None => self.exact.first().cloned(),
        }
    }

    pub(crate) fn holds_images(&self) -> bool {
        self.channel.traits.content == Content::Image
    }
}

impl<'a> Found<'a> {
    fn new(name: &'a str, sources: Sources<'a>, others: Vec<(&'a str, Source<'a>)>) -> Self {
        let entry = match &*sources {
            [one] => Said::Once(one.entry),
            several => Said::Together(Box::new(merged(several))),
        };
        Self {
            name,
            entry,
            sources,
            others,
        }
    }

    /// The other names of the release, each with the sources and with what they say together.
    pub(crate) fn other_names(&self) -> impl Iterator<Item = (&'a str, Vec<Source<'a>>, Entry)> {
        let names = self.others.chunk_by(|one, other| one.0 == other.0);
        names.filter_map(|said| {
            let (name, _) = said.first()?;
            let sources: Vec<Source<'a>> = said.iter().map(|(_, source)| *source).collect();
            let entry = merged(&sources);
            Some((*name, sources, entry))
        })
    }

    /// Ids of the observations that it rests on.
    pub(crate) fn because(&self) -> Vec<Digest> {
        self.sources
            .iter()
            .map(|source| source.observation.id)
            .collect()
    }

    /// Whether every answer about it was read whole: what a broken one did not say is not absent.
    pub(crate) fn is_whole(&self) -> bool {
        let whole = |source: &Source<'_>| {
            matches!(
                &source.observation.answer,
                Answer::Seen {
                    coverage: Coverage::Complete,
                    ..
                }
            )
        };
        self.sources.iter().all(whole)
    }

    /// Everything that identifies its content, as a waiver names it.
    pub(crate) fn digests(&self) -> Vec<String> {
        digests_of(&self.entry)
    }
}

/// Everything that identifies an entry's content: `git:<commit>`, `sha256:…`, sorted.
pub(crate) fn digests_of(entry: &Entry) -> Vec<String> {
    let commit = entry.commit.as_ref().map(|commit| format!("git:{commit}"));
    let digests: BTreeSet<Digest> = content_digests(entry).collect();
    let digests = digests.into_iter().map(|digest| digest.to_string());
    commit.into_iter().chain(digests).collect()
}

/// The digests of an entry's content: its own and its files'.
pub(crate) fn content_digests(entry: &Entry) -> impl Iterator<Item = Digest> {
    let files = entry.files.values().filter_map(|file| file.digest);
    entry.digest.into_iter().chain(files)
}

fn presence<'a>(
    view: &ChannelView<'a>,
    version: &Version,
    exact: &[String],
    same: impl Iterator<Item = &'a str>,
) -> Presence<'a> {
    // Nearly always it is one.
    let mut first: Option<(&'a str, Sources<'a>)> = None;
    let mut others: Vec<(&'a str, Source<'a>)> = Vec::new();
    let mut absent = None;
    let mut unknown = None;
    for name in exact {
        match view.look_up(name) {
            Lookup::Present(name, sources) if first.is_none() => first = Some((name, sources)),
            Lookup::Present(name, sources) => {
                others.extend(sources.iter().map(|source| (name, *source)));
            }
            Lookup::Absent(observation) => absent = Some(observation),
            Lookup::Unknown {
                why,
                because,
                retry_at,
            } => {
                unknown.get_or_insert((why, because, retry_at));
            }
        }
    }
    // An exact name that nobody can say anything about may hold anything: nothing that another
    // name says makes that good.
    if let Some((why, because, retry_at)) = unknown {
        return Presence::Unknown {
            why,
            because,
            retry_at,
        };
    }
    for name in same {
        let known = first.as_ref().is_some_and(|(known, _)| *known == name);
        if known || others.iter().any(|(known, _)| *known == name) {
            continue;
        }
        match view.look_up(name) {
            Lookup::Present(name, sources) if first.is_none() => first = Some((name, sources)),
            Lookup::Present(name, sources) => {
                others.extend(sources.iter().map(|source| (name, *source)));
            }
            Lookup::Absent(_) => {}
            // Another spelling of which the answers disagree may be a collision.
            Lookup::Unknown {
                why,
                because,
                retry_at,
            } => {
                return Presence::Unknown {
                    why,
                    because,
                    retry_at,
                };
            }
        }
    }
    if let Some((name, sources)) = first {
        return Presence::Present(Found::new(name, sources, others));
    }
    let text = version.text();
    if let Some((thing, id)) = view.unnamed().find(|(thing, _)| thing.contains(text)) {
        let detail = format!(
            "`{}` may be this version",
            crate::model::visible(thing, 100)
        );
        let why = Failure {
            kind: FailureKind::Stale,
            detail,
        };
        return Presence::Unknown {
            why,
            because: vec![id],
            retry_at: None,
        };
    }
    match absent {
        Some(observation) => Presence::Absent {
            at: observation.at,
            because: observation.id,
        },
        None => Presence::Unknown {
            why: Failure {
                kind: FailureKind::Stale,
                detail: "not asked in the present round".to_owned(),
            },
            because: Vec::new(),
            retry_at: None,
        },
    }
}

/// What several answers of one round say together: the first that states a fact counts. Where two
/// state a file's hash and differ, the rules see both through the sources.
fn merged(sources: &[Source<'_>]) -> Entry {
    let mut all = Entry::default();
    for entry in sources.iter().map(|source| source.entry) {
        all.version = all.version.or_else(|| entry.version.clone());
        all.commit = all.commit.or_else(|| entry.commit.clone());
        all.digest = all.digest.or(entry.digest);
        all.published = all.published.into_iter().chain(entry.published).min();
        all.draft |= entry.draft;
        all.prerelease = all.prerelease.or(entry.prerelease);
        all.immutable = all.immutable.or(entry.immutable);
        all.publisher = all.publisher.or_else(|| entry.publisher.clone());
        for (platform, digest) in &entry.platforms {
            all.platforms.entry(platform.clone()).or_insert(*digest);
        }
        for (branch, contains) in &entry.branches {
            all.branches.entry(branch.clone()).or_insert(*contains);
        }
        for (key, version) in &entry.object_versions {
            let versions = all.object_versions.entry(key.clone());
            versions.or_insert_with(|| version.clone());
        }
        for (name, file) in &entry.files {
            let known = all.files.entry(name.clone()).or_default();
            known.digest = known.digest.or(file.digest);
            known.stated = known.stated.or(file.stated);
            known.attested = known.attested.max(file.attested);
            known.size = known.size.or(file.size);
            known.uploaded = known.uploaded.into_iter().chain(file.uploaded).min();
            known.id = known.id.or(file.id);
            known.yanked |= file.yanked;
        }
    }
    all
}

/// The end of a window that begins at `start`.
pub(crate) fn window_end(start: Time, window: Duration) -> Time {
    start.plus(window)
}
