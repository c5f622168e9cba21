//! What is attested about the releases in question: their artifacts, what is attached to each, and
//! whether it is what the policy needs.

mod attached;
mod claims;
mod departure;
mod met;
mod tables;

use std::collections::HashMap;

use crate::model::{ArtifactDigest, Failure, Finding, Name, Provenance, ProvenanceKind};

use super::rule::{Rests, Rule, some_of};
use super::scene::{Case, Scene};
use super::standing::Standing;

pub(crate) use attached::{Artifact, Attached, Ledger, Unknown, artifacts, listed};
pub(crate) use claims::Claims;
pub(crate) use departure::What;
pub(crate) use met::{Held, Met, earlier};
pub(crate) use tables::{applies, is_optional, tables};

/// Everything that is attested about the releases in question, as far as the policy asks for it.
pub(crate) struct Provenances<'a> {
    /// The tables of the policy and those that agreements imply.
    pub(crate) tables: Vec<Provenance>,
    /// By the position of the case and the name of the channel; only where a table applies.
    releases: HashMap<(usize, Name), OfRelease<'a>>,
}

/// One release in one channel of which an attestation is needed.
pub(crate) struct OfRelease<'a> {
    /// What its attestations must be about.
    pub(crate) artifacts: Vec<Artifact<'a>>,
    /// For each table that applies, by its position, what each artifact comes to.
    pub(crate) met: Vec<(usize, Vec<Met>)>,
}

impl<'a> Provenances<'a> {
    /// Looks at every release in question in every required channel that a table names.
    pub(crate) fn of(scene: &Scene<'a>) -> Self {
        let tables = tables(scene.policy, &scene.agreements);
        let mut releases = HashMap::new();
        if tables.is_empty() {
            return Self { tables, releases };
        }
        let ledger = scene.ledger();
        for case in &scene.cases {
            for standing in case.required() {
                let mine = |(_, table): &(usize, &Provenance)| applies(table, case, standing);
                let applying: Vec<(usize, &Provenance)> =
                    tables.iter().enumerate().filter(mine).collect();
                let (Some(found), false) = (standing.found(), applying.is_empty()) else {
                    continue;
                };
                let artifacts = artifacts(
                    ledger,
                    standing.channel,
                    standing.view,
                    found.name,
                    &found.entry,
                );
                let wanted = |table| met::Wanted::of(scene, case, table);
                let met = applying
                    .into_iter()
                    .map(|(at, table)| (at, met::met(&wanted(table), standing, &artifacts)))
                    .collect();
                let key = (case.number, standing.channel.name.clone());
                releases.insert(key, OfRelease { artifacts, met });
            }
        }
        Self { tables, releases }
    }

    /// What is attested about a release in a channel; nothing where no table applies.
    pub(crate) fn about(&self, case: &Case<'_>, standing: &Standing<'_>) -> Option<&OfRelease<'a>> {
        if self.releases.is_empty() {
            return None;
        }
        self.releases
            .get(&(case.number, standing.channel.name.clone()))
    }
}

impl<'a> OfRelease<'a> {
    /// Whether a table needs something to be there.
    pub(crate) fn is_needed(&self, tables: &[Provenance]) -> bool {
        self.met
            .iter()
            .any(|(table, _)| !is_optional(&tables[*table]))
    }

    /// Why what is attached to an artifact is not known, of the first of which it is not.
    pub(crate) fn unknown(&self) -> Option<&Unknown> {
        self.artifacts.iter().find_map(|it| match &it.attached {
            Attached::Unknown(unknown) => Some(unknown),
            Attached::NotStated | Attached::Known { .. } => None,
        })
    }

    /// Whether its builds say from which commit they are, as `same-commit` needs it: something asks
    /// for them, and each that is as it should be states one. What is missing or wrong is found by
    /// its own rule.
    pub(crate) fn states_commit(&self, tables: &[Provenance]) -> bool {
        let builds = self.met.iter();
        let builds = builds.filter(|(at, _)| tables[*at].kind == ProvenanceKind::Build);
        let mut met = builds.flat_map(|(_, met)| met).peekable();
        let states = |it: &Met| match &it.held {
            Held::Passed(claims) => claims.iter().any(|it| it.commit().is_some()),
            _ => true,
        };
        met.peek().is_some() && met.all(states)
    }

