//! `release-draft`.

use lockstep::model::{Level, Outcome, Severity};

use crate::decide::world::{NOW, asked_at, listing, none, of, the_one, verdict};

const POLICY: &str = r#"
    component = { name = "api", source = "https://github.com/acme/api" }
    line.release = { scheme = "semver" }
    channel.release = { kind = "github-release", tag = "v{version}" }
    channel.npm = { kind = "npm", may-lead = "10m" }
"#;
const CODE: &str = "release-draft";
const GRAVITY: (Severity, Level, Level) = (Severity::Deny, Level::Low, Level::None);
const WITHIN: (Severity, Level, Level) = (Severity::Indeterminate, Level::Low, Level::None);

fn told(draft: bool, npm: &str) -> [String; 2] {
    [
        listing("release", NOW, &format!(r#""v1.0.0":{{"draft":{draft}}}"#)),
        listing("npm", NOW, npm),
    ]
}

fn published(time: &str) -> String {
    format!(r#""1.0.0":{{"published":"2026-03-04T{time}Z"}}"#)
}

#[test]
fn a_draft_is_found_after_the_window_of_a_follower_that_has_the_version() {
    let verdict = verdict(POLICY, &told(true, &published("07:50:00")), Some("1.0.0"));
    the_one(&verdict.findings, CODE, "release", GRAVITY);
    assert_eq!((verdict.outcome, verdict.retry_at), (Outcome::Deny, None));
}

#[test]
fn within_the_window_it_is_on_its_way() {
    let mut told = told(true, &published("07:50:01"));
    let early = verdict(POLICY, &told, Some("1.0.0"));
    let finding = the_one(&early.findings, CODE, "release", WITHIN);
    let end = "2026-03-04T08:00:01Z".parse().unwrap();
    assert_eq!(finding.retry_at, Some(end));
    assert_eq!(early.outcome, Outcome::Indeterminate);
    assert_eq!(early.retry_at, Some(end));

    told[0] = asked_at(&told[0], "2026-03-04T08:00:01Z");
    let late = verdict(POLICY, &told, Some("1.0.0"));
    the_one(&late.findings, CODE, "release", GRAVITY);
}

#[test]
fn without_a_clock_there_is_no_grace() {
    let verdict = verdict(POLICY, &told(true, r#""1.0.0":{}"#), Some("1.0.0"));
    the_one(&verdict.findings, CODE, "release", GRAVITY);
}

#[test]
fn a_draft_alone_makes_no_follower_missing() {
    let verdict = verdict(POLICY, &told(true, r#""0.9.0":{}"#), Some("1.0.0"));
    let finding = the_one(&verdict.findings, CODE, "release", WITHIN);
    assert_eq!(finding.retry_at, None);
    none(&verdict.findings, "version-missing");
    none(&verdict.findings, "version-pending");
    assert_eq!(verdict.outcome, Outcome::Indeterminate);
}

#[test]
fn a_draft_is_not_also_unannounced() {
    let verdict = verdict(POLICY, &told(true, &published("07:00:00")), Some("1.0.0"));
    none(&verdict.findings, "version-unannounced");
}

#[test]
fn a_published_release_is_none() {
    let verdict = verdict(POLICY, &told(false, &published("07:00:00")), Some("1.0.0"));
    assert!(of(&verdict.findings, CODE).is_empty());
    assert_eq!(verdict.outcome, Outcome::Allow, "{:#?}", verdict.findings);
}
