//! `image-tag-moved`: an image tag of a release shows another image than when it was first seen.

use std::collections::HashMap;

use crate::decide::history::{Changed, Histories, History, change, changed};
use crate::decide::rule::{Judge, Rests, Rule};
use crate::decide::scene::{Case, Scene};
use crate::decide::standing::Standing;
use crate::decide::view::Lookup;
use crate::model::{Content, Digest, Finding, Level, Name, Severity, Time, visible_line};

pub(super) const CODE: &str = "image-tag-moved";

pub(super) const RULE: Rule = Rule {
    code: CODE,
    severity: Severity::Deny,
    mismatch: Level::High,
    suspicion: Level::High,
    conflict: true,
    set_apart: false,
    title: "a release's image tag was moved to another image",
    explain: "When this tag was first seen it was another image. A version's tag, and those of its \
              declared variants, must never change: whoever pulls the tag now gets something else \
              than what was released and judged. Where both images are attested to one commit and builder it is \
              `image-rebuilt`, a warning. A tag that is back at the first image is \
              resolved; a floating tag is `floating-tag-drift`.\n\n\
              Usual causes: a workflow that ran again and pushed over its tags; base images \
              refreshed under old versions; an attacker with push access.\n\n\
              What to do: compare the two images; deploy by digest; make tags immutable in the \
              registry.",
    judge: Judge::Whole(judge),
};

/// The names of each release's declared variants in one channel under one line, by canonical key.
type Variants<'a> = HashMap<(&'a Name, &'a Name), HashMap<&'a str, Vec<&'a str>>>;

fn judge(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    for moved in moves(scene) {
        if super::image_rebuilt::is_rebuilt(scene, &moved) {
            continue;
        }
        let finding = RULE
            .about_standing(scene, moved.case, moved.standing, moved.message())
            .because(moved.because)
            .digests([moved.before.to_string(), moved.now.to_string()])
            .hint("compare the two images; deploy by digest");
        findings.push(finding);
    }
}

/// A tag of a release that shows another image than at first.
pub(super) struct Moved<'s, 'a> {
    /// The release.
    pub(super) case: &'s Case<'a>,
    pub(super) standing: &'s Standing<'a>,
    /// The tag.
    pub(super) name: String,
    pub(super) before: Digest,
    pub(super) now: Digest,
    since: Time,
    /// The observations of both.
    pub(super) because: [Digest; 2],
}

impl Moved<'_, '_> {
    /// One sentence.
    pub(super) fn message(&self) -> String {
        format!(
            "{}: `{}` was {} at {} and is {}",
            self.standing.channel.name,
            visible_line(&self.name),
            self.before,
            self.since,
            self.now,
        )
    }
}

/// Every tag of a release in question that was moved.
pub(super) fn moves<'s, 'a>(scene: &'s Scene<'a>) -> Vec<Moved<'s, 'a>> {
    let histories = scene.histories();
    let variants = variants(scene, histories);
    let mut moves = Vec::new();
    for case in &scene.cases {
        for standing in case.required().filter(|it| it.holds_images()) {
            let history = histories.get(&standing.channel.name);
            let mut changes = changed(history, standing, |entry| entry.digest);
            if let Some(history) = history {
                changes.extend(moved_variants(case, standing, history, &variants));
            }
            moves.extend(changes.into_iter().map(|change| {
                let (before, source) = change.first;
                let (now, present) = change.now;
                Moved {
                    case,
                    standing,
                    name: change.name,
                    before,
                    now,
                    since: source.observation.at,
                    because: [source.observation.id, present.observation.id],
                }
            }));
        }
    }
    moves
}

fn variants<'a>(scene: &Scene<'a>, histories: &Histories<'_>) -> Variants<'a> {
    let mut variants = Variants::new();
    for (position, view) in scene.view.channels.iter().enumerate() {
        let images = view.channel.traits.content == Content::Image;
        if !images || !histories.contains_key(&view.channel.name) {
            continue;
        }
        for (line, _) in &view.channel.lines {
            let Some((_, index)) = scene.names.of(position, line) else {
                continue;
            };
            if index.variants.is_empty() {
                continue;
            }
            let by_key = variants.entry((&view.channel.name, line)).or_default();
            for (name, version) in &index.variants {
                by_key.entry(version.key()).or_default().push(*name);
            }
        }
    }
    variants
}

fn moved_variants<'a>(
    case: &Case<'a>,
    standing: &Standing<'a>,
    history: &History<'a>,
    variants: &Variants<'_>,
) -> Vec<Changed<'a, Digest>> {
    let Some(by_key) = variants.get(&(&standing.channel.name, &case.line.name)) else {
        return Vec::new();
    };
    let key = standing
        .channel
        .naming(&case.line.name)
        .and_then(|naming| naming.key(&case.version).ok());
    let names = key.and_then(|key| by_key.get(&*key));
    let moved = |name: &&str| match standing.view.look_up(name) {
        Lookup::Present(_, sources) => change(Some(history), name, &sources, &sources, |entry| {
            entry.digest
        }),
        _ => None,
    };
    names.into_iter().flatten().filter_map(moved).collect()
}
