//! `project-quarantined`: the index has shut a project away.

use crate::decide::rule::{Judge, Rests, Rule};
use crate::decide::scene::Scene;
use crate::model::{Finding, Level, Severity};

pub(super) const RULE: Rule = Rule {
    code: "project-quarantined",
    severity: Severity::Deny,
    mismatch: Level::High,
    suspicion: Level::High,
    conflict: false,
    set_apart: false,
    title: "the index has put the project into quarantine",
    explain: "The index's administrators have quarantined the project (PEP 792): it is suspected \
              of being malicious, and its files are hidden.\n\n\
              What to do: deploy nothing of it; read the index's announcement.",
    judge: Judge::Whole(judge),
};

fn judge(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    for view in scene.required_views() {
        let quarantined: Vec<_> = view
            .projects
            .iter()
            .filter(|(project, _)| project.status.as_deref() == Some("quarantined"))
            .map(|(_, observation)| observation.id)
            .collect();
        if quarantined.is_empty() {
            continue;
        }
        let message = format!("{}: the project is in quarantine", view.channel.name);
        let mut finding = RULE
            .about_component(scene, message)
            .because(quarantined)
            .hint("deploy nothing of it until the index says what happened");
        finding.channel = Some(view.channel.name.clone());
        findings.push(finding);
    }
}
