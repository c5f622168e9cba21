//! `asset-digest-mismatch`: one file name, two contents at one time.

use std::collections::HashMap;

use crate::decide::files;
use crate::decide::rule::{Judge, Rests, Rule, some_of};
use crate::decide::same_files::{self, Members};
use crate::decide::scene::{Case, Scene};
use crate::decide::standing::Standing;
use crate::model::{AgreeOn, Agreement, Digest, Finding, Level, Severity};

pub(super) const RULE: Rule = Rule {
    code: "asset-digest-mismatch",
    severity: Severity::Deny,
    mismatch: Level::High,
    suspicion: Level::High,
    conflict: true,
    set_apart: false,
    title: "a file has one name and different bytes",
    explain: "Two channels that must have the same files (`same-files`) have different bytes under \
              one name, two that must have the same object or file (`same-digest`) have different \
              ones, or two answers of one channel state different hashes for one file. One of \
              them is not what was built.\n\n\
              Usual causes: each channel's workflow builds for itself, and the build is not \
              reproducible. An attacker who can upload to one channel only looks the same.\n\n\
              What to do: compare the two files before anybody installs them. Build once and \
              publish the same bytes everywhere.",
    judge: Judge::Each(judge),
};

fn judge(scene: &Scene<'_>, cases: &[Case<'_>], findings: &mut Vec<Finding>) {
    let agreements = same_files::agreements(scene);
    for case in cases {
        for standing in case.required() {
            findings.extend(contradicted(scene, case, standing));
        }
        for members in &agreements {
            differing(scene, case, members, findings);
        }
        for agreement in &scene.agreements {
            if agreement.on == AgreeOn::SameDigest {
                other_bytes(scene, case, agreement, findings);
            }
        }
    }
}

/// Every channel of `same-digest` whose one object or file has other bytes than the first that
/// states any; the leader first, else as listed. Images are compared by `image-digest-mismatch`.
fn other_bytes(
    scene: &Scene<'_>,
    case: &Case<'_>,
    agreement: &Agreement,
    findings: &mut Vec<Finding>,
) {
    let standings = agreement
        .channels
        .iter()
        .filter_map(|name| case.standing(name));
    let mut sides: Vec<(&Standing<'_>, Digest)> = standings
        .filter(|standing| !standing.holds_images())
        .filter_map(|standing| Some((standing, files::one_digest(standing)?)))
        .collect();
    sides.sort_by_key(|(standing, _)| !standing.leads);
    let Some(((first, expected), others)) = sides.split_first() else {
        return;
    };
    for (other, digest) in others.iter().filter(|(_, digest)| digest != expected) {
        let message = format!(
            "{} and {} have different bytes",
            first.channel.name, other.channel.name
        );
        let because = [first, other].into_iter().filter_map(|it| it.found());
        let finding = RULE
            .about_standing(scene, case, other, message)
            .because(because.flat_map(|found| found.because()))
            .digests([expected, digest].map(Digest::to_string))
            .hint("find out what runs there, and where it was built");
        findings.push(finding);
    }
}

/// Every channel that states other bytes for a file than the first that states any.
fn differing(scene: &Scene<'_>, case: &Case<'_>, members: &Members, findings: &mut Vec<Finding>) {
    let sides = same_files::sides(case, members);
    if sides.len() < 2 {
        return;
    }
    let mut known: HashMap<&str, (usize, Digest)> = HashMap::new();
    for (at, side) in sides.iter().enumerate() {
        let mut names: Vec<&str> = Vec::new();
        let mut digests: Vec<Digest> = Vec::new();
        let mut others: Vec<usize> = Vec::new();
        for (name, file) in side.files() {
            let Some(digest) = file.digest else { continue };
            let (first, expected) = *known.entry(name).or_insert((at, digest));
            if expected != digest {
                names.push(name);
                digests.extend([expected, digest]);
                others.push(first);
            }
        }
        let Some(other) = others.first().and_then(|other| sides.get(*other)) else {
            continue;
        };
        let message = format!(
            "{} and {} have different bytes for {}",
            other.standing.channel.name,
            side.standing.channel.name,
            some_of(names.into_iter()),
        );
        let resting = others.iter().filter_map(|other| sides.get(*other));
        let because = resting.flat_map(|other| other.found.because());
        let finding = RULE
            .about_standing(scene, case, side.standing, message)
            .because(because.chain(side.found.because()))
            .digests(digests.iter().map(Digest::to_string))
            .hint("compare the files before anybody installs them");
        findings.push(finding);
    }
}

/// Two answers of the present round that state different hashes for one file of a channel.
fn contradicted(scene: &Scene<'_>, case: &Case<'_>, standing: &Standing<'_>) -> Option<Finding> {
    let found = standing.found()?;
    if found.sources.len() < 2 {
        return None;
    }
    let mut known: HashMap<&str, Digest> = HashMap::new();
    let mut names: Vec<&str> = Vec::new();
    let mut digests: Vec<Digest> = Vec::new();
    for source in found.sources.iter() {
        for (name, file) in &source.entry.files {
            let Some(digest) = file.digest else { continue };
            let expected = *known.entry(name).or_insert(digest);
            if expected != digest {
                names.push(name);
                digests.extend([expected, digest]);
            }
        }
    }
    if names.is_empty() {
        return None;
    }
    let message = format!(
        "two answers of {} state different hashes for {}",
        standing.channel.name,
        some_of(names.into_iter()),
    );
    Some(
        RULE.about_standing(scene, case, standing, message)
            .because(found.because())
            .digests(digests.iter().map(Digest::to_string))
            .hint("ask again; if the answers still differ, the index or a mirror serves two files"),
    )
}
