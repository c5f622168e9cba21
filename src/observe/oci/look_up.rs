//! What exact tags name: digests by HEAD, platforms from the index or the image behind them.
//!
//! A tag is resolved once; everything after that goes by its digest (THREATS rows 6 and 27).

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use super::contents::{Platforms, platforms_of};
use super::image::is_tag;
use super::manifest::{self, Manifest};
use super::pushes::{Pushed, Pushes};
use super::registry::{Asked, Registry};
use crate::model::{
    Answer, Coverage, Digest, Entry, Facts, Failure, FailureKind, Observation, Query, RedactedUrl,
    Time, Wanted,
};
use crate::observe::http::{Reply, Request, Unanswered};
use crate::observe::several::several;
use crate::observe::{Asking, malformed, now};

/// The most names of a round.
const NAMES: usize = 1_000;

/// Names that are looked up at a time; the client keeps fewer requests to a host.
const AT_A_TIME: usize = 8;

/// How much longer than one question all names together may take.
const TIMES_LONGER: u32 = 10;

/// A tag that was asked for.
struct Resolved<'w> {
    wanted: &'w Wanted,
    label: String,
    endpoint: RedactedUrl,
    at: Time,
    outcome: Outcome,
}

enum Outcome {
    Names(Named),
    Absent,
    Unknown(Box<Unanswered>),
}

/// What a tag names.
struct Named {
    digest: Digest,
    /// The bytes were read, not only their digest told.
    read: Option<Manifest>,
    /// Whether they were confirmed by a 304.
    unchanged: bool,
}

/// Looks all names up, some at a time.
pub(super) async fn look_up(
    registry: &Registry,
    pushes: &Pushes,
    asking: &Asking<'_>,
    wanted: &[Wanted],
) -> Vec<Observation> {
    let end = Instant::now() + asking.client.limits().total * TIMES_LONGER;
    let mut known = BTreeSet::new();
    let names = wanted.iter().filter(|it| known.insert(&it.name));
    let names: Vec<&Wanted> = names.collect();
    let (names, surplus) = names.split_at(names.len().min(NAMES));

    let questions = names.iter().map(|it| resolve(registry, asking, it, end));
    let resolved = several(questions.collect(), AT_A_TIME).await;

    // A name that moves is compared by its digest alone.
    let mut platforms: BTreeMap<Digest, Option<&Manifest>> = BTreeMap::new();
    for tag in &resolved {
        if let (Outcome::Names(named), Some(_)) = (&tag.outcome, &tag.wanted.line) {
            let read = platforms.entry(named.digest).or_default();
            *read = read.or(named.read.as_ref());
        }
    }
    let questions = platforms
        .into_iter()
        .map(|(digest, read)| platforms_of(registry, asking, digest, read, end));
    let platforms = several(questions.collect(), AT_A_TIME).await;
    let platforms: BTreeMap<Digest, Platforms> = platforms.into_iter().collect();

    let released = resolved
        .iter()
        .map(|tag| match (&tag.outcome, &tag.wanted.line) {
            (Outcome::Names(named), Some(_)) => Some((tag.wanted.name.as_str(), named.digest)),
            _ => None,
        });
    let released: Vec<_> = released.collect();
    let repository = registry.image().repository();
    let pushed = pushes.of(asking.client, repository, &released, end).await;

    let mut observations = Vec::with_capacity(wanted.len());
    for (tag, pushed) in resolved.into_iter().zip(pushed) {
        observations.extend(observe(asking, tag, pushed, &platforms));
    }
    for name in surplus {
        let endpoint = RedactedUrl::of(&registry.url(&["manifests", &name.name]));
        let why = Failure {
            kind: FailureKind::TooLarge,
            detail: format!("not asked: more than {NAMES} tags are in question at once"),
        };
        let answer = Answer::Failed {
            why,
            retry_at: None,
        };
        let query = Query::Entry(name.name.clone());
        observations.extend(asking.observe(now(), "anonymous", endpoint, query, answer));
    }
    observations
}

