//! The leading channel: the one that announces a release.

use super::component::Family;
use super::names::{self, Known};
use crate::model::Name;
use crate::model::settings::{Diagnostic, Fields};

/// The channel that `announced-by` names, or the only one that can lead.
pub(super) fn read(root: &mut Fields<'_>, family: &Family, known: &[Known]) -> Option<Name> {
    let leads = |k: &&Known| k.traits.is_some_and(|traits| traits.can_lead);
    let candidates: Vec<&Known> = known.iter().filter(leads).collect();
    let listed = |candidates: &[&Known]| {
        let names: Vec<String> = candidates.iter().map(|k| format!("`{}`", k.name)).collect();
        names.join(", ")
    };
    if let Some(text) = &family.announced_by {
        let names = known.iter().map(|k| &k.name);
        let name = names::reference(root, text, "channel", names)?;
        let channel = known.iter().find(|k| k.name == name)?;
        if channel.traits.is_some_and(|traits| !traits.can_lead) {
            let message = format!(
                "`{name}` is of kind `{}`, which cannot announce releases",
                channel.kind
            );
            let hint = if candidates.is_empty() {
                "a `git-tag` or `github-release` channel can: add one".to_owned()
            } else {
                format!("these can: {}", listed(&candidates))
            };
            root.report(Diagnostic::error(&text.place, message).hint(hint));
            return None;
        }
        warn_of_lone_leader(root, family, known);
        return Some(name);
    }
    match candidates.as_slice() {
        [only] => {
            warn_of_lone_leader(root, family, known);
            Some(only.name.clone())
        }
        // A channel with errors might be the one.
        [] if known.iter().any(|k| k.traits.is_none()) || known.is_empty() => None,
        [] => {
            root.report(
                Diagnostic::error(&family.place, "no channel can announce releases").hint(
                    "add a channel of kind `git-tag` or `github-release`: releases are \
                     announced where the source is",
                ),
            );
            None
        }
        [first, ..] => {
            let message = format!(
                "several channels can announce releases: {}",
                listed(&candidates)
            );
            let hint = format!("say which one, as in `announced-by = \"{}\"`", first.name);
            root.report(Diagnostic::error(&family.place, message).hint(hint));
            None
        }
    }
}

fn warn_of_lone_leader(root: &mut Fields<'_>, family: &Family, known: &[Known]) {
    if known.len() == 1 {
        root.report(
            Diagnostic::warning(
                &family.place,
                "there is nothing to compare the leading channel with",
            )
            .hint(
                "add a second channel, such as `manifest` for the version that the source declares",
            ),
        );
    }
}
