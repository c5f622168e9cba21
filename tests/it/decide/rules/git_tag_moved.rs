//! `git-tag-moved`.

use lockstep::model::{Level, Severity};

use crate::decide::world::{FIRST, NOW, SECOND, commit, judge, listing, none, the_one};

const POLICY: &str = r#"
    component = { name = "api", source = "https://github.com/acme/api" }
    line.release = { scheme = "semver", judge-since = "9.0.0" }
    channel.tag = { kind = "git-tag", tag = ["v{version}", "{version}"] }
"#;
const CODE: &str = "git-tag-moved";
const GRAVITY: (Severity, Level, Level) = (Severity::Deny, Level::High, Level::High);

fn tag(round: &str, name: &str, digit: char) -> String {
    listing(
        "tag",
        round,
        &format!(r#""{name}":{{"commit":{}}}"#, commit(digit)),
    )
}

#[test]
fn another_commit_than_first_seen_is_found_however_old_the_release_is() {
    let told = [
        tag(FIRST, "v1.0.0", 'a'),
        tag(SECOND, "v1.0.0", 'b'),
        tag(NOW, "v1.0.0", 'b'),
    ];
    for versions in [&["1.0.0"][..], &[]] {
        let findings = judge(POLICY, &told, versions);
        let finding = the_one(&findings, CODE, "tag", GRAVITY);
        assert!(finding.is_open());
        let both = ["a", "b"].map(|digit| format!("git:{}", digit.repeat(40)));
        assert_eq!(finding.digests, both);
        assert_eq!(finding.because.len(), 2);
    }
}

#[test]
fn back_at_the_first_commit_is_resolved() {
    let told = [
        tag(FIRST, "v1.0.0", 'a'),
        tag(SECOND, "v1.0.0", 'b'),
        tag(NOW, "v1.0.0", 'a'),
    ];
    none(&judge(POLICY, &told, &["1.0.0"]), CODE);
    none(&judge(POLICY, &[tag(NOW, "v1.0.0", 'a')], &["1.0.0"]), CODE);
}

#[test]
fn a_tag_under_another_name_of_the_release_does_not_hide_the_move() {
    let told = [tag(FIRST, "v1.0.0", 'a'), tag(NOW, "1.0.0", 'b')];
    the_one(&judge(POLICY, &told, &["1.0.0"]), CODE, "tag", GRAVITY);
    let told = [tag(FIRST, "v1.0.0", 'a'), tag(NOW, "1.0.0", 'a')];
    none(&judge(POLICY, &told, &["1.0.0"]), CODE);
}