    /// The fact that a table needs and that the channel, or an attestation, does not state.
    pub(crate) fn unstated(&self, tables: &[Provenance]) -> Option<String> {
        let needed = |(table, _): &&(usize, Vec<Met>)| !is_optional(&tables[*table]);
        if !self.is_needed(tables) {
            return None;
        }
        if self.artifacts.is_empty() {
            return Some("any file that could be attested".to_owned());
        }
        let silent = |it: &&Artifact<'_>| matches!(it.attached, Attached::NotStated);
        if let Some(artifact) = self.artifacts.iter().find(silent) {
            return Some(format!("the digest of {}", artifact.name()));
        }
        let all = self.met.iter().filter(needed).flat_map(|(_, met)| met);
        let mut facts = all.filter_map(|met| match &met.held {
            Held::Unstated(fact) => Some(fact.clone()),
            _ => None,
        });
        facts.next()
    }
}

/// Digests as a waiver names them.
pub(crate) fn texts(digests: &[ArtifactDigest]) -> impl Iterator<Item = String> + '_ {
    digests.iter().map(ArtifactDigest::to_string)
}

/// A release whose attestations are needed, with its case, for a rule to look at.
pub(crate) fn each<'s, 'a>(
    scene: &'s Scene<'a>,
) -> impl Iterator<Item = (&'s Case<'a>, &'s Standing<'a>, &'s OfRelease<'a>)> {
    let provenances = scene.provenances();
    let cases = match provenances.releases.is_empty() {
        true => &[][..],
        false => &scene.cases,
    };
    cases.iter().flat_map(move |case| {
        let standings = case.required();
        standings.filter_map(move |standing| {
            let about = provenances.about(case, standing)?;
            Some((case, standing, about))
        })
    })
}

/// That nobody can say what is attached.
fn unknown(why: Failure, because: Vec<crate::model::Digest>) -> Unknown {
    Unknown {
        why,
        because,
        retry_at: None,
    }
}

/// Why nobody can say what is attached to a release in a channel, where that is needed.
pub(crate) fn not_known(
    scene: &Scene<'_>,
    case: &Case<'_>,
    standing: &Standing<'_>,
) -> Option<Failure> {
    let provenances = scene.provenances();
    let about = provenances.about(case, standing)?;
    let needed = !case.older && about.is_needed(&provenances.tables);
    let unknown = about.unknown().filter(|_| needed)?;
    Some(unknown.why.clone())
}

/// One finding for each table and release in a channel whose closest attestations depart from the
/// table in what a rule is about.
pub(crate) fn departed(
    rule: &Rule,
    scene: &Scene<'_>,
    what: What,
    hint: &str,
    findings: &mut Vec<Finding>,
) {
    for (case, standing, about) in each(scene) {
        for (_, met) in &about.met {
            let mut departing = Vec::new();
            for one in met {
                let Held::Departs(departures) = &one.held else {
                    continue;
                };
                if let Some(first) = departures.iter().find(|it| it.what == what) {
                    departing.push((&about.artifacts[one.artifact], first));
                }
            }
            let Some((_, first)) = departing.first() else {
                continue;
            };
            let names: Vec<String> = departing.iter().map(|(it, _)| it.name()).collect();
            let message = format!(
                "{}: {} {}",
                standing.channel.name,
                some_of(names.iter().map(String::as_str)),
                first.words,
            );
            let commits = departing.iter().filter_map(|(_, it)| it.commit.as_ref());
            let commits: Vec<String> = commits.map(|it| format!("git:{it}")).collect();
            let finding = rule
                .about_standing(scene, case, standing, message)
                .because(
                    departing
                        .iter()
                        .flat_map(|(it, _)| it.because().iter().copied()),
                )
                .digests(departing.iter().flat_map(|(it, _)| texts(&it.digests)))
                .digests(commits)
                .hint(hint);
            findings.push(finding);
        }
    }
}
