//! `repository-changed`: the repository is another one under the same name.

use crate::decide::rule::{Judge, Rests, Rule};
use crate::decide::scene::Scene;
use crate::decide::view::ChannelView;
use crate::model::{Answer, Digest, Facts, Finding, Level, Observation, ProjectFact, Severity};

pub(super) const RULE: Rule = Rule {
    code: "repository-changed",
    severity: Severity::Deny,
    mismatch: Level::Low,
    suspicion: Level::High,
    conflict: true,
    set_apart: false,
    title: "the repository's number is another one: it was created anew",
    explain: "The host's number for a repository survives renames and transfers. Another number \
              under the same name means that the repository was deleted and created again, which \
              is what somebody does who registers an abandoned account.\n\n\
              What to do: find out who owns the repository now. If it is you, write the new \
              number into `repository-id`; the policy's word ends this finding.",
    judge: Judge::Whole(judge),
};

/// Held to `repository-id` where the policy has one; else to the number that was seen first.
fn judge(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    let views = scene
        .required_views()
        .filter(|view| view.channel.traits.can_lead);
    for view in views {
        let expected = match scene.policy.component.repository_id {
            Some(id) => Some((id, "the policy says".to_owned(), None)),
            None => first_seen(view).map(|(id, observation)| {
                let says = format!("it was at {}", observation.at);
                (id, says, Some(observation.id))
            }),
        };
        let Some((expected, says, earlier)) = expected else {
            continue;
        };
        let other = view.projects.iter().find_map(|(project, observation)| {
            let id = project.id.filter(|id| *id != expected)?;
            Some((id, observation.id))
        });
        let Some((id, present)) = other else {
            continue;
        };
        let message = format!(
            "{}: the repository's number is {id}, {says} {expected}",
            view.channel.name
        );
        let because: Vec<Digest> = earlier.into_iter().chain([present]).collect();
        let mut finding = RULE
            .about_component(scene, message)
            .because(because)
            .hint("find out who owns the repository now");
        finding.channel = Some(view.channel.name.clone());
        findings.push(finding);
    }
}

fn first_seen<'a>(view: &ChannelView<'a>) -> Option<(u64, &'a Observation)> {
    view.past
        .iter()
        .find_map(|observation| Some((project(observation)?.id?, *observation)))
}

fn project(observation: &Observation) -> Option<&ProjectFact> {
    match &observation.answer {
        Answer::Seen {
            facts: Facts::Project(project),
            ..
        } => Some(project),
        Answer::Seen {
            facts: Facts::Listing(listing),
            ..
        } => listing.project.as_ref(),
        _ => None,
    }
}
