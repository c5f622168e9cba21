//! `commit-not-on-protected-branch`.

use lockstep::model::{CellState, Level, Severity};

use crate::decide::world::{NOW, commit, judge, listing, none, the_one, verdict};

const POLICY: &str = r#"
    component = { name = "api", source = "https://github.com/acme/api", branches = ["main", "release/*"] }
    line.release = { scheme = "semver" }
    channel.tag = { kind = "git-tag", tag = "v{version}" }
"#;
const CODE: &str = "commit-not-on-protected-branch";
const GRAVITY: (Severity, Level, Level) = (Severity::Deny, Level::None, Level::High);

fn told(branches: &str) -> [String; 1] {
    let entry = format!(
        r#""v1.0.0":{{"commit":{},"branches":{{{branches}}}}}"#,
        commit('a')
    );
    [listing("tag", NOW, &entry)]
}

#[test]
fn a_commit_on_none_of_the_branches_is_denied_and_its_cell_is_a_conflict() {
    let told = told(r#""main":false,"release/1":false,"topic":true"#);
    let findings = judge(POLICY, &told, &["1.0.0"]);
    the_one(&findings, CODE, "tag", GRAVITY);
    let verdict = verdict(POLICY, &told, Some("1.0.0"));
    assert_eq!(verdict.cells[0].state, CellState::Conflict);
}

#[test]
fn one_branch_that_has_it_is_enough() {
    let told = told(r#""main":false,"release/1":true"#);
    none(&judge(POLICY, &told, &["1.0.0"]), CODE);
}

#[test]
fn without_an_answer_or_without_branches_nothing_is_found() {
    none(&judge(POLICY, &told(""), &["1.0.0"]), CODE);
    let policy = POLICY.replace(r#", branches = ["main", "release/*"]"#, "");
    none(&judge(&policy, &told(r#""main":false"#), &["1.0.0"]), CODE);
}
