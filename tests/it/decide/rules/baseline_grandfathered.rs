//! `baseline-grandfathered`.

use lockstep::decide::{Question, Which};
use lockstep::model::{Disposition, Level, Outcome, Severity, Verdict};

use crate::decide::world::{
    FIRST, LATER, NOW, commit, decided, listing, none, of, question, the_one_anywhere, verdict,
};

const CODE: &str = "baseline-grandfathered";
const GRAVITY: (Severity, Level, Level) = (Severity::Note, Level::None, Level::None);
const MISSING: &str = "version-missing";
const UNANNOUNCED: &str = "version-unannounced";

fn policy(since: &str) -> String {
    format!(
        r#"
        component = {{ name = "api", source = "https://github.com/acme/api" }}
        line.release = {{ scheme = "semver", judge-since = "{since}" }}
        channel.tag = {{ kind = "git-tag", tag = "v{{version}}" }}
        channel.npm = {{ kind = "npm" }}
        "#
    )
}

fn tags(round: &str, tags: &[(&str, char)]) -> String {
    let tags: Vec<String> = tags
        .iter()
        .map(|(version, digit)| format!(r#""v{version}":{{"commit":{}}}"#, commit(*digit)))
        .collect();
    listing("tag", round, &tags.join(","))
}

fn packages(packages: &[(&str, &str)]) -> String {
    let packages: Vec<String> = packages
        .iter()
        .map(|(version, day)| format!(r#""{version}":{{"published":"2026-02-{day}T00:00:00Z"}}"#))
        .collect();
    listing("npm", NOW, &packages.join(","))
}

fn all(policy: &str, told: &[String]) -> Verdict {
    let which = Which::All { since: None };
    let question = Question {
        which,
        ..question(None, None)
    };
    decided(policy, told, question, LATER)
}

#[test]
fn findings_of_presence_about_older_releases_are_set_apart() {
    let told = [
        tags(NOW, &[("1.0.0", 'a'), ("2.0.0", 'b')]),
        packages(&[("2.0.0", "20")]),
    ];
    let verdict = all(&policy("2.0.0"), &told);
    the_one_anywhere(&verdict.findings, CODE, GRAVITY);
    let missing = of(&verdict.findings, MISSING);
    assert_eq!(missing.len(), 1);
    assert_eq!(missing[0].disposition, Disposition::Grandfathered);
    assert_eq!(verdict.outcome, Outcome::Allow, "{:#?}", verdict.findings);
    assert_eq!(verdict.mismatch, Level::None, "it scores no more");

    let from_the_first = all(&policy("1.0.0"), &told);
    none(&from_the_first.findings, CODE);
    assert_eq!(from_the_first.outcome, Outcome::Deny);
}

#[test]
fn a_release_that_is_named_is_judged_whatever_its_age() {
    let told = [
        tags(NOW, &[("1.0.0", 'a'), ("2.0.0", 'b')]),
        packages(&[("2.0.0", "20")]),
    ];
    let verdict = verdict(&policy("2.0.0"), &told, Some("1.0.0"));
    none(&verdict.findings, CODE);
    assert!(of(&verdict.findings, MISSING)[0].is_open());
    assert_eq!(verdict.outcome, Outcome::Deny);
}

#[test]
fn a_low_version_that_was_uploaded_after_the_anchor_is_news() {
    let told = |day| {
        [
            tags(NOW, &[("2.0.0", 'b')]),
            packages(&[("1.9.9", day), ("2.0.0", "20")]),
        ]
    };
    for day in ["19", "20"] {
        let before = all(&policy("2.0.0"), &told(day));
        the_one_anywhere(&before.findings, CODE, GRAVITY);
        assert!(!of(&before.findings, UNANNOUNCED)[0].is_open());
        assert_eq!(before.outcome, Outcome::Allow, "{:#?}", before.findings);
    }
    for judged in [
        all(&policy("2.0.0"), &told("21")),
        verdict(&policy("2.0.0"), &told("21"), None),
    ] {
        none(&judged.findings, CODE);
        assert!(of(&judged.findings, UNANNOUNCED)[0].is_open());
        assert_eq!(judged.outcome, Outcome::Deny);
    }
}

#[test]
fn what_is_drawn_from_two_observations_is_never_set_apart() {
    let told = [
        tags(FIRST, &[("1.0.0", 'a'), ("2.0.0", 'b')]),
        tags(NOW, &[("1.0.0", 'c'), ("2.0.0", 'b')]),
        packages(&[("2.0.0", "20")]),
    ];
    let verdict = all(&policy("2.0.0"), &told);
    assert!(!of(&verdict.findings, MISSING)[0].is_open());
    assert!(of(&verdict.findings, "git-tag-moved")[0].is_open());
    assert_eq!(verdict.outcome, Outcome::Deny);
}

#[test]
fn a_date_sets_apart_what_servers_say_is_older_and_nothing_without_a_time() {
    let told = [
        tags(NOW, &[("2.0.0", 'b')]),
        packages(&[("1.0.0", "10"), ("2.0.0", "20")]),
    ];
    let verdict = all(&policy("2026-02-15"), &told);
    the_one_anywhere(&verdict.findings, CODE, GRAVITY);
    assert_eq!(verdict.outcome, Outcome::Allow, "{:#?}", verdict.findings);

    let untimed = [
        tags(NOW, &[("1.0.0", 'a'), ("2.0.0", 'b')]),
        packages(&[("2.0.0", "20")]),
    ];
    let verdict = all(&policy("2026-02-15"), &untimed);
    none(&verdict.findings, CODE);
    assert_eq!(verdict.outcome, Outcome::Deny);
}
