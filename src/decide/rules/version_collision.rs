//! `version-collision`: two names of one release differ, or two releases share one name.

use crate::decide::rule::{Judge, Rests, Rule};
use crate::decide::scene::{Case, Scene};
use crate::decide::standing::{Found, digests_of};
use crate::model::version::{Comparison, Version, collisions};
use crate::model::{Entry, Finding, Level, Line, Severity, visible_line};

pub(super) const RULE: Rule = Rule {
    code: "version-collision",
    severity: Severity::Deny,
    mismatch: Level::High,
    suspicion: Level::Low,
    conflict: true,
    set_apart: false,
    title: "two names for one release, or one name for two releases",
    explain: "Either one channel has two spellings of one canonical version (`v1.0` and `1.0.0`) \
              on different commits or bytes, or two distinct source versions (`1.0.0-rc` and \
              `1.0.0-rc.0`, `+a` and `+b` where `+` is dropped) have one and the same name in a \
              channel, so that nobody can say which of them is published there.\n\n\
              What to do: delete the wrong spelling; number pre-releases from the first; declare \
              a `plus` that keeps build metadata apart.",
    judge: Judge::Whole(judge),
};

fn judge(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    for case in &scene.cases {
        for standing in case.required() {
            let Some(found) = standing.found() else {
                continue;
            };
            for (name, sources, entry) in found.other_names() {
                if same_content(&found.entry, &entry) {
                    continue;
                }
                let others = sources.iter().map(|source| source.observation.id);
                let message = format!(
                    "{} has `{}` and `{}`, two spellings of one version with different content",
                    standing.channel.name,
                    visible_line(found.name),
                    visible_line(name),
                );
                let finding = RULE
                    .about_standing(scene, case, standing, message)
                    .because(found.because().into_iter().chain(others))
                    .digests(found.digests().into_iter().chain(digests_of(&entry)))
                    .hint("delete the wrong one");
                findings.push(finding);
            }
        }
    }
    for line in &scene.policy.lines {
        shared_names(scene, line, findings);
    }
}

/// The injectivity guard over everything that the leading channel announces, even if only one of
/// the versions is published in the follower.
fn shared_names(scene: &Scene<'_>, line: &Line, findings: &mut Vec<Finding>) {
    let cases: Vec<&Case<'_>> = scene
        .cases
        .iter()
        .filter(|it| it.line.name == line.name)
        .collect();
    let Some(first) = cases.first() else { return };
    let announced = scene.announced(&line.name);
    let announced = || announced.iter().map(|version| &**version);
    let asked = cases.iter().map(|case| &case.version);
    for follower in first.followers() {
        let Some(naming) = follower.channel.naming(&line.name) else {
            continue;
        };
        for collision in collisions(naming, announced().chain(asked.clone())) {
            let shared: Vec<String> = collision
                .versions
                .iter()
                .map(|version| format!("`{}`", visible_line(version.text())))
                .collect();
            for case in &cases {
                let same = |it: &Version| it.same_release(&case.version) == Comparison::Equal;
                if !collision.versions.iter().any(same) {
                    continue;
                }
                let Some(standing) = case.standing(&follower.channel.name) else {
                    continue;
                };
                // The key is a canonical form; what a reader finds there is a name.
                let shown = match standing.exact.contains(&collision.key) {
                    true => None,
                    false => standing.shown_name(),
                };
                let message = format!(
                    "{} cannot tell {} apart: both are `{}` there",
                    standing.channel.name,
                    shared.join(" and "),
                    visible_line(shown.as_deref().unwrap_or(&collision.key)),
                );
                // The other release may be the one that is announced.
                let leader = case.leader().map(|leader| {
                    let own = leader.found().map(Found::because).unwrap_or_default();
                    let listings = leader.view.listings.iter();
                    own.into_iter()
                        .chain(listings.map(|listed| listed.observation.id))
                });
                let finding = RULE
                    .about_standing(scene, case, standing, message)
                    .because(leader.into_iter().flatten())
                    .digests(standing.found().map(Found::digests).unwrap_or_default())
                    .hint("give each release a name of its own in every channel");
                findings.push(finding);
            }
        }
    }
}

fn same_content(one: &Entry, other: &Entry) -> bool {
    one.commit == other.commit && one.digest == other.digest && one.files == other.files
}
