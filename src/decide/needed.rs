//! Facts that a rule needs and a channel cannot say: never read as equal, always indeterminate.

use std::collections::BTreeSet;

use crate::model::{
    AgreeOn, Answer, Commitment, Content, Digest, Facts, Observation, ProvenanceKind,
};

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
    let provenances = scene.provenances();
    let about = provenances.about(case, standing);
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
            // The policy may ask for attestations of later versions only (`since`).
            AgreeOn::SameCommit
                if !about.is_some_and(|it| it.states_commit(&provenances.tables)) =>
            {
                "the commit that it is attested to be built from"
            }
            _ => continue,
        };
        return Some(lacking.to_owned());
    }
    if let Some(fact) = about.and_then(|about| about.unstated(&provenances.tables)) {
        return Some(fact);
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
    limits.extend(of_provenance(scene));
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

/// Whether any answer names a document.
fn names_any(answers: &[&Observation]) -> bool {
    answers.iter().any(|it| match &it.answer {
        Answer::Seen {
            facts: Facts::Attestations(facts),
            ..
        } => facts.artifacts.values().any(|it| !it.is_empty()),
        _ => false,
    })
}

/// What is not attested, and whether what is was verified against the same material when the
/// evidence was gathered.
fn of_provenance(scene: &Scene<'_>) -> Vec<String> {
    let mut limits = Vec::new();
    let tables = &scene.provenances().tables;
    let is_built = |it: &crate::model::Provenance| it.kind == ProvenanceKind::Build;
    if tables.is_empty() {
        limits.push(
            "provenance: the policy asks for none; that one was lost is noticed only where the \
             index itself says which files are attested (S3)"
                .to_owned(),
        );
    } else if !tables.iter().any(is_built) {
        limits.push(
            "provenance: no build attestation is asked for, so nothing says from which commit \
             the bytes came (S7)"
                .to_owned(),
        );
    } else if tables
        .iter()
        .any(|it| is_built(it) && it.commit == Commitment::Any)
    {
        limits.push(
            "provenance: `commit = \"any\"` accepts builds of commits that no tag names".to_owned(),
        );
    }
    let evidence = scene.checked.evidence();
    let mut attached = scene
        .view
        .channels
        .iter()
        .flat_map(|it| it.attached.values());
    if evidence.bundles.is_empty() || !attached.any(|it| names_any(it)) {
        return limits;
    }
    let texts = scene.policy.trust.iter().flat_map(|it| it.texts());
    let now: BTreeSet<Digest> = texts.map(|(digest, _)| digest).collect();
    let then: BTreeSet<Digest> = evidence.trust.keys().copied().collect();
    if now != then {
        let (gone, new) = (then.difference(&now).count(), now.difference(&then).count());
        limits.push(format!(
            "trust: this is as judged today; the evidence was gathered under other trust material \
             ({gone} of its roots or keys are no longer trusted, {new} are new)"
        ));
    }
    limits
}
