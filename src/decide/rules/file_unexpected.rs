//! `file-unexpected`: a channel has a file of the release that the channel it must equal lacks.

use crate::decide::rule::{Judge, Rule};
use crate::decide::same_files::{self, Direction};
use crate::decide::scene::Scene;
use crate::model::{Finding, Level, Severity};

pub(super) const RULE: Rule = Rule {
    code: "file-unexpected",
    severity: Severity::Deny,
    mismatch: Level::High,
    suspicion: Level::Low,
    conflict: true,
    set_apart: true,
    title: "a channel has a file that the release does not have elsewhere",
    explain: "Two channels must have the same files (`same-files`), and this one has some that the \
              other lacks. Installers choose among the files that they find: one more wheel is \
              enough to run other code on one platform.\n\n\
              Usual causes: a file that was never attached to the release; a second upload by \
              hand; somebody who may upload to this channel only.\n\n\
              What to do: find out who uploaded it. Attach it to the release if it is yours, else \
              yank the version.",
    judge: Judge::Whole(judge),
};

fn judge(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    let hint = "attach it to the release if it is yours; if nobody uploaded it, yank the version";
    same_files::compare(&RULE, scene, Direction::Unexpected, hint, findings);
}
