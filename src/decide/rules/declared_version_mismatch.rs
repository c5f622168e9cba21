//! `declared-version-mismatch`: what a channel says the version is, is not the release.

use crate::decide::rule::{Judge, Rests, Rule};
use crate::decide::scene::{Case, Scene};
use crate::decide::standing::Standing;
use crate::model::version::{Comparison, Scheme, Version};
use crate::model::{Finding, Level, Severity, visible_line};

pub(super) const RULE: Rule = Rule {
    code: "declared-version-mismatch",
    severity: Severity::Deny,
    mismatch: Level::High,
    suspicion: Level::Low,
    conflict: true,
    set_apart: true,
    title: "what is published under one version declares another",
    explain: "A manifest at the release's commit, or the metadata of a published file, states a \
              version that is not that of the release. A text that is no version of the line's \
              scheme counts as another one: it declares something else.\n\n\
              Usual causes: the version was not raised before the tag was cut; the tag stands on \
              the wrong commit; a file was built from another branch.\n\n\
              What to do: cut a new release from a commit that declares it. Where the manifest \
              writes versions in another scheme (`1.2.3rc1`), declare that scheme for the line.",
    judge: Judge::Each(judge),
};

/// Every answer that states a version is held to it. Lines of development builds and commits are
/// passed over: no manifest declares those.
fn judge(scene: &Scene<'_>, cases: &[Case<'_>], findings: &mut Vec<Finding>) {
    for case in cases {
        if matches!(case.line.scheme, Scheme::DevBuild | Scheme::Commit) {
            continue;
        }
        for standing in case.required() {
            let Some(found) = standing.found() else {
                continue;
            };
            let mut stated = found.sources.iter().filter_map(|source| {
                let text = source.entry.version.as_deref()?;
                Some((text, source))
            });
            let Some((text, source)) = stated.find(|(text, _)| !is_release(case, standing, text))
            else {
                continue;
            };
            let message = format!(
                "{}: `{}` declares version `{}`, not `{}`",
                standing.channel.name,
                visible_line(found.name),
                visible_line(text),
                case.text(),
            );
            let finding = RULE
                .about_standing(scene, case, standing, message)
                .because([source.observation.id])
                .digests(found.digests())
                .hint("release again from a commit that declares the version");
            findings.push(finding);
        }
    }
}

/// Whether a stated text is this release: under the line's scheme, or under the channel's, into
/// which the release is then converted.
fn is_release(case: &Case<'_>, standing: &Standing<'_>, text: &str) -> bool {
    let channel = standing
        .channel
        .naming(&case.line.name)
        .map(|naming| naming.channel_scheme());
    let schemes = [Some(case.line.scheme), channel];
    schemes.into_iter().flatten().any(|scheme| {
        let (Ok(stated), Ok(release)) =
            (Version::parse(text, scheme), case.version.convert(scheme))
        else {
            return false;
        };
        stated.same_release(&release) == Comparison::Equal
    })
}
