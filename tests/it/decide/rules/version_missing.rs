//! `version-missing`.

use lockstep::model::{Level, Outcome, Severity};

use crate::decide::world::{
    NOW, broken_off, decided, entry, judge, listing, none, of, question, the_one, verdict,
};

const POLICY: &str = r#"
    component = { name = "api", source = "https://github.com/acme/api", announced-by = "release" }
    line.release = { scheme = "semver" }
    channel.release = { kind = "github-release", tag = "v{version}" }
    channel.tag = { kind = "git-tag", tag = "v{version}" }
    channel.npm = { kind = "npm" }
    environment.production = { requires = ["tag"] }
"#;
const CODE: &str = "version-missing";
const GRAVITY: (Severity, Level, Level) = (Severity::Deny, Level::High, Level::Low);

const RELEASE: &str = r#""v1.0.0":{"published":"2026-03-01T00:00:00Z"}"#;
const TAG: &str = r#""v1.0.0":{"commit":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}"#;
const OTHER: &str = r#""0.9.0":{}"#;

fn told(release: &str, tag: &str, npm: &str) -> [String; 3] {
    [
        listing("release", NOW, release),
        listing("tag", NOW, tag),
        listing("npm", NOW, npm),
    ]
}

#[test]
fn a_follower_that_lacks_what_the_leader_has_is_found() {
    let told = told(RELEASE, TAG, OTHER);
    let verdict = verdict(POLICY, &told, Some("1.0.0"));
    let finding = the_one(&verdict.findings, CODE, "npm", GRAVITY);
    assert_eq!(finding.version.as_deref(), Some("1.0.0"));
    assert!(finding.message.contains("`1.0.0`"), "{}", finding.message);
    assert!(finding.message.contains("release, tag have"));
    assert!(finding.digests.is_empty(), "absence has no digest");
    assert_eq!(finding.because.len(), 3, "the absence and who has it");
    assert_eq!(verdict.outcome, Outcome::Deny);
}

#[test]
fn a_follower_that_lacks_what_another_follower_has_is_found() {
    // The leader lacks it too; that is `version-unannounced`, and the tag is missing all the same.
    let package = r#""1.0.0":{"published":"2026-03-01T00:00:00Z"}"#;
    let told = told("", "", package);
    let findings = judge(POLICY, &told, &["1.0.0"]);
    the_one(&findings, CODE, "tag", GRAVITY);
    assert_eq!(of(&findings, "version-unannounced").len(), 1);
}

#[test]
fn what_is_there_or_nowhere_is_not_missing() {
    none(
        &judge(POLICY, &told(RELEASE, TAG, r#""1.0.0":{}"#), &["1.0.0"]),
        CODE,
    );
    none(&judge(POLICY, &told("", "", ""), &["1.0.0"]), CODE);
}

#[test]
fn an_equal_version_under_another_spelling_is_not_missing() {
    let policy = POLICY
        .replace("semver", "pep440")
        .replace(r#"kind = "npm""#, r#"kind = "pypi""#)
        .replace("channel.npm", "channel.pypi");
    let told = [
        listing("release", NOW, RELEASE),
        listing("tag", NOW, TAG),
        listing("pypi", NOW, r#""1.0":{"published":"2026-03-01T00:00:00Z"}"#),
    ];
    none(&judge(&policy, &told, &["1.0.0"]), CODE);
    let mut without = told;
    without[2] = listing("pypi", NOW, r#""1.0.1":{}"#);
    the_one(&judge(&policy, &without, &["1.0.0"]), CODE, "pypi", GRAVITY);
}

#[test]
fn a_listing_that_broke_off_proves_no_absence() {
    let mut told = told(RELEASE, TAG, OTHER);
    told[2] = broken_off(&told[2]);
    let verdict = verdict(POLICY, &told, Some("1.0.0"));
    none(&verdict.findings, CODE);
    assert_eq!(verdict.outcome, Outcome::Indeterminate);
}

#[test]
fn a_name_that_was_looked_up_exactly_is_there() {
    let mut told = told(RELEASE, TAG, OTHER);
    told[2] = entry("npm", NOW, "1.0.0", "{}");
    none(&judge(POLICY, &told, &["1.0.0"]), CODE);
}

#[test]
fn what_the_environment_does_not_require_may_be_absent() {
    let told = told(RELEASE, TAG, OTHER);
    let production = question(Some("1.0.0"), Some("production"));
    let verdict = decided(POLICY, &told, production, "2026-03-04T09:00:00Z");
    none(&verdict.findings, CODE);
    assert_eq!(verdict.outcome, Outcome::Allow, "{:#?}", verdict.findings);
}
