//! `version-collision`.

use lockstep::model::{Level, Outcome, Severity};

use crate::decide::world::{NOW, commit, digest, entry, judge, listing, none, the_one, verdict};

const POLICY: &str = r#"
    component = { name = "api", source = "https://github.com/acme/api" }
    line.release = { scheme = "semver" }
    channel.tag = { kind = "git-tag", tag = ["v{version}", "{version}"] }
    channel.pypi = { kind = "pypi" }
"#;
const CODE: &str = "version-collision";
const GRAVITY: (Severity, Level, Level) = (Severity::Deny, Level::High, Level::Low);

fn told(tags: &[(&str, char)], pypi: &str) -> [String; 2] {
    let tags: Vec<String> = tags
        .iter()
        .map(|(name, digit)| format!(r#""{name}":{{"commit":{}}}"#, commit(*digit)))
        .collect();
    let file = format!(r#"{{"files":{{"api.whl":{{"digest":{}}}}}}}"#, digest('f'));
    [
        listing("tag", NOW, &tags.join(",")),
        listing("pypi", NOW, &format!(r#""{pypi}":{file}"#)),
    ]
}

#[test]
fn two_spellings_on_different_commits_collide() {
    let told = told(&[("v1.0.0", 'a'), ("1.0.0", 'b')], "1.0.0");
    for versions in [&["1.0.0"][..], &[]] {
        let findings = judge(POLICY, &told, versions);
        let finding = the_one(&findings, CODE, "tag", GRAVITY);
        let both = ["a", "b"].map(|digit| format!("git:{}", digit.repeat(40)));
        assert_eq!(finding.digests, both, "a waiver names both");
    }
    let verdict = verdict(POLICY, &told, Some("1.0.0"));
    assert_eq!(verdict.outcome, Outcome::Deny);
}

#[test]
fn two_spellings_on_one_commit_do_not() {
    let told = told(&[("v1.0.0", 'a'), ("1.0.0", 'a')], "1.0.0");
    let verdict = verdict(POLICY, &told, Some("1.0.0"));
    none(&verdict.findings, CODE);
    assert_eq!(verdict.outcome, Outcome::Allow, "{:#?}", verdict.findings);
}

/// A registry's listing has names alone, and what they name comes from a look-up of each.
#[test]
fn two_names_of_one_image_do_not_collide_because_a_listing_states_less() {
    let policy = r#"
    component = { name = "api", source = "https://github.com/acme/api" }
    line.release = { scheme = "semver" }
    channel.tag = { kind = "git-tag", tag = "v{version}" }
    channel.hub = { kind = "oci", tag = ["{version}", "v{version}"], image = "docker.io/acme/api" }
    "#;
    let told = |other: char| {
        let image = |name: &str, content| {
            entry(
                "hub",
                NOW,
                name,
                &format!(r#"{{"digest":{}}}"#, digest(content)),
            )
        };
        [
            listing(
                "tag",
                NOW,
                &format!(r#""v1.0.0":{{"commit":{}}}"#, commit('a')),
            ),
            listing("hub", NOW, r#""1.0.0":{},"v1.0.0":{}"#),
            image("1.0.0", 'd'),
            image("v1.0.0", other),
        ]
    };
    let alike = verdict(policy, &told('d'), Some("1.0.0"));
    none(&alike.findings, CODE);
    assert_eq!(alike.outcome, Outcome::Allow, "{:#?}", alike.findings);
    let findings = judge(policy, &told('e'), &["1.0.0"]);
    the_one(&findings, CODE, "hub", GRAVITY);
}

#[test]
fn two_releases_with_one_name_in_a_follower_collide_even_if_one_is_published() {
    // SemVer tells them apart, PEP 440 reads both as 1.0.0rc0.
    let told = told(&[("v1.0.0-rc", 'a'), ("v1.0.0-rc.0", 'b')], "1.0.0rc0");
    for version in ["1.0.0-rc", "1.0.0-rc.0"] {
        let findings = judge(POLICY, &told, &[version]);
        let finding = the_one(&findings, CODE, "pypi", GRAVITY);
        for shown in ["`1.0.0-rc`", "`1.0.0-rc.0`", "`1.0.0rc0`"] {
            assert!(finding.message.contains(shown), "{}", finding.message);
        }
        assert_eq!(finding.digests, [format!("sha256:{}", "f".repeat(64))]);
    }
}

#[test]
fn a_release_that_is_asked_for_and_not_announced_collides_with_one_that_is() {
    let told = told(&[("v1.0.0-rc.0", 'a')], "1.0.0rc0");
    the_one(&judge(POLICY, &told, &["1.0.0-rc"]), CODE, "pypi", GRAVITY);
}

#[test]
fn releases_with_names_of_their_own_do_not_collide() {
    let numbered = told(&[("v1.0.0-rc.1", 'a'), ("v1.0.0-rc.0", 'b')], "1.0.0rc0");
    none(&judge(POLICY, &numbered, &["1.0.0-rc.0"]), CODE);
    let alone = told(&[("v1.0.0-rc", 'a')], "1.0.0rc0");
    none(&judge(POLICY, &alone, &["1.0.0-rc"]), CODE);
}

#[test]
fn another_release_is_not_held_responsible() {
    let told = told(
        &[("v1.0.0-rc", 'a'), ("v1.0.0-rc.0", 'b'), ("v1.0.0", 'c')],
        "1.0.0",
    );
    none(&judge(POLICY, &told, &["1.0.0"]), CODE);
}
