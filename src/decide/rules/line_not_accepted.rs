//! `line-not-accepted`: the release is of a line that the environment does not take.

use crate::decide::rule::{Judge, Rests, Rule};
use crate::decide::scene::{Case, Scene};
use crate::model::{Finding, Level, Severity};

pub(super) const RULE: Rule = Rule {
    code: "line-not-accepted",
    severity: Severity::Deny,
    mismatch: Level::None,
    suspicion: Level::None,
    conflict: false,
    set_apart: false,
    title: "the environment does not take releases of this line",
    explain: "The policy's environment lists the lines that it takes (`lines`), and this release \
              is of another: a development build on its way to production.\n\n\
              What to do: deploy a release of an accepted line, or add the line.",
    judge: Judge::Each(judge),
};

fn judge(scene: &Scene<'_>, cases: &[Case<'_>], findings: &mut Vec<Finding>) {
    let Some(environment) = scene.environment else {
        return;
    };
    for case in cases {
        if environment.lines.is_empty() || environment.lines.contains(&case.line.name) {
            continue;
        }
        let message = format!(
            "environment `{}` does not take line `{}`",
            environment.name, case.line.name
        );
        let accepted: Vec<&str> = environment.lines.iter().map(|line| line.as_str()).collect();
        let finding = RULE
            .about_release(scene, case, message)
            .hint(format!("it takes: {}", accepted.join(", ")));
        findings.push(finding);
    }
}
