//! Facts that a rule needs and a channel cannot say: never read as equal, always indeterminate.

use std::collections::BTreeSet;

use crate::model::{AgreeOn, Anchor, Content, Provenance, Time};

use super::files;
use super::scene::{Case, Scene};
use super::standing::{Presence, Standing};

/// The first fact that is needed of a present release in a channel and that the channel does not
/// state, in words.
pub(super) fn unstated(
    scene: &Scene<'_>,
    case: &Case<'_>,
    standing: &Standing<'_>,
) -> Option<String> {
    // It is the repository's fact, not the release's: a leader whose absence a waiver or a deletion
    // excuses is held to it as well.
    if standing.leads && matches!(standing.presence, Presence::Absent { .. }) {
        return unstated_number(scene);
    }
    let found = standing.found()?;
    let entry = &found.entry;
    let name = &standing.channel.name;
    if !standing.channel.platforms.is_empty() && entry.platforms.is_empty() {
        return Some("its platforms".to_owned());
    }
    if standing.channel.traits.content == Content::Declaration && entry.version.is_none() {
        return Some(
            "the version: the file leaves it to another file or to a tool (give that file, or \
             a `pattern`)"
                .to_owned(),
        );
    }
    for agreement in &scene.agreements {
        // An agreement needs the fact only where another of its channels has the release.
        let has_other = agreement.channels.iter().any(|other| {
            other != name && case.standing(other).is_some_and(|it| it.found().is_some())
        });
        if !agreement.channels.contains(name) || !has_other {
            continue;
        }
        let lacking = match agreement.on {
            AgreeOn::SameDigest if files::one_digest(standing).is_none() => {
                match standing.channel.traits.content {
                    Content::Files => "one file with a hash (name it with `assets` or `names`)",
                    _ => "its digest",
                }
            }
            AgreeOn::SamePlatforms if entry.platforms.is_empty() => "its platforms",
            AgreeOn::SameCommit => {
                "the commit that its digest is attested to (provenance is not judged yet)"
            }
            AgreeOn::SameFiles if entry.files.is_empty() => "its files",
            // Files that describe others, or that `assets` leaves out, are compared with nothing.
            AgreeOn::SameFiles if files::compared(standing).next().is_none() => {
                "any file that the agreement compares"
            }
            AgreeOn::SameFiles
                if files::compared(standing).any(|(_, file)| file.digest.is_none()) =>
            {
                "the hash of each of its files"
            }
            _ => continue,
        };
        return Some(lacking.to_owned());
    }
    let attested = |it: &&Provenance| it.channels.contains(name) && applies(it, case, standing);
    if scene.policy.provenance.iter().any(|it| attested(&it)) {
        return Some("verified provenance (it is not judged yet)".to_owned());
    }
    if standing.leads {
        return unstated_of_source(scene, standing);
    }
    None
}

fn unstated_of_source(scene: &Scene<'_>, standing: &Standing<'_>) -> Option<String> {
    let entry = &standing.found()?.entry;
    let component = &scene.policy.component;
    if !component.branches.is_empty() && !is_branch_decided(scene, standing) {
        return Some("whether a protected branch contains its commit".to_owned());
    }
    if let Some(fact) = unstated_number(scene) {
        return Some(fact);
    }
    // A tag that points to no commit announces nothing that could have been built.
    if standing.channel.traits.content == Content::Commit && entry.commit.is_none() {
        return Some("the commit behind it".to_owned());
    }
    None
}

/// The repository's number, where the policy holds the repository to one and no channel that reads
/// it as the source of releases states any: a repository on this machine, a host that is no GitHub.
fn unstated_number(scene: &Scene<'_>) -> Option<String> {
    scene.policy.component.repository_id?;
    let mut projects = scene
        .required_views()
        .filter(|view| view.channel.traits.can_lead)
        .flat_map(|view| view.projects.iter());
    let is_known = projects.any(|(project, _)| project.id.is_some());
    (!is_known).then(|| {
        "the number of its repository (only GitHub's API gives it: name the `source` there, or \
         leave `repository-id` out)"
            .to_owned()
    })
}

/// Whether the answers about branches decide: one contains the commit, or all that were asked and
/// match do not.
fn is_branch_decided(scene: &Scene<'_>, standing: &Standing<'_>) -> bool {
    let Some(found) = standing.found() else {
        return false;
    };
    scene.protected.contains(&found.entry).is_some()
}

fn applies(provenance: &Provenance, case: &Case<'_>, standing: &Standing<'_>) -> bool {
    match &provenance.since {
        None => true,
        Some(Anchor::Version(since)) => {
            case.version.precedence(since) != Some(std::cmp::Ordering::Less)
        }
        Some(Anchor::Time(since)) => {
            let time: Option<Time> = standing.found().and_then(|it| it.entry.earliest_time());
            time.is_none_or(|time| time >= *since)
        }
    }
}

/// What a comparison of channels cannot see in this decision, in words.
pub(super) fn limits(scene: &Scene<'_>) -> Vec<String> {
    let mut limits = vec![
        "content: whether published bytes were built from the tagged source is not compared (S7)"
            .to_owned(),
    ];
    if scene.policy.component.branches.is_empty() {
        limits.push(
            "branches: the policy declares none, so a tag on any commit is accepted (S8)"
                .to_owned(),
        );
    }
    if scene.policy.component.repository_id.is_none() {
        limits.push(
            "repository: without `repository-id` a re-registered account is not noticed (S4)"
                .to_owned(),
        );
    }
    if scene.policy.provenance.is_empty() {
        limits.push(
            "provenance: the policy asks for none; a lost attestation is not noticed (S3)"
                .to_owned(),
        );
    } else {
        limits.push("provenance: declared, and not judged by this version (S3, S4)".to_owned());
    }
    for agreement in &scene.agreements {
        let step = match agreement.on {
            AgreeOn::SameDigest | AgreeOn::SameFiles => continue,
            AgreeOn::SamePlatforms => "same-platforms: attestation children are not compared",
            AgreeOn::SameCommit => "same-commit: the images' bytes are not compared",
        };
        let channels: BTreeSet<&str> = agreement.channels.iter().map(|it| it.as_str()).collect();
        let channels: Vec<&str> = channels.into_iter().collect();
        let why = agreement.because.as_deref().unwrap_or("no reason given");
        limits.push(format!(
            "{}: {step} ({})",
            channels.join(", "),
            crate::model::visible_line(why)
        ));
    }
    limits
}
