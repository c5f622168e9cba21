//! `release-deleted`: an entry that an earlier round showed is gone, while every other channel
//! still shows what it showed then.

use crate::decide::rule::{Judge, Rests, Rule};
use crate::decide::scene::{Case, Scene};
use crate::decide::standing::{Presence, Standing, digests_of};
use crate::decide::view::Source;
use crate::model::{Content, Finding, Level, Severity, Time, visible_line};

pub(super) const RULE: Rule = Rule {
    code: "release-deleted",
    severity: Severity::Warn,
    mismatch: Level::Low,
    suspicion: Level::Low,
    conflict: false,
    set_apart: false,
    title: "an entry that was there is gone, and everything else is as it was",
    explain: "A GitHub release or git tag that an earlier round showed is gone. All other \
              required channels show exactly the digests of that round, so what would be deployed \
              is what was announced; the channel counts as agreeing. Any other digest is judged \
              as unannounced.\n\n\
              What to do: find out who deleted it; restore the entry.",
    judge: Judge::Each(judge),
};

fn judge(scene: &Scene<'_>, cases: &[Case<'_>], findings: &mut Vec<Finding>) {
    for case in cases {
        for standing in case.required() {
            if !stands_for(scene, case, standing) {
                continue;
            }
            let Some((source, _)) = last_seen(standing) else {
                continue;
            };
            let name = standing.shown_name().unwrap_or_default();
            let message = format!(
                "{}: `{}` was there at {} and is gone; all else is as it was",
                standing.channel.name,
                visible_line(&name),
                source.observation.at,
            );
            let found = case.required().filter_map(Standing::found);
            let digests: Vec<String> = found.flat_map(|it| it.digests()).collect();
            let absent = match &standing.presence {
                Presence::Absent { because, .. } => Some(*because),
                _ => None,
            };
            let finding = RULE
                .about_standing(scene, case, standing, message)
                .because(absent.into_iter().chain([source.observation.id]))
                .digests(digests)
                .hint("find out who deleted it, and restore it");
            findings.push(finding);
        }
    }
}

/// Whether an absent release or tag counts as agreeing because only its entry was deleted.
pub(crate) fn stands_for(_scene: &Scene<'_>, case: &Case<'_>, standing: &Standing<'_>) -> bool {
    let deletable = standing.channel.traits.can_lead;
    if !deletable || !matches!(standing.presence, Presence::Absent { .. }) {
        return false;
    }
    let Some((_, round)) = last_seen(standing) else {
        return false;
    };
    let mut others = 0;
    for other in case
        .required()
        .filter(|it| it.channel.name != standing.channel.name)
    {
        let Some(found) = other.found() else {
            // Another entry that was deleted in the same stroke proves nothing either way.
            if other.channel.traits.can_lead && matches!(other.presence, Presence::Absent { .. }) {
                continue;
            }
            return false;
        };
        let then: Vec<Source<'_>> = other
            .view
            .before(found.name)
            .filter(|it| it.observation.round == round)
            .collect();
        let now = found.digests();
        let same = !now.is_empty()
            && !then.is_empty()
            && then.iter().all(|source| digests_of(source.entry) == now);
        if !same {
            return false;
        }
        // A tag alone is no artifact: what is deployed must be seen to be the same.
        others += usize::from(other.channel.traits.content != Content::Declaration);
    }
    others > 0
}

/// The last earlier round that showed the release here.
fn last_seen<'a>(standing: &Standing<'a>) -> Option<(Source<'a>, Time)> {
    let seen = standing
        .exact
        .iter()
        .flat_map(|name| standing.view.before(name));
    let last = seen.max_by_key(|source| (source.observation.round, source.observation.at))?;
    Some((last, last.observation.round))
}
