//! `commit-mismatch`: two channels state different commits for one release.

use crate::decide::rule::{Rests, Rule};
use crate::decide::scene::{Case, Scene};
use crate::decide::standing::{Found, Standing};
use crate::model::version::Scheme;
use crate::model::{Commit, Finding, Level, Severity};

pub(super) const RULE: Rule = Rule {
    code: "commit-mismatch",
    severity: Severity::Deny,
    mismatch: Level::High,
    suspicion: Level::Low,
    conflict: true,
    set_apart: false,
    title: "one release, two commits",
    explain: "Two channels state a commit for this release and name different ones, or the version \
              itself holds a commit (a development build) and a channel states another.\n\n\
              Usual causes: the tag was cut after the package was built; a release was made from \
              another clone; a tag was moved between two publications.\n\n\
              What to do: find out which commit was built, and release that one again everywhere.",
    judge,
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
