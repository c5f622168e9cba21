//! Which attestations are needed: what the policy says, and what its agreements imply.

use std::cmp::Ordering;

use crate::decide::scene::Case;
use crate::decide::standing::Standing;
use crate::model::{
    AgreeOn, Agreement, Anchor, Commitment, Digest, Name, Policy, Provenance, ProvenanceKind,
};
use crate::verify::{github, public_good};

/// The policy's tables and what follows from them and from agreements:
/// - for each channel of a `same-commit` agreement that no table wants a build attestation of, one
///   that does: built from the component's source, at the leading tag's commit;
/// - for each channel of which only build attestations are wanted, that whoever attests to have
///   published is no stranger to the source.
pub(crate) fn tables(policy: &Policy, agreements: &[Agreement]) -> Vec<Provenance> {
    let declares = |name: &Name, kind| {
        let mut tables = policy.provenance.iter();
        tables.any(|it| it.kind == kind && it.channels.contains(name))
    };
    let by_commit = agreements.iter().filter(|it| it.on == AgreeOn::SameCommit);
    let by_commit = by_commit.flat_map(|agreement| &agreement.channels);
    let mut built: Vec<Name> = Vec::new();
    for name in by_commit {
        if !declares(name, ProvenanceKind::Build) && !built.contains(name) {
            built.push(name.clone());
        }
    }
    let mut published: Vec<Name> = Vec::new();
    let named = policy.provenance.iter().flat_map(|it| &it.channels);
    for name in named.chain(&built) {
        if !declares(name, ProvenanceKind::Publish) && !published.contains(name) {
            published.push(name.clone());
        }
    }
    let mut tables = policy.provenance.clone();
    if !built.is_empty() {
        tables.push(implied(
            policy,
            built,
            ProvenanceKind::Build,
            Commitment::Tag,
        ));
    }
    if !published.is_empty() && policy.component.source.is_some() {
        let table = implied(policy, published, ProvenanceKind::Publish, Commitment::Any);
        tables.push(table);
    }
    tables
}

fn implied(
    policy: &Policy,
    channels: Vec<Name>,
    kind: ProvenanceKind,
    commit: Commitment,
) -> Provenance {
    Provenance {
        channels,
        kind,
        issuer: None,
        identities: Vec::new(),
        workflows: Vec::new(),
        builders: Vec::new(),
        source: None,
        reference: None,
        commit,
        trust: usual_trust(policy),
        since: None,
        declared_at: 0,
    }
}

/// Whom everybody trusts, as this policy has it: the public-good instance's root comes first, then
/// GitHub's own where the source is there. Each may be newer than the one that this program carries.
fn usual_trust(policy: &Policy) -> Vec<Digest> {
    let usual = [public_good(), github()];
    let domains = policy.trust.iter().zip(&usual);
    domains
        .take_while(|(it, usual)| it.label == usual.label && it.leniency == usual.leniency)
        .map(|(it, _)| it.id())
        .collect()
}

/// Whether a table judges only what is there: nothing is missing where there is none.
pub(crate) fn is_optional(table: &Provenance) -> bool {
    table.declared_at == 0 && table.kind == ProvenanceKind::Publish
}

/// Whether a table is about a release in a channel.
pub(crate) fn applies(table: &Provenance, case: &Case<'_>, standing: &Standing<'_>) -> bool {
    if !table.channels.contains(&standing.channel.name) {
        return false;
    }
    match &table.since {
        None => true,
        Some(Anchor::Version(since)) => case.version.precedence(since) != Some(Ordering::Less),
        Some(Anchor::Time(since)) => {
            let time = standing.found().and_then(|it| it.entry.earliest_time());
            time.is_none_or(|time| time >= *since)
        }
    }
}
