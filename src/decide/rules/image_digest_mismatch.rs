//! `image-digest-mismatch`: two channels that must have one image have two.

use std::collections::{BTreeMap, HashMap};

use crate::decide::history::{Histories, changed};
use crate::decide::rule::{Judge, Rests, Rule, some_of};
use crate::decide::scene::{Case, Scene};
use crate::decide::standing::Standing;
use crate::model::{
    AgreeOn, Agreement, Content, Digest, Entry, Finding, Level, Name, Severity, Time,
};

pub(super) const RULE: Rule = Rule {
    code: "image-digest-mismatch",
    severity: Severity::Deny,
    mismatch: Level::High,
    suspicion: Level::Low,
    conflict: true,
    set_apart: false,
    title: "two registries have different images for one release",
    explain: "The channels must have the same image (`same-digest`, the default) or the same image \
              for each platform (`same-platforms`), and they do not. Where they agreed earlier and \
              one of them moved, that is `image-tag-moved` alone.\n\n\
              Usual causes: two workflows each build the image; BuildKit's attestations change \
              the index digest at every build although each platform is equal.\n\n\
              What to do: build once and copy the image by digest. Where only the attestations \
              differ, declare `on = \"same-platforms\"`, and say why.",
    judge: Judge::Each(judge),
};

fn judge(scene: &Scene<'_>, cases: &[Case<'_>], findings: &mut Vec<Finding>) {
    let agreements: Vec<Agreement> = scene
        .agreements
        .iter()
        .filter(|it| matches!(it.on, AgreeOn::SameDigest | AgreeOn::SamePlatforms))
        .filter(|it| it.channels.iter().all(|name| holds_images(scene, name)))
        .cloned()
        .collect();
    if agreements.is_empty() {
        return;
    }
    let histories = scene.histories();
    for case in cases {
        for agreement in &agreements {
            judge_one(scene, case, agreement, histories, findings);
        }
    }
}

/// Other digests than those of images are compared by `asset-digest-mismatch`.
fn holds_images(scene: &Scene<'_>, name: &Name) -> bool {
    let channel = scene.policy.channel(name);
    channel.is_some_and(|channel| channel.traits.content == Content::Image)
}

fn judge_one(
    scene: &Scene<'_>,
    case: &Case<'_>,
    agreement: &Agreement,
    histories: &Histories<'_>,
    findings: &mut Vec<Finding>,
) {
    let stating = sides(case, agreement);
    let Some((first, others)) = stating.split_first() else {
        return;
    };
    for other in others {
        let (Some(one), Some(two)) = (first.found(), other.found()) else {
            continue;
        };
        let Some((what, digests)) = difference(agreement.on, &one.entry, &two.entry) else {
            continue;
        };
        if is_a_move_alone(scene, agreement.on, first, other, histories) {
            continue;
        }
        let message = format!(
            "{} and {} have different {what}",
            first.channel.name, other.channel.name
        );
        let finding = RULE
            .about_standing(scene, case, other, message)
            .because(one.because().into_iter().chain(two.because()))
            .digests(digests.iter().map(Digest::to_string))
            .hint("build once and copy the image by digest");
        findings.push(finding);
    }
}

/// The channels of an agreement that state what it compares; the leader first, else as listed.
fn sides<'c, 'a>(case: &'c Case<'a>, agreement: &Agreement) -> Vec<&'c Standing<'a>> {
    let states = |standing: &Standing<'_>| {
        standing.found().is_some_and(|found| match agreement.on {
            AgreeOn::SamePlatforms => !found.entry.platforms.is_empty(),
            _ => found.entry.digest.is_some(),
        })
    };
    let mut sides: Vec<&Standing<'a>> = agreement
        .channels
        .iter()
        .filter_map(|channel| case.standing(channel))
        .filter(|standing| states(standing))
        .collect();
    sides.sort_by_key(|standing| !standing.leads);
    sides
}

/// What differs, in words, and the digests. A platform that only one of them has is
/// `image-platform-missing`.
fn difference(on: AgreeOn, one: &Entry, two: &Entry) -> Option<(String, Vec<Digest>)> {
    if on == AgreeOn::SameDigest {
        let (one, two) = (one.digest?, two.digest?);
        return (one != two).then(|| (format!("images: {one} and {two}"), vec![one, two]));
    }
    let theirs = platforms(two);
    let mut names = Vec::new();
    let mut digests = Vec::new();
    for (platform, digest) in platforms(one) {
        if let Some(other) = theirs.get(platform)
            && *other != digest
        {
            names.push(platform);
            digests.extend([digest, *other]);
        }
    }
    if names.is_empty() {
        return None;
    }
    Some((
        format!("images for {}", some_of(names.into_iter())),
        digests,
    ))
}

/// Platforms under the names that the image specification recommends: `linux/arm64/v8` is
/// `linux/arm64`. Of two spellings with two images both stay, for which one a client takes is not
/// known.
pub(super) fn platforms(entry: &Entry) -> BTreeMap<&str, Digest> {
    let mut platforms: BTreeMap<&str, Digest> = BTreeMap::new();
    for (platform, digest) in &entry.platforms {
        let known = platforms.entry(plain(platform)).or_insert(*digest);
        if known != digest {
            platforms.insert(platform, *digest);
        }
    }
    platforms
}

/// A platform without the variant that its architecture implies.
pub(crate) fn plain(platform: &str) -> &str {
    match platform.strip_suffix("/v8") {
        Some(base) if base.ends_with("/arm64") => base,
        _ => platform,
    }
}

/// Whether an earlier round showed the two alike and one of them has moved since: then the move is
/// the news. Where the policy waives any move, the difference is reported all the same, for the
/// waiver says nothing about it.
fn is_a_move_alone(
    scene: &Scene<'_>,
    on: AgreeOn,
    one: &Standing<'_>,
    two: &Standing<'_>,
    histories: &Histories<'_>,
) -> bool {
    let waived = |it: &crate::model::Waiver| it.code.as_str() == super::image_tag_moved::CODE;
    if scene.policy.waivers.iter().any(waived) {
        return false;
    }
    let (Some(first), Some(second)) = (
        histories.get(&one.channel.name),
        histories.get(&two.channel.name),
    ) else {
        return false;
    };
    let moved = |standing, history| {
        Standing::holds_images(standing)
            && !changed(Some(history), standing, |entry| entry.digest).is_empty()
    };
    if !moved(one, first) && !moved(two, second) {
        return false;
    }
    let (Some(one), Some(two)) = (one.found(), two.found()) else {
        return false;
    };
    let mut rounds: HashMap<Time, Vec<&Entry>> = HashMap::new();
    for source in first.about(one.name) {
        let entries = rounds.entry(source.observation.round).or_default();
        entries.push(source.entry);
    }
    second.about(two.name).any(|source| {
        let then = rounds.get(&source.observation.round);
        then.into_iter()
            .flatten()
            .any(|entry| alike(on, entry, source.entry))
    })
}

fn alike(on: AgreeOn, one: &Entry, two: &Entry) -> bool {
    match on {
        AgreeOn::SameDigest => one.digest.is_some() && one.digest == two.digest,
        _ => !one.platforms.is_empty() && platforms(one) == platforms(two),
    }
}
