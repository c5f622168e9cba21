//! `commit-mismatch`: two channels state different commits for one release.

use std::collections::BTreeSet;

use crate::decide::attested::{Held, OfRelease, What, departed, texts};
use crate::decide::rule::{Judge, Rests, Rule};
use crate::decide::scene::{Case, Scene};
use crate::decide::standing::{Found, Standing};
use crate::model::version::Scheme;
use crate::model::{AgreeOn, Commit, Finding, Level, ProvenanceKind, Severity};

pub(super) const RULE: Rule = Rule {
    code: "commit-mismatch",
    severity: Severity::Deny,
    mismatch: Level::High,
    suspicion: Level::Low,
    conflict: true,
    set_apart: false,
    title: "one release, two commits",
    explain: "Two channels state a commit for this release and name different ones, or the version \
              itself holds a commit (a development build) and a channel states another. Or a build \
              attestation says that an artifact was built from another commit than the leading \
              tag names, or than the other channels of a `same-commit` agreement were; a publish \
              attestation's commit never counts.\n\n\
              Usual causes: the tag was cut after the package was built; a release was made from \
              another clone; a tag was moved between two publications.\n\n\
              What to do: find out which commit was built, and release that one again everywhere.",
    judge: Judge::Whole(judge),
};

/// What a draft says does not count: it has no tag yet.
fn judge(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    for case in &scene.cases {
        let mut stating: Vec<(&Standing<'_>, &Found<'_>, &Commit)> = case
            .required()
            .filter_map(|standing| {
                let found = standing.found()?;
                let commit = found.entry.commit.as_ref()?;
                (!found.entry.draft).then_some((standing, found, commit))
            })
            .collect();
        stating.sort_by_key(|(standing, _, _)| !standing.leads);
        let own = named_commit(case);
        for (standing, found, commit) in &stating {
            let Some(own) = own.as_deref().filter(|own| !is_prefix(own, commit)) else {
                continue;
            };
            let message = format!(
                "{} states commit {}, but the version names {}",
                standing.channel.name,
                commit.short(),
                own,
            );
            let finding = RULE
                .about_standing(scene, case, standing, message)
                .because(found.because())
                .digests([format!("git:{commit}")])
                .hint("find out which commit was built");
            findings.push(finding);
        }
        let Some(((first, one, expected), others)) = stating.split_first() else {
            continue;
        };
        for (standing, found, commit) in others {
            if commit == expected {
                continue;
            }
            let message = format!(
                "{} states commit {}, {} states {}",
                first.channel.name,
                expected.short(),
                standing.channel.name,
                commit.short(),
            );
            let finding = RULE
                .about_standing(scene, case, standing, message)
                .because(one.because().into_iter().chain(found.because()))
                .digests([format!("git:{expected}"), format!("git:{commit}")])
                .hint("find out which commit was built, and release that one everywhere");
            findings.push(finding);
        }
    }
    let hint = "find out which commit was built, and release that one everywhere";
    departed(&RULE, scene, What::Commit, hint, findings);
    same_commit(scene, findings);
}

/// The commits that a release in a channel is attested to by builds that are as the policy says:
/// those that all of its artifacts have in common.
fn built_from(scene: &Scene<'_>, about: &OfRelease<'_>) -> Option<BTreeSet<String>> {
    let tables = &scene.provenances().tables;
    let builds = about
        .met
        .iter()
        .filter(|(at, _)| tables[*at].kind == ProvenanceKind::Build);
    let mut all: Option<BTreeSet<String>> = None;
    for met in builds.flat_map(|(_, met)| met) {
        let Held::Passed(claims) = &met.held else {
            return None;
        };
        let commits = claims
            .iter()
            .filter_map(|it| it.commit().map(str::to_owned));
        let commits: BTreeSet<String> = commits.collect();
        // That none is stated is no mismatch.
        if commits.is_empty() {
            return None;
        }
        all = Some(match all {
            None => commits,
            Some(known) => known.intersection(&commits).cloned().collect(),
        });
    }
    all
}

/// `same-commit`: what the channels of an agreement are attested to must be one commit.
fn same_commit(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    let agreements = scene.agreements.iter();
    for agreement in agreements.filter(|it| it.on == AgreeOn::SameCommit) {
        for case in &scene.cases {
            let sides: Vec<(&Standing<'_>, BTreeSet<String>, &OfRelease<'_>)> = agreement
                .channels
                .iter()
                .filter_map(|name| {
                    let standing = case.standing(name)?;
                    let about = scene.provenances().about(case, standing)?;
                    Some((standing, built_from(scene, about)?, about))
                })
                .collect();
            let Some(((first, expected, one), others)) = sides.split_first() else {
                continue;
            };
            let first_name = &first.channel.name;
            if expected.is_empty() {
                let message =
                    format!("{first_name}: its artifacts are attested to several commits");
                findings.push(attested(scene, case, first, message, &[one], expected));
                continue;
            }
            // One commit that all have, not one with each: reproducible bytes may have several.
            let mut shared = expected.clone();
            for (standing, commits, other) in others {
                if !commits.is_disjoint(&shared) {
                    shared = shared.intersection(commits).cloned().collect();
                    continue;
                }
                let message = format!(
                    "{first_name} is attested to commit {}, {} to {}",
                    shown(expected),
                    standing.channel.name,
                    shown(commits),
                );
                let both: BTreeSet<String> = expected.union(commits).cloned().collect();
                findings.push(attested(
                    scene,
                    case,
                    standing,
                    message,
                    &[one, other],
                    &both,
                ));
            }
        }
    }
}

fn attested(
    scene: &Scene<'_>,
    case: &Case<'_>,
    standing: &Standing<'_>,
    message: String,
    about: &[&OfRelease<'_>],
    commits: &BTreeSet<String>,
) -> Finding {
    let artifacts = || about.iter().flat_map(|it| &it.artifacts);
    RULE.about_standing(scene, case, standing, message)
        .because(artifacts().flat_map(|it| it.because().iter().copied()))
        .digests(commits.iter().map(|commit| format!("git:{commit}")))
        .digests(artifacts().flat_map(|it| texts(&it.digests)))
        .hint("find out which commit was built, and release that one everywhere")
}

fn shown(commits: &BTreeSet<String>) -> String {
    let commits = commits.iter().map(|it| it.get(..12).unwrap_or(it));
    let commits: Vec<String> = commits.map(crate::model::visible_line).collect();
    match commits.is_empty() {
        true => "several".to_owned(),
        false => commits.join(" or "),
    }
}

/// The commit, most often shortened, that a version of these two schemes holds.
fn named_commit(case: &Case<'_>) -> Option<String> {
    match case.version.scheme() {
        Scheme::DevBuild => Some(case.version.dev_build()?.sha.to_owned()),
        Scheme::Commit => Some(case.version.key().to_owned()),
        _ => None,
    }
}

fn is_prefix(own: &str, commit: &Commit) -> bool {
    commit.as_str().starts_with(&own.to_ascii_lowercase())
}
