//! `file-missing`: a channel lacks a file of the release that the channel it must equal has.

use crate::decide::rule::{Judge, Rule};
use crate::decide::same_files::{self, Direction};
use crate::decide::scene::Scene;
use crate::model::{Finding, Level, Severity};

pub(super) const RULE: Rule = Rule {
    code: "file-missing",
    severity: Severity::Deny,
    mismatch: Level::High,
    suspicion: Level::Low,
    conflict: true,
    set_apart: true,
    title: "a channel lacks a file of the release",
    explain: "Two channels must have the same files (`same-files`), and this one lacks some that \
              the other has. There is no window: the release is there and is not what it should \
              be. A release whose upload is still running looks the same.\n\n\
              Usual causes: an upload that failed half way; a platform whose build failed.\n\n\
              What to do: upload what is missing; ask again when the upload has ended; narrow the \
              channel's `assets` where a file is not meant for both.",
    judge: Judge::Whole(judge),
};

fn judge(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    let hint = "upload what is missing, or narrow `assets`";
    same_files::compare(&RULE, scene, Direction::Missing, hint, findings);
}
