//! `waiver-expired`.

use lockstep::model::{Level, Outcome, Severity, Verdict};

use crate::decide::world::{NOW, commit, decided, listing, none, of, question, the_one};

const CODE: &str = "waiver-expired";
const GRAVITY: (Severity, Level, Level) = (Severity::Warn, Level::None, Level::None);

/// A tag without its package, waived until 1 April.
fn judged(npm: &str, decided_at: &str) -> Verdict {
    let policy = r#"
        component = { name = "api", source = "https://github.com/acme/api" }
        line.release = { scheme = "semver" }
        channel.tag = { kind = "git-tag", tag = "v{version}" }
        channel.npm = { kind = "npm" }
        [[waiver]]
        code = "version-missing"
        version = "1.0.0"
        reason = "npm was down"
        approved-by = "release team"
        expires = "2026-04-01"
    "#;
    let tag = format!(r#""v1.0.0":{{"commit":{}}}"#, commit('a'));
    let told = [listing("tag", NOW, &tag), listing("npm", NOW, npm)];
    decided(policy, &told, question(Some("1.0.0"), None), decided_at)
}

#[test]
fn from_the_day_on_which_it_ends_the_finding_is_open_again() {
    let verdict = judged("", "2026-04-01T00:00:00Z");
    let finding = the_one(&verdict.findings, CODE, "npm", GRAVITY);
    assert_eq!(finding.version.as_deref(), Some("1.0.0"));
    assert!(finding.message.contains("release team"));
    assert!(of(&verdict.findings, "version-missing")[0].is_open());
    none(&verdict.findings, "waiver-unused");
    assert_eq!(verdict.outcome, Outcome::Deny);
}

#[test]
fn until_then_it_holds() {
    let verdict = judged("", "2026-03-31T23:59:59Z");
    none(&verdict.findings, CODE);
    assert!(!of(&verdict.findings, "version-missing")[0].is_open());
    // Nothing denies any more; but the only follower confirms nothing either.
    assert_eq!(verdict.outcome, Outcome::Indeterminate);
}

#[test]
fn one_that_nothing_needs_any_more_is_unused_and_not_expired() {
    let verdict = judged(r#""1.0.0":{}"#, "2026-04-01T00:00:00Z");
    none(&verdict.findings, CODE);
    assert_eq!(of(&verdict.findings, "waiver-unused").len(), 1);
}
