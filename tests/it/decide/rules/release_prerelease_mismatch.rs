//! `release-prerelease-mismatch`.

use lockstep::model::{Level, Outcome, Severity};

use crate::decide::world::{NOW, judge, listing, none, the_one, verdict};

const POLICY: &str = r#"
    component = { name = "api", source = "https://github.com/acme/api" }
    line.release = { scheme = "semver" }
    channel.release = { kind = "github-release", tag = "v{version}" }
    channel.npm = { kind = "npm" }
"#;
const CODE: &str = "release-prerelease-mismatch";
const GRAVITY: (Severity, Level, Level) = (Severity::Deny, Level::Low, Level::None);

fn told(version: &str, mark: &str) -> [String; 2] {
    [
        listing("release", NOW, &format!(r#""v{version}":{{{mark}}}"#)),
        listing("npm", NOW, &format!(r#""{version}":{{}}"#)),
    ]
}

const MARKED: &str = r#""prerelease":true"#;
const NOT_MARKED: &str = r#""prerelease":false"#;

#[test]
fn a_mark_that_says_another_thing_than_the_version_is_found() {
    for (version, mark) in [("1.0.0", MARKED), ("1.0.0-rc.1", NOT_MARKED)] {
        let verdict = verdict(POLICY, &told(version, mark), Some(version));
        let finding = the_one(&verdict.findings, CODE, "release", GRAVITY);
        assert_eq!(finding.version.as_deref(), Some(version));
        assert_eq!(verdict.outcome, Outcome::Deny);
    }
}

#[test]
fn a_mark_that_says_the_same_and_no_mark_are_none() {
    for (version, mark) in [
        ("1.0.0", NOT_MARKED),
        ("1.0.0-rc.1", MARKED),
        ("1.0.0", ""),
        ("1.0.0-rc.1", ""),
    ] {
        let verdict = verdict(POLICY, &told(version, mark), Some(version));
        none(&verdict.findings, CODE);
        assert_eq!(verdict.outcome, Outcome::Allow, "{version} {mark}");
    }
}

#[test]
fn build_metadata_makes_no_pre_release() {
    let told = told("1.0.0+rc.1", NOT_MARKED);
    none(&judge(POLICY, &told, &["1.0.0+rc.1"]), CODE);
}

#[test]
fn a_scheme_without_order_has_no_pre_releases() {
    let policy = r#"
        component = { name = "api", source = "https://github.com/acme/api" }
        line.release = { scheme = "opaque" }
        channel.release = { kind = "github-release", tag = "{version}" }
    "#;
    for mark in [MARKED, NOT_MARKED] {
        let told = [listing(
            "release",
            NOW,
            &format!(r#""1.0.0-rc.1":{{{mark}}}"#),
        )];
        none(&judge(policy, &told, &["1.0.0-rc.1"]), CODE);
    }
}
