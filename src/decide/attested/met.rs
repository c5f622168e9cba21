//! Whether what is attached to the artifacts of a release is what one table needs.

use crate::decide::scene::{Case, Scene};
use crate::decide::standing::Standing;
use crate::model::version::Template;
use crate::model::{
    Answer, ArtifactDigest, Commit, Commitment, Content, Digest, Facts, Provenance, ProvenanceKind,
};

use super::attached::{Artifact, Attached, Attestation, Ledger};
use super::claims::Claims;
use super::departure::{self, Departure};
use crate::verify::BuildKind;

/// What a table needs of one release.
pub(crate) struct Wanted<'s> {
    pub(super) table: &'s Provenance,
    /// The repository that must have been built, and the host's number for it.
    pub(super) source: Option<&'s str>,
    pub(super) repository_id: Option<u64>,
    /// The git reference that must have been built.
    pub(super) reference: Option<String>,
    /// The commit that must have been built; see [`TagCommit`].
    pub(super) commit: TagCommit<'s>,
}

/// The commit that a build must state.
pub(super) enum TagCommit<'s> {
    /// Any.
    Any,
    /// The one behind the leading tag.
    Is(&'s Commit),
    /// The one behind the leading tag, which nobody states.
    Unstated,
}

/// One artifact, by its position, and what a table finds.
pub(crate) struct Met {
    pub(crate) artifact: usize,
    pub(crate) held: Held,
}

/// What a table finds about one artifact.
#[derive(Clone)]
pub(crate) enum Held {
    /// Nobody can say what is attached, or which digest it has.
    NotKnown,
    /// No attestation of its kind that verifies; whether there is one of the other kind.
    Missing { other: bool },
    /// The one that comes closest departs from what the table says.
    Departs(Vec<Departure>),
    /// The one that comes closest does not state what the table compares, in words.
    Unstated(String),
    /// These are as the table says.
    Passed(Vec<Claims>),
}

impl<'s> Wanted<'s> {
    pub(super) fn of(scene: &'s Scene<'_>, case: &'s Case<'_>, table: &'s Provenance) -> Self {
        let component = &scene.policy.component;
        let is_implied = table.declared_at == 0;
        let reference = table.reference.as_ref().and_then(|text| {
            let template = Template::file(text).ok()?;
            Some(template.render(component.name.as_str(), case.version.bare_text()))
        });
        let commit = match (table.commit, tag_commit(case)) {
            (Commitment::Any, _) => TagCommit::Any,
            (Commitment::Tag, Some(commit)) => TagCommit::Is(commit),
            (Commitment::Tag, None) if is_implied => TagCommit::Any,
            (Commitment::Tag, None) => TagCommit::Unstated,
        };
        let own = table.source.as_deref();
        Self {
            table,
            source: own.or(component.source.as_deref()),
            // The number is that of the component's repository.
            repository_id: component.repository_id.filter(|_| own.is_none()),
            reference,
            commit,
        }
    }
}

/// The commit behind the leading channel's name of a release, else behind its git tag in another
/// required channel.
fn tag_commit<'c>(case: &'c Case<'_>) -> Option<&'c Commit> {
    let of = |standing: &'c Standing<'_>| {
        let found = standing.found()?;
        found.entry.commit.as_ref().filter(|_| !found.entry.draft)
    };
    let tags = |it: &&Standing<'_>| it.channel.traits.content == Content::Commit;
    let leader = case.leader().and_then(of);
    leader.or_else(|| case.required().filter(tags).find_map(of))
}

/// What a table finds: about each artifact; of an image about the whole, or where that has no
/// attestation of its own, about each platform.
pub(super) fn met(
    wanted: &Wanted<'_>,
    standing: &Standing<'_>,
    artifacts: &[Artifact<'_>],
) -> Vec<Met> {
    let all: Vec<Met> = artifacts
        .iter()
        .enumerate()
        .map(|(artifact, it)| Met {
            artifact,
            held: held(wanted, it),
        })
        .collect();
    if standing.channel.traits.content != Content::Image {
        return all;
    }
    let passed = |it: &Met| matches!(it.held, Held::Passed(_));
    let missing = |it: &Met| matches!(it.held, Held::Missing { .. });
    let mut platforms = all.into_iter();
    let Some(whole) = platforms.next() else {
        return Vec::new();
    };
    let platforms: Vec<Met> = platforms.collect();
    let all_pass = !platforms.is_empty() && platforms.iter().all(passed);
    let stand_there = missing(&whole) && !platforms.iter().all(missing);
    match !passed(&whole) && (all_pass || stand_there) {
        true => platforms,
        false => vec![whole],
    }
}

/// What the attestations of an earlier digest of an image say that are as a table wants them: all
/// that any round knew of it.
pub(crate) fn earlier(
    ledger: &Ledger<'_>,
    scene: &Scene<'_>,
    case: &Case<'_>,
    table: &Provenance,
    standing: &Standing<'_>,
    digest: Digest,
) -> Vec<Claims> {
    let digest = ArtifactDigest::from(digest);
    let mut documents = Vec::new();
    let present = standing.view.attached.values().flatten();
    for observation in standing.view.past.iter().chain(present) {
        let Answer::Seen {
            facts: Facts::Attestations(facts),
            ..
        } = &observation.answer
        else {
            continue;
        };
        let named = facts.artifacts.get(&digest).into_iter().flatten();
        documents.extend(named.filter_map(|it| ledger.document(*it).ok().flatten()));
    }
    let artifact = Artifact {
        label: String::new(),
        digests: vec![digest],
        attached: Attached::Known {
            because: Vec::new(),
            documents,
        },
    };
    match held(&Wanted::of(scene, case, table), &artifact) {
        Held::Passed(claims) if artifact.invalid().is_empty() => claims,
        _ => Vec::new(),
    }
}

fn held(wanted: &Wanted<'_>, artifact: &Artifact<'_>) -> Held {
    if !matches!(artifact.attached, Attached::Known { .. }) {
        return Held::NotKnown;
    }
    let kind = match wanted.table.kind {
        ProvenanceKind::Build => BuildKind::Build,
        ProvenanceKind::Publish => BuildKind::Publish,
    };
    let is_trusted = |it: &&Attestation<'_>| {
        let mut domains = it.domains.iter();
        domains.any(|domain| wanted.table.trust.contains(domain))
    };
    let mut other = false;
    let mut passed = Vec::new();
    let mut closest: Option<(usize, Held)> = None;
    for attestation in artifact.attestations().filter(is_trusted) {
        let claims = &attestation.claims;
        if claims.kind() != kind {
            other = true;
            continue;
        }
        let (departures, unstated) = departure::of(wanted, claims);
        let away = departures.len() * 100 + unstated.len();
        let held = match (departures.is_empty(), unstated.into_iter().next()) {
            (true, None) => {
                passed.push(claims.clone());
                continue;
            }
            (true, Some(fact)) => Held::Unstated(fact),
            (false, _) => Held::Departs(departures),
        };
        if closest.as_ref().is_none_or(|(least, _)| away < *least) {
            closest = Some((away, held));
        }
    }
    match closest {
        _ if !passed.is_empty() => Held::Passed(passed),
        Some((_, held)) => held,
        None => Held::Missing { other },
    }
}
