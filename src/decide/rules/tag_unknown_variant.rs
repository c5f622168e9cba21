//! `tag-unknown-variant`: an image tag has a suffix that the policy does not declare.

use crate::decide::rule::{Judge, Rests, Rule};
use crate::decide::scene::Scene;
use crate::model::{Finding, Level, Severity, visible_line};

pub(super) const RULE: Rule = Rule {
    code: "tag-unknown-variant",
    severity: Severity::Warn,
    mismatch: Level::Low,
    suspicion: Level::None,
    conflict: false,
    set_apart: true,
    title: "an image tag has a suffix that the policy does not declare",
    explain: "The tag is a version with a suffix such as `-alpine`. SemVer would read it as a \
              pre-release; Lockstep does not guess.\n\n\
              What to do: list the suffix in the channel's `variants`, or delete the tag.",
    judge: Judge::Whole(judge),
};

fn judge(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    if scene.cases.iter().any(|case| case.named) {
        return;
    }
    for (position, view) in scene.view.channels.iter().enumerate() {
        let indexes: Vec<_> = view
            .channel
            .lines
            .iter()
            .filter_map(|(line, _)| scene.names.of(position, line))
            .map(|(_, index)| index)
            .collect();
        let Some(first) = indexes.first() else {
            continue;
        };
        let unknown: Vec<&(&str, String)> = first
            .unknown_variants
            .iter()
            .filter(|(name, _)| !indexes.iter().any(|index| index.knows(name)))
            .collect();
        if let Some((name, suffix)) = unknown.first() {
            let more = match unknown.len() {
                1 => String::new(),
                count => format!(" (and {} more)", count - 1),
            };
            let message = format!(
                "{}: `{}`{more} has the undeclared suffix `{}`",
                view.channel.name,
                visible_line(name),
                visible_line(suffix),
            );
            let mut finding = RULE
                .about_component(scene, message)
                .because(view.listings.iter().map(|listed| listed.observation.id))
                .hint("add it to the channel's `variants`");
            finding.channel = Some(view.channel.name.clone());
            findings.push(finding);
        }
    }
}
