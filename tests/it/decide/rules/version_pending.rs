//! `version-pending`.

use lockstep::model::{Level, Outcome, Severity, Time};

use crate::decide::world::{
    FIRST, NOW, SECOND, asked_at, broken_off, judge, listing, none, of, the_one, verdict,
};

const POLICY: &str = r#"
    component = { name = "api", source = "https://github.com/acme/api" }
    line.release = { scheme = "semver" }
    channel.tag = { kind = "git-tag", tag = "v{version}" }
    channel.npm = { kind = "npm", may-lag = "30m" }
    channel.image = { kind = "oci", tag = "{version}", image = "docker.io/acme/api", may-lead = "20m" }
"#;
const CODE: &str = "version-pending";
const GRAVITY: (Severity, Level, Level) = (Severity::Indeterminate, Level::None, Level::None);
const MISSING: &str = "version-missing";
const UNANNOUNCED: &str = "version-unannounced";

const TAG: &str = r#""v1.0.0":{"commit":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}"#;
const NOTHING: &str = "";

fn published(time: &str) -> String {
    format!(r#""1.0.0":{{"published":"2026-03-04T{time}Z"}}"#)
}

fn told(tag: &str, npm: &str, image: &str) -> Vec<String> {
    vec![
        listing("tag", NOW, tag),
        listing("npm", NOW, npm),
        listing("image", NOW, image),
    ]
}

fn time(text: &str) -> Option<Time> {
    Some(format!("2026-03-04T{text}Z").parse().unwrap())
}

#[test]
fn a_follower_is_pending_until_its_may_lag_after_the_first_server_time() {
    // Judged years later: age is taken when the absence was found.
    let verdict = verdict(
        POLICY,
        &told(TAG, NOTHING, &published("07:30:01")),
        Some("1.0.0"),
    );
    let finding = the_one(&verdict.findings, CODE, "npm", GRAVITY);
    assert_eq!(finding.retry_at, time("08:00:01"));
    assert_eq!(
        (verdict.outcome, verdict.retry_at),
        (Outcome::Indeterminate, time("08:00:01"))
    );
    none(&verdict.findings, MISSING);
}

/// The assets of a draft are older than the release that it becomes.
#[test]
fn a_release_is_followed_from_when_it_was_published_and_not_from_when_it_was_filled() {
    let policy = POLICY.replace("git-tag", "github-release");
    let release = r#""v1.0.0":{"published":"2026-03-04T07:45:00Z",
        "files":{"api.zip":{"uploaded":"2026-03-01T07:00:00Z"}}}"#;
    let told = [
        listing("tag", NOW, release),
        listing("npm", NOW, NOTHING),
        listing("image", NOW, &published("07:46:00")),
    ];
    let verdict = verdict(&policy, &told, Some("1.0.0"));
    let finding = the_one(&verdict.findings, CODE, "npm", GRAVITY);
    assert_eq!(finding.retry_at, time("08:15:00"));
    none(&verdict.findings, MISSING);
}

#[test]
fn at_the_end_of_its_window_a_follower_is_missing() {
    let findings = judge(
        POLICY,
        &told(TAG, NOTHING, &published("07:30:00")),
        &["1.0.0"],
    );
    none(&findings, CODE);
    assert_eq!(of(&findings, MISSING).len(), 1);
}

#[test]
fn age_is_that_of_the_observation_and_not_of_the_round() {
    let mut told = told(TAG, NOTHING, &published("07:40:00"));
    the_one(&judge(POLICY, &told, &["1.0.0"]), CODE, "npm", GRAVITY);
    told[1] = asked_at(&told[1], "2026-03-04T08:10:00Z");
    let findings = judge(POLICY, &told, &["1.0.0"]);
    none(&findings, CODE);
    assert_eq!(of(&findings, MISSING).len(), 1);
}

#[test]
fn the_leader_is_pending_while_every_follower_is_within_its_own_may_lead() {
    let early = told(NOTHING, &published("07:50:01"), &published("07:40:02"));
    let findings = judge(POLICY, &early, &["1.0.0"]);
    let finding = the_one(&findings, CODE, "tag", GRAVITY);
    assert_eq!(
        finding.retry_at,
        time("08:00:01"),
        "the first window to end"
    );
    none(&findings, UNANNOUNCED);

    let one_too_old = told(NOTHING, &published("07:50:00"), &published("07:40:02"));
    let findings = judge(POLICY, &one_too_old, &["1.0.0"]);
    none(&findings, CODE);
    assert_eq!(of(&findings, UNANNOUNCED).len(), 2);
}

#[test]
fn one_follower_without_a_clock_ends_the_grace_of_the_leader() {
    let told = told(NOTHING, &published("07:59:00"), r#""1.0.0":{}"#);
    let findings = judge(POLICY, &told, &["1.0.0"]);
    none(&findings, CODE);
    assert_eq!(of(&findings, UNANNOUNCED).len(), 2);
}

#[test]
fn without_a_server_time_the_first_round_after_one_that_lacked_it_is_the_clock() {
    let bare = r#""1.0.0":{}"#;
    let lacking = listing("tag", FIRST, r#""v0.9.0":{}"#);
    let mut told = told(TAG, NOTHING, bare);
    told.push(lacking.clone());
    let findings = judge(POLICY, &told, &["1.0.0"]);
    let finding = the_one(&findings, CODE, "npm", GRAVITY);
    assert_eq!(finding.retry_at, time("08:30:00"));

    told.push(listing("tag", SECOND, TAG));
    let findings = judge(POLICY, &told, &["1.0.0"]);
    none(&findings, CODE);
    assert_eq!(of(&findings, MISSING).len(), 1, "there since a day");
}

#[test]
fn without_a_clock_there_is_no_grace() {
    let bare = r#""1.0.0":{}"#;
    let lacking = listing("tag", FIRST, r#""v0.9.0":{}"#);
    for history in [
        None,
        // It was always there, as far as anybody looked.
        Some(listing("tag", FIRST, TAG)),
        // What broke off proves no absence.
        Some(broken_off(&lacking)),
    ] {
        let mut told = told(TAG, NOTHING, bare);
        told.extend(history);
        let findings = judge(POLICY, &told, &["1.0.0"]);
        none(&findings, CODE);
        assert_eq!(of(&findings, MISSING).len(), 1);
    }
}

#[test]
fn a_name_that_was_there_before_and_came_back_is_not_new() {
    let mut told = told(TAG, NOTHING, r#""1.0.0":{}"#);
    told.push(listing("tag", FIRST, TAG));
    told.push(listing("tag", SECOND, r#""v0.9.0":{}"#));
    none(&judge(POLICY, &told, &["1.0.0"]), CODE);
}

#[test]
fn a_release_that_is_everywhere_is_not_pending() {
    let now = published("07:59:00");
    none(&judge(POLICY, &told(TAG, &now, &now), &["1.0.0"]), CODE);
}
