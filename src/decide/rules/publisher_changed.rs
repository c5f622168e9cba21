//! `publisher-changed`: somebody else published this version than the one before it.

use std::collections::BTreeSet;

use crate::decide::attested::{Attached, Ledger, artifacts};
use crate::decide::rule::{Judge, Rests, Rule};
use crate::decide::scene::{Case, Scene};
use crate::decide::view::{ChannelView, Lookup};
use crate::model::{Digest, Finding, Level, Severity, visible_line};
use crate::verify::BuildKind;

pub(super) const RULE: Rule = Rule {
    code: "publisher-changed",
    severity: Severity::Deny,
    mismatch: Level::Low,
    suspicion: Level::High,
    conflict: true,
    set_apart: false,
    title: "the publisher differs from the series' previous version",
    explain: "Who published this version, as the channel states it (npm's `_npmUser`, Docker Hub's \
              last pusher) or as the certificate of a publish attestation does, is somebody else \
              than for the previous version of the same series. A first attestation is no change, \
              and one that is no longer there is `provenance-lost`. Who cut a release of the \
              source is not compared.\n\n\
              Usual causes: another maintainer published; publishing moved into a workflow or out \
              of it; a stolen account.\n\n\
              What to do: ask both; a waiver of this version's digests says that it is right.",
    judge: Judge::Each(judge),
};

/// Who published one version: as the channel says, and as certificates do.
struct Publishers {
    stated: Option<String>,
    signed: BTreeSet<String>,
    because: Vec<Digest>,
}

fn judge<'a>(scene: &Scene<'a>, cases: &[Case<'a>], findings: &mut Vec<Finding>) {
    let ledger = scene.ledger();
    for case in cases {
        for standing in case.required().filter(|it| !it.channel.traits.can_lead) {
            let Some(found) = standing.found() else {
                continue;
            };
            if found.entry.publisher.is_none() && standing.view.attached.is_empty() {
                continue;
            }
            let Some(here) = publishers(ledger, standing.view, found.name) else {
                continue;
            };
            if here.stated.is_none() && here.signed.is_empty() {
                continue;
            }
            let series = scene.series(&standing.channel.name, &case.line.name);
            let previous = series.and_then(|it| it.before(case).next());
            let Some(name) = previous else { continue };
            let Some(before) = publishers(ledger, standing.view, name) else {
                continue;
            };
            let Some((now, then)) = change(&here, &before) else {
                continue;
            };
            let message = format!(
                "{}: published by {}, and `{}` was by {}",
                standing.channel.name,
                visible_line(&now),
                visible_line(name),
                visible_line(&then),
            );
            let finding = RULE
                .about_standing(scene, case, standing, message)
                .because(here.because.into_iter().chain(before.because))
                .digests(found.digests())
                .hint("ask both; a waiver of this version's digests says that it is right");
            findings.push(finding);
        }
    }
}

/// Who it is now and who it was, where both are known and differ.
fn change(here: &Publishers, before: &Publishers) -> Option<(String, String)> {
    if let (Some(now), Some(then)) = (&here.stated, &before.stated)
        && now != then
    {
        return Some((now.clone(), then.clone()));
    }
    let known = !here.signed.is_empty() && !before.signed.is_empty();
    let stranger = here.signed.iter().find(|it| !before.signed.contains(*it))?;
    let then = before.signed.first().filter(|_| known)?;
    Some((stranger.clone(), then.clone()))
}

fn publishers<'a>(ledger: &Ledger<'a>, view: &ChannelView<'a>, name: &str) -> Option<Publishers> {
    let Lookup::Present(_, sources) = view.look_up(name) else {
        return None;
    };
    let stated = sources.iter().find_map(|it| it.entry.publisher.clone());
    let mut publishers = Publishers {
        stated,
        signed: BTreeSet::new(),
        because: sources.iter().map(|it| it.observation.id).collect(),
    };
    if view.attached.contains_key(name) {
        let entry = sources.first()?.entry;
        for artifact in artifacts(ledger, view.channel, view, name, entry) {
            if !matches!(artifact.attached, Attached::Known { .. }) {
                continue;
            }
            let published = artifact.attestations();
            let published = published.filter(|it| it.claims.kind() == BuildKind::Publish);
            let signed: Vec<String> = published.filter_map(|it| it.claims.publisher()).collect();
            if !signed.is_empty() {
                publishers.because.extend(artifact.because());
                publishers.signed.extend(signed);
            }
        }
    }
    Some(publishers)
}
