//! `version-incomparable`: a name cannot be mapped to a release, so nothing can be said about it.

use crate::decide::rule::{Judge, Rests, Rule};
use crate::decide::scene::Scene;
use crate::decide::standing::Presence;
use crate::decide::view::ChannelView;
use crate::model::{Finding, Level, Severity, visible_line};

pub(super) const RULE: Rule = Rule {
    code: "version-incomparable",
    severity: Severity::Indeterminate,
    mismatch: Level::None,
    suspicion: Level::None,
    conflict: false,
    set_apart: true,
    title: "a name cannot be mapped to a release",
    explain: "The release has no name in this channel's version scheme (a SemVer pre-release \
              that PEP 440 does not know), or a follower lists a name that looks like a version \
              and is none of the declared scheme. Neither counts as equal or as different.\n\n\
              A leading channel's odd tag (`8.0.x`) is shown as a note only.\n\n\
              What to do: declare the scheme that the names follow, a `variants` suffix, a \
              second template, or `scheme = \"opaque\"`.",
    judge: Judge::Whole(judge),
};

fn judge(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    for case in &scene.cases {
        for standing in case.required() {
            let Presence::Incomparable { reason } = &standing.presence else {
                continue;
            };
            let message = format!("{}: {reason}", standing.channel.name);
            findings.push(
                RULE.about_standing(scene, case, standing, message)
                    .hint(HINT),
            );
        }
    }
    // A listed name that nobody can place matters when everything listed is looked at.
    if scene.cases.iter().any(|case| case.named) {
        return;
    }
    for (position, view) in scene.view.channels.iter().enumerate() {
        if !scene.requires(&view.channel.name) {
            continue;
        }
        let names = unplaced(scene, position, view);
        let Some((first, reason)) = names.first() else {
            continue;
        };
        let leads = view.channel.name == scene.policy.announced_by;
        let more = match names.len() {
            1 => String::new(),
            count => format!(" (and {} more)", count - 1),
        };
        let message = format!(
            "{}: `{}`{more}: {reason}",
            view.channel.name,
            visible_line(first)
        );
        let mut finding = RULE
            .about_component(scene, message)
            .because(view.listings.iter().map(|listed| listed.observation.id))
            .hint(HINT);
        finding.channel = Some(view.channel.name.clone());
        if leads {
            finding.severity = Severity::Note;
        }
        findings.push(finding);
    }
}

const HINT: &str = "declare the scheme, the template or the variant that it follows";

/// Names that look like a version and that no line of the channel can read.
fn unplaced<'a>(
    scene: &Scene<'a>,
    position: usize,
    view: &'a ChannelView<'a>,
) -> Vec<(&'a str, String)> {
    let indexes: Vec<_> = view
        .channel
        .lines
        .iter()
        .filter_map(|(line, _)| scene.names.of(position, line))
        .map(|(_, index)| index)
        .collect();
    let Some(first) = indexes.first() else {
        return Vec::new();
    };
    first
        .incomparable
        .iter()
        .filter(|(name, _)| !indexes.iter().any(|index| index.knows(name)))
        .map(|(name, reason)| (*name, reason.clone()))
        .collect()
}
