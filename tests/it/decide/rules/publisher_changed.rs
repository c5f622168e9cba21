//! `publisher-changed`.

use lockstep::model::{Level, Outcome, Severity};

use crate::authority::Claims;
use crate::decide::attesting::{PACKAGE, Told, commit, published, wheel};
use crate::decide::world::{NOW, judge, listing, none, the_one};

const CODE: &str = "publisher-changed";
const GRAVITY: (Severity, Level, Level) = (Severity::Deny, Level::Low, Level::High);

const PLAIN: &str = r#"
    component = { name = "api", source = "https://github.com/acme/api", announced-by = "tag" }
    line.release = { scheme = "semver" }
    channel.npm = { kind = "npm" }
    channel.tag = { kind = "git-tag", tag = "v{version}" }
"#;

fn stated(versions: &[(&str, &str)]) -> [String; 2] {
    let tags: Vec<String> = versions
        .iter()
        .map(|(it, _)| format!(r#""v{it}":{{}}"#))
        .collect();
    let all: Vec<String> = versions
        .iter()
        .map(|(it, who)| match *who {
            "" => format!(r#""{it}":{{}}"#),
            who => format!(r#""{it}":{{"publisher":"{who}"}}"#),
        })
        .collect();
    [
        listing("tag", NOW, &tags.join(",")),
        listing("npm", NOW, &all.join(",")),
    ]
}

#[test]
fn another_publisher_than_that_of_the_version_before_is_found() {
    let told = stated(&[("1.1.0", "bot"), ("1.2.0", "mallory")]);
    let findings = judge(PLAIN, &told, &["1.2.0"]);
    let finding = the_one(&findings, CODE, "npm", GRAVITY);
    assert!(
        finding
            .message
            .contains("by mallory, and `1.1.0` was by bot"),
        "{}",
        finding.message
    );
}

#[test]
fn only_the_version_before_in_the_series_counts_and_only_where_both_are_known() {
    for told in [
        stated(&[("1.1.0", "bot"), ("1.2.0", "bot")]),
        stated(&[("2.1.0", "mallory"), ("1.1.0", "bot"), ("1.2.0", "bot")]),
        stated(&[("0.9.0", "mallory"), ("1.2.0", "bot")]),
        stated(&[("1.1.0", ""), ("1.2.0", "bot")]),
        stated(&[("1.1.0", "bot"), ("1.2.0", "")]),
        stated(&[("1.0.0", "mallory"), ("1.1.0", "bot"), ("1.2.0", "bot")]),
    ] {
        none(&judge(PLAIN, &told, &["1.2.0"]), CODE);
    }
}

fn by(workflow: &str, reference: &str) -> Claims {
    let mut claims = Claims::github("acme/api", reference, &commit('a'));
    claims.identity = claims.identity.replace("release.yml", workflow);
    claims.build_config_uri = claims
        .build_config_uri
        .map(|it| it.replace("release.yml", workflow));
    claims
}

#[test]
fn the_certificate_of_a_publish_attestation_says_who_it_is_at_any_tag() {
    let policy = PACKAGE.replace(
        "kind = \"build\"\nworkflows = \"release.yml\"",
        "kind = \"publish\"\nworkflows = [\"release.yml\", \"other.yml\"]",
    );
    let told = |now: Claims| {
        let mut told = Told::packages(&[("1.1.0", 'b'), ("1.2.0", 'a')]);
        let before = published(&by("release.yml", "refs/tags/v1.1.0"), &[wheel("1.1.0")]);
        let now = published(&now, &[wheel("1.2.0")]);
        told.wheel("1.1.0", &[&before]).wheel("1.2.0", &[&now]);
        told.verdict(&policy, "1.2.0")
    };
    let same = told(by("release.yml", "refs/tags/v1.2.0"));
    assert_eq!(same.outcome, Outcome::Allow, "{:#?}", same.findings);
    let other = told(by("other.yml", "refs/tags/v1.2.0"));
    the_one(&other.findings, CODE, "pypi", GRAVITY);
}
