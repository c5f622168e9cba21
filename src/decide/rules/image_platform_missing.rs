//! `image-platform-missing`: an image lacks a platform that the policy or another registry has.

use crate::decide::rule::{Judge, Rests, Rule, some_of};
use crate::decide::scene::{Case, Scene};
use crate::decide::standing::{Found, Standing};
use crate::model::{AgreeOn, Agreement, Finding, Level, Severity, visible_line};

use super::image_digest_mismatch::{plain, platforms};

pub(super) const RULE: Rule = Rule {
    code: "image-platform-missing",
    severity: Severity::Deny,
    mismatch: Level::High,
    suspicion: Level::Low,
    conflict: true,
    set_apart: true,
    title: "an image lacks a platform",
    explain: "The channel's `platforms` name one that the image does not have, or two registries \
              that must be alike (`same-platforms`) have different ones.\n\n\
              Usual causes: one platform's build failed and the others were pushed; a later push \
              of a single platform replaced the index.\n\n\
              What to do: push the index again with all platforms.",
    judge: Judge::Each(judge),
};

fn judge(scene: &Scene<'_>, cases: &[Case<'_>], findings: &mut Vec<Finding>) {
    let agreements: Vec<Agreement> = scene
        .agreements
        .iter()
        .filter(|agreement| agreement.on == AgreeOn::SamePlatforms)
        .cloned()
        .collect();
    for case in cases {
        for standing in case.required() {
            findings.extend(declared(scene, case, standing));
        }
        for agreement in &agreements {
            compared(scene, case, agreement, findings);
        }
    }
}

/// A declared platform is there if the image has it or a variant of it (`linux/arm` and
/// `linux/arm/v7`).
fn declared(scene: &Scene<'_>, case: &Case<'_>, standing: &Standing<'_>) -> Option<Finding> {
    let wanted = &standing.channel.platforms;
    let found = stating(standing)?;
    let has = |wanted: &str| {
        found.entry.platforms.keys().any(|platform| {
            let rest = platform.strip_prefix(wanted);
            plain(platform) == plain(wanted) || rest.is_some_and(|rest| rest.starts_with('/'))
        })
    };
    let lacking = wanted.iter().map(String::as_str).filter(|it| !has(it));
    let lacking: Vec<&str> = lacking.collect();
    if lacking.is_empty() {
        return None;
    }
    let message = format!(
        "{}: `{}` has no image for {}",
        standing.channel.name,
        visible_line(found.name),
        some_of(lacking.into_iter()),
    );
    Some(finding(scene, case, standing, found, message))
}

/// Platforms that any of the agreement's images has and one of them lacks.
fn compared(
    scene: &Scene<'_>,
    case: &Case<'_>,
    agreement: &Agreement,
    findings: &mut Vec<Finding>,
) {
    let sides: Vec<(&Standing<'_>, &Found<'_>)> = agreement
        .channels
        .iter()
        .filter_map(|channel| case.standing(channel))
        .filter_map(|standing| Some((standing, stating(standing)?)))
        .collect();
    for (standing, found) in &sides {
        let own = platforms(&found.entry);
        let mut lacking: Vec<&str> = Vec::new();
        let mut having: Vec<&str> = Vec::new();
        let mut because = Vec::new();
        for (other, theirs) in &sides {
            let mut differs = false;
            for platform in platforms(&theirs.entry).into_keys() {
                if !own.contains_key(platform) {
                    differs = true;
                    if !lacking.contains(&platform) {
                        lacking.push(platform);
                    }
                }
            }
            if differs {
                having.push(other.channel.name.as_str());
                because.extend(theirs.because());
            }
        }
        if lacking.is_empty() {
            continue;
        }
        let message = format!(
            "{}: `{}` has no image for {}, which {} {}",
            standing.channel.name,
            visible_line(found.name),
            some_of(lacking.into_iter()),
            having.join(", "),
            if having.len() == 1 { "has" } else { "have" },
        );
        findings.push(finding(scene, case, standing, found, message).because(because));
    }
}

fn stating<'c, 'a>(standing: &'c Standing<'a>) -> Option<&'c Found<'a>> {
    let found = standing.found()?;
    (!found.entry.platforms.is_empty()).then_some(found)
}

fn finding(
    scene: &Scene<'_>,
    case: &Case<'_>,
    standing: &Standing<'_>,
    found: &Found<'_>,
    message: String,
) -> Finding {
    RULE.about_standing(scene, case, standing, message)
        .because(found.because())
        .digests(found.digests())
        .hint("push the index again with all platforms")
}
