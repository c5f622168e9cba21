//! `floating-tag-drift`: a floating tag is not at the highest stable release of its range.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::decide::floating;
use crate::decide::rule::{Judge, Rests, Rule};
use crate::decide::scene::{Case, Scene};
use crate::decide::standing::{Standing, window_end};
use crate::decide::view::{ChannelView, Lookup};
use crate::decide::which::highest;
use crate::model::version::{Naming, Version};
use crate::model::{Content, Digest, Finding, Level, Line, Severity, Time, visible_line};

pub(super) const RULE: Rule = Rule {
    code: "floating-tag-drift",
    severity: Severity::Warn,
    mismatch: Level::Low,
    suspicion: Level::Low,
    conflict: false,
    set_apart: false,
    title: "a floating tag does not show the highest stable release of its range",
    explain: "A floating tag (`latest`, `1`, `1.2`) must be the image of the highest stable version \
              in its range that the leading channel announces. This one is another image, or it \
              is not there.\n\n\
              Usual causes: a backport moved `latest` back; a release workflow forgot the tag; \
              somebody pushed over it.\n\n\
              What to do: point the tag at the release, and deploy by digest or by version.",
    judge: Judge::Whole(judge),
};

/// What the channel shows under a floating name.
struct Shown {
    digest: Option<Digest>,
    at: Time,
    because: Vec<Digest>,
}

/// Once for each floating name of each required image channel, whatever releases are in question.
///
/// Only where the leading channel's listing is whole: without it nobody knows the highest version.
/// Within the channel's `may-lag` of the release there is no finding. A floating tag that is not
/// there counts only for the highest version of all: older ranges may never have had one.
fn judge(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    let leading = |view: &&ChannelView<'_>| view.channel.name == scene.policy.announced_by;
    let leader = scene.view.channels.iter().find(leading);
    if !leader.is_some_and(ChannelView::is_complete) {
        return;
    }
    let accepted = |line: &&Line| {
        scene
            .environment
            .is_none_or(|it| it.lines.is_empty() || it.lines.contains(&line.name))
    };
    let mut announced: HashMap<&str, Vec<Cow<'_, Version>>> = HashMap::new();
    for (position, view) in scene.view.channels.iter().enumerate() {
        let images = view.channel.traits.content == Content::Image;
        if !images || !scene.requires(&view.channel.name) {
            continue;
        }
        for line in scene.policy.lines.iter().filter(accepted) {
            let Some(naming) = view.channel.naming(&line.name) else {
                continue;
            };
            let versions = announced
                .entry(line.name.as_str())
                .or_insert_with(|| stable(scene, line));
            let Some(top) = highest(versions.iter().map(|version| &**version)) else {
                continue;
            };
            if naming.floating_names(top).is_empty() {
                continue;
            }
            for (name, version) in floating::targets(naming, versions) {
                let expected = Expected {
                    position,
                    line,
                    version,
                    is_top: version == top,
                };
                findings.extend(expected.drift(scene, view, naming, &name));
            }
        }
    }
}

fn stable<'a>(scene: &Scene<'a>, line: &Line) -> Vec<Cow<'a, Version>> {
    let mut versions = scene.announced(&line.name);
    versions.retain(|version| version.is_stable());
    versions
}

/// The release that a floating name must show.
struct Expected<'s, 'v> {
    position: usize,
    line: &'s Line,
    version: &'v Version,
    is_top: bool,
}

impl<'s> Expected<'s, '_> {
    fn drift(
        &self,
        scene: &Scene<'s>,
        view: &'s ChannelView<'s>,
        naming: &Naming,
        name: &str,
    ) -> Option<Finding> {
        let shown = shown(view, name)?;
        if shown.digest.is_none() && !self.is_top {
            return None;
        }
        let (_, index) = scene.names.of(self.position, &self.line.name)?;
        let standing = Standing::of(view, naming, index, self.version, true, false);
        // A release that is not there is judged as missing.
        let found = standing.found()?;
        let wanted = found.entry.digest?;
        if shown.digest == Some(wanted) {
            return None;
        }
        let case = Case::new(
            scene.policy,
            scene.view,
            scene.names,
            scene.environment,
            self.line,
            self.version.clone(),
        );
        let window = view.channel.may_lag;
        let pending = |start: Time| shown.at < window_end(start, window);
        if case.started().is_some_and(pending) {
            return None;
        }
        let message = match shown.digest {
            Some(_) => format!(
                "{}: `{}` is not the image of `{}`, the highest stable release of its range",
                view.channel.name,
                visible_line(name),
                visible_line(found.name),
            ),
            None => format!(
                "{}: `{}` is not there, although `{}` is",
                view.channel.name,
                visible_line(name),
                visible_line(found.name),
            ),
        };
        let digests = shown.digest.into_iter().chain([wanted]);
        Some(
            RULE.about_standing(scene, &case, &standing, message)
                .because(shown.because.iter().copied().chain(found.because()))
                .digests(digests.map(|digest| digest.to_string()))
                .hint("point the tag at that release, or find out who moved it"),
        )
    }
}

/// What is known under a floating name; nothing where it cannot be said.
fn shown(view: &ChannelView<'_>, name: &str) -> Option<Shown> {
    match view.look_up(name) {
        Lookup::Present(_, sources) => {
            let stating = sources
                .iter()
                .find_map(|it| Some((it.entry.digest?, it.observation.at)))?;
            Some(Shown {
                digest: Some(stating.0),
                at: stating.1,
                because: sources.iter().map(|it| it.observation.id).collect(),
            })
        }
        Lookup::Absent(observation) => Some(Shown {
            digest: None,
            at: observation.at,
            because: vec![observation.id],
        }),
        Lookup::Unknown { .. } => None,
    }
}