/// Asks what a tag names.
async fn resolve<'w>(
    registry: &Registry,
    asking: &Asking<'_>,
    wanted: &'w Wanted,
    end: Instant,
) -> Resolved<'w> {
    let url = registry.url(&["manifests", &wanted.name]);
    let endpoint = RedactedUrl::of(&url);
    let unasked = |why: Failure| Resolved {
        wanted,
        label: "anonymous".to_owned(),
        endpoint: endpoint.clone(),
        at: now(),
        outcome: Outcome::Unknown(Box::new(Unanswered::of(why))),
    };
    if !is_tag(&wanted.name) {
        return unasked(malformed("no registry can have a tag of this name"));
    }
    if Instant::now() > end {
        return unasked(too_late());
    }
    let head = Request::head(url.clone(), manifest::ACCEPT);
    let mut asked = registry.send(asking.client, head).await;
    // A registry that tells no digest, or takes no HEAD, is asked for the bytes.
    let told = match &asked.outcome {
        Ok(reply) => reply.headers.contains_key("docker-content-digest"),
        Err(unanswered) => !matches!(unanswered.status, Some(405 | 501)),
    };
    if !told {
        let get = Request::get(url, manifest::ACCEPT).body_cap(manifest::MANIFEST_BYTES);
        asked = registry.send(asking.client, get).await;
    }
    let Asked { label, outcome } = asked;
    let (at, outcome) = match outcome {
        Ok(reply) => (reply.at, named(&reply, told)),
        Err(unanswered) if unanswered.is_not_found() => (unanswered.at, Outcome::Absent),
        Err(unanswered) => (unanswered.at, Outcome::Unknown(unanswered)),
    };
    Resolved {
        wanted,
        label,
        endpoint,
        at,
        outcome,
    }
}

/// What an answer says that the tag names; `told` where only the headers came.
fn named(reply: &Reply, told: bool) -> Outcome {
    let read = || {
        let stated = reply.headers.get("docker-content-digest");
        let stated = stated
            .map(|value| manifest::digest(value.to_str().unwrap_or_default()))
            .transpose()?;
        let media_type = reply.media_type();
        manifest::kind_of(&media_type)?;
        if told {
            let digest = stated.ok_or_else(|| malformed("no digest"))?;
            return Ok(Named {
                digest,
                read: None,
                unchanged: false,
            });
        }
        if stated.is_some_and(|stated| stated != reply.digest) {
            return Err(malformed(format!(
                "the registry tells another digest than that of the bytes, {}",
                reply.digest
            )));
        }
        Ok(Named {
            digest: reply.digest,
            read: Some(manifest::parse_manifest(&reply.body, &media_type)?),
            unchanged: reply.unchanged,
        })
    };
    match read() {
        Ok(named) => Outcome::Names(named),
        Err(why) => Outcome::Unknown(Box::new(Unanswered::of(why))),
    }
}

/// What is known of a tag. Where only its platforms could not be read, its digest counts all the
/// same, and the answer is partial.
fn observe(
    asking: &Asking<'_>,
    tag: Resolved<'_>,
    pushed: Pushed,
    platforms: &BTreeMap<Digest, Platforms>,
) -> Vec<Observation> {
    let name = tag.wanted.name.as_str();
    let failed = |unanswered: &Unanswered| Answer::Failed {
        why: unanswered.failure.clone(),
        retry_at: unanswered.retry_at,
    };
    let answer = match &tag.outcome {
        Outcome::Absent => return asking.absent(tag.at, &tag.label, tag.endpoint, name),
        Outcome::Unknown(unanswered) => failed(unanswered),
        Outcome::Names(named) => {
            let mut entry = Entry {
                digest: Some(named.digest),
                published: pushed.at,
                publisher: pushed.by,
                ..Entry::default()
            };
            let asked = tag
                .wanted
                .line
                .as_ref()
                .and_then(|_| platforms.get(&named.digest));
            let coverage = match asked {
                Some(Ok(platforms)) => {
                    entry.platforms.clone_from(platforms);
                    Coverage::Complete
                }
                // Bytes that are not what their digest says: nothing that this registry says of the
                // tag can be believed.
                Some(Err(lied)) if lied.failure.kind == FailureKind::Malformed => {
                    let query = Query::Entry(name.to_owned());
                    return asking.observe(tag.at, &tag.label, tag.endpoint, query, failed(lied));
                }
                Some(Err(unanswered)) => Coverage::Partial {
                    stopped_at: "its platforms".to_owned(),
                    why: unanswered.failure.clone(),
                },
                None => Coverage::Complete,
            };
            let bytes = named.read.as_ref().map(|_| named.digest);
            let bytes =
                bytes.or_else(|| asked.and_then(|it| it.as_ref().ok()).map(|_| named.digest));
            let (body, unchanged_since) = match named.unchanged {
                true => (None, bytes),
                false => (bytes, None),
            };
            Answer::Seen {
                facts: Facts::Entry(entry),
                body,
                unchanged_since,
                coverage,
            }
        }
    };
    let query = Query::Entry(name.to_owned());
    asking.observe(tag.at, &tag.label, tag.endpoint, query, answer)
}

/// Why a question was not asked any more.
pub(super) fn too_late() -> Failure {
    Failure {
        kind: FailureKind::Timeout,
        detail: "not asked: looking the tags up took too long".to_owned(),
    }
}
