//! `commit-mismatch`.

use lockstep::model::{Level, Severity};

use crate::decide::world::{NOW, commit, judge, listing, none, the_one};

const POLICY: &str = r#"
    component = { name = "api", source = "https://github.com/acme/api", announced-by = "tag" }
    line.release = { scheme = "semver" }
    channel.npm = { kind = "npm" }
    channel.tag = { kind = "git-tag", tag = "v{version}" }
"#;
const CODE: &str = "commit-mismatch";
const GRAVITY: (Severity, Level, Level) = (Severity::Deny, Level::High, Level::Low);

fn told(npm: &str) -> [String; 2] {
    [
        listing(
            "tag",
            NOW,
            &format!(r#""v1.0.0":{{"commit":{}}}"#, commit('a')),
        ),
        listing("npm", NOW, &format!(r#""1.0.0":{npm}"#)),
    ]
}

#[test]
fn another_commit_than_the_leading_tag_is_found_on_the_other_channel() {
    let told = told(&format!(r#"{{"commit":{}}}"#, commit('b')));
    let findings = judge(POLICY, &told, &["1.0.0"]);
    let finding = the_one(&findings, CODE, "npm", GRAVITY);
    let both = ["a", "b"].map(|digit| format!("git:{}", digit.repeat(40)));
    assert_eq!(finding.digests, both);
}

#[test]
fn one_commit_and_none_at_all_are_no_mismatch() {
    let same = told(&format!(r#"{{"commit":{}}}"#, commit('a')));
    none(&judge(POLICY, &same, &["1.0.0"]), CODE);
    none(&judge(POLICY, &told("{}"), &["1.0.0"]), CODE);
}

#[test]
fn a_development_build_is_of_the_commit_that_its_name_holds() {
    let policy = r#"
        component = { name = "api", source = "https://github.com/acme/api" }
        line.development = { scheme = "dev-build" }
        channel.tag = { kind = "git-tag", tag = "{version}" }
        channel.image = { kind = "oci", tag = "{version}", image = "docker.io/acme/api" }
    "#;
    let name = "main-aaaaaaaa-1674061254";
    let at = |digit| {
        [listing(
            "tag",
            NOW,
            &format!(r#""{name}":{{"commit":{}}}"#, commit(digit)),
        )]
    };
    the_one(&judge(policy, &at('b'), &[name]), CODE, "tag", GRAVITY);
    none(&judge(policy, &at('a'), &[name]), CODE);
}
