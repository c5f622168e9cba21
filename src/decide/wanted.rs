//! Which exact names a decision needs to know more about than listings say.

mod attestations;

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Content, Name, Policy, Time, Wanted};
use crate::verify::CheckedEvidence;

use super::floating;
use super::scene::{Case, Names, Scene};
use super::standing::Standing;
use super::view::{ChannelView, View};
use super::{Question, QuestionError, environment_of, which};

pub use attestations::wanted_attestations;

/// The names to look up in each channel before the question can be decided: those of the releases
/// in question, and for images the tags that move with the releases that they must show.
///
/// It rests on the listings of the present round, so ask for those first.
///
/// # Errors
/// [`QuestionError`] as `evaluate`.
pub fn wanted(
    policy: &Policy,
    checked: &CheckedEvidence,
    question: &Question,
    now: Time,
) -> Result<BTreeMap<Name, Vec<Wanted>>, QuestionError> {
    let environment = environment_of(policy, question)?;
    let view = View::new(policy, checked, now, None);
    let names = Names::new(&view);
    let cases = which::cases(&question.which, policy, &view, &names, environment)?;
    let scene = Scene::new(
        policy,
        question,
        environment,
        now,
        checked,
        (&view, &names),
        cases,
    );
    let mut wanted: BTreeMap<Name, Vec<Wanted>> = BTreeMap::new();
    for case in &scene.cases {
        for standing in &case.standings {
            let mine = wanted.entry(standing.channel.name.clone()).or_default();
            mine.extend(names_of(case, standing));
            mine.extend(variants_of(&scene, case, standing));
            mine.extend(before(&scene, case, standing));
        }
    }
    for (position, view) in scene.view.channels.iter().enumerate() {
        if view.channel.traits.content == Content::Image {
            let mine = wanted.entry(view.channel.name.clone()).or_default();
            mine.extend(floating_names(&scene, position));
        }
    }
    for mine in wanted.values_mut() {
        let mut known = BTreeSet::new();
        mine.retain(|it| known.insert(it.name.clone()));
    }
    Ok(wanted)
}

/// The names under which a channel shows the release, else those that it should have there.
fn names_of(case: &Case<'_>, standing: &Standing<'_>) -> Vec<Wanted> {
    let leading = case.leader().and_then(Standing::found);
    let commit = leading.and_then(|found| found.entry.commit.clone());
    let seen = standing.found().map(|found| {
        let others = found.others.iter().map(|(name, _)| *name);
        let names = std::iter::once(found.name).chain(others);
        names.map(str::to_owned).collect::<Vec<_>>()
    });
    let names = seen.unwrap_or_else(|| standing.exact.to_vec());
    let wanted = names.into_iter().map(|name| Wanted {
        name,
        version: case.version.bare_text().to_owned(),
        leads: standing.leads,
        line: Some(case.line.name.clone()),
        commit: commit.clone(),
    });
    wanted.collect()
}

/// The image before this one in its series, where the policy needs attestations of the channel: its
/// digest, which no listing says, is what they are asked by.
fn before(scene: &Scene<'_>, case: &Case<'_>, standing: &Standing<'_>) -> Option<Wanted> {
    if !standing.holds_images() || !attestations::is_asked(scene, case, standing) {
        return None;
    }
    let name = attestations::previous(scene, case, standing)?;
    let naming = standing.channel.naming(&case.line.name)?;
    let crate::model::version::Reading::Release { version, .. } = naming.read(name) else {
        return None;
    };
    Some(Wanted {
        name: name.to_owned(),
        version: version.bare_text().to_owned(),
        leads: false,
        line: Some(case.line.name.clone()),
        commit: None,
    })
}

/// The declared variants of the release that are there: their images must not move either.
fn variants_of(scene: &Scene<'_>, case: &Case<'_>, standing: &Standing<'_>) -> Vec<Wanted> {
    let mine = |view: &ChannelView<'_>| view.channel.name == standing.channel.name;
    let position = scene.view.channels.iter().position(mine);
    let names = position.and_then(|it| scene.names.of(it, &case.line.name));
    let Some((naming, index)) = names.filter(|_| standing.holds_images()) else {
        return Vec::new();
    };
    let Ok(key) = naming.key(&case.version) else {
        return Vec::new();
    };
    let variants = index.variants.iter().filter(|(_, it)| it.key() == key);
    let wanted = variants.map(|(name, _)| Wanted {
        name: (*name).to_owned(),
        version: case.version.bare_text().to_owned(),
        leads: false,
        line: Some(case.line.name.clone()),
        commit: None,
    });
    wanted.collect()
}

/// The tags that move and are there, and the names of the releases that they must show.
fn floating_names(scene: &Scene<'_>, position: usize) -> Vec<Wanted> {
    let mut wanted = Vec::new();
    for line in &scene.policy.lines {
        let Some((naming, index)) = scene.names.of(position, &line.name) else {
            continue;
        };
        if index.floating.is_empty() {
            continue;
        }
        let mut announced = scene.announced(&line.name);
        announced.retain(|version| version.is_stable());
        let targets = floating::targets(naming, &announced);
        for name in &index.floating {
            let Some(version) = targets.get(*name) else {
                continue;
            };
            wanted.push(Wanted {
                name: (*name).to_owned(),
                version: version.bare_text().to_owned(),
                leads: false,
                line: None,
                commit: None,
            });
            let case = Case::new(
                scene.policy,
                scene.view,
                scene.names,
                scene.environment,
                line,
                (*version).clone(),
            );
            let channel = &scene.view.channels[position].channel.name;
            if let Some(standing) = case.standing(channel) {
                wanted.extend(names_of(&case, standing));
            }
        }
    }
    wanted
}
