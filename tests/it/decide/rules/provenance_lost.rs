//! `provenance-lost`.

use lockstep::model::{Level, Outcome, Severity};

use crate::decide::attesting::{PACKAGE, Told, built, release, wheel};
use crate::decide::world::{NOW, judge, listing, none, the_one};

const CODE: &str = "provenance-lost";
const GRAVITY: (Severity, Level, Level) = (Severity::Deny, Level::Low, Level::High);

const PLAIN: &str = r#"
    component = { name = "api", source = "https://github.com/acme/api", announced-by = "tag" }
    line.release = { scheme = "semver" }
    channel.npm = { kind = "npm" }
    channel.tag = { kind = "git-tag", tag = "v{version}" }
"#;

fn flagged(versions: &[(&str, Option<bool>)]) -> [String; 2] {
    let tags: Vec<String> = versions
        .iter()
        .map(|(it, _)| format!(r#""v{it}":{{}}"#))
        .collect();
    let files: Vec<String> = versions
        .iter()
        .map(|(it, attested)| {
            let attested = attested.map_or(String::new(), |it| format!(r#""attested":{it}"#));
            format!(r#""{it}":{{"files":{{"{it}.tgz":{{{attested}}}}}}}"#)
        })
        .collect();
    [
        listing("tag", NOW, &tags.join(",")),
        listing("npm", NOW, &files.join(",")),
    ]
}

#[test]
fn what_the_listing_says_of_the_series_is_enough_without_any_provenance_table() {
    let told = flagged(&[("1.1.0", Some(true)), ("1.2.0", Some(false))]);
    let findings = judge(PLAIN, &told, &["1.2.0"]);
    let finding = the_one(&findings, CODE, "npm", GRAVITY);
    assert!(
        finding.message.contains("all of `1.1.0` has"),
        "{}",
        finding.message
    );
}

#[test]
fn a_second_version_without_does_not_hide_what_the_ones_before_it_had() {
    let told = flagged(&[
        ("1.1.0", Some(true)),
        ("1.2.0", Some(false)),
        ("1.2.1", Some(false)),
    ]);
    the_one(&judge(PLAIN, &told, &["1.2.1"]), CODE, "npm", GRAVITY);
}

/// Candidates between are somebody else's, perhaps; a stable version is held to stable ones.
#[test]
fn an_attested_candidate_is_no_earlier_version_of_a_stable_one() {
    let told = flagged(&[("1.1.0-rc.1", Some(true)), ("1.2.0", Some(false))]);
    none(&judge(PLAIN, &told, &["1.2.0"]), CODE);
    let told = flagged(&[
        ("1.1.0", Some(true)),
        ("1.2.0-rc.1", Some(true)),
        ("1.2.0", Some(false)),
        ("2.0.0", Some(false)),
    ]);
    let findings = judge(PLAIN, &told, &["1.2.0"]);
    let finding = the_one(&findings, CODE, "npm", GRAVITY);
    assert!(
        finding.message.contains("all of `1.1.0` has"),
        "{}",
        finding.message
    );
    none(&judge(PLAIN, &told, &["2.0.0"]), CODE);
}

#[test]
fn a_series_that_never_attested_has_lost_nothing() {
    for told in [
        flagged(&[("1.1.0", Some(false)), ("1.2.0", Some(false))]),
        flagged(&[
            ("2.0.0", Some(true)),
            ("1.1.0", Some(false)),
            ("1.2.0", Some(false)),
        ]),
        flagged(&[("1.1.0", Some(true)), ("1.2.0", Some(true))]),
        flagged(&[("1.1.0", Some(true)), ("1.2.0", None)]),
        flagged(&[("1.1.0", None), ("1.2.0", Some(false))]),
        flagged(&[("1.2.0", Some(false)), ("1.3.0", Some(true))]),
        flagged(&[("1.2.0-rc.1", Some(true)), ("1.2.0", Some(false))]),
    ] {
        none(&judge(PLAIN, &told, &["1.2.0"]), CODE);
    }
}

#[test]
fn attestations_of_the_version_before_say_what_was_lost() {
    let mut told = Told::packages(&[("1.1.0", 'b'), ("1.2.0", 'a')]);
    let before = built(&release("1.1.0", 'b'), &[wheel("1.1.0")]);
    told.wheel("1.1.0", &[&before]).wheel("1.2.0", &[]);
    the_one(&told.findings(PACKAGE, "1.2.0"), CODE, "pypi", GRAVITY);
    // The version before is asked about, for the listing does not say.
    let wanted = told.wanted(PACKAGE, Some("1.2.0"));
    let names: Vec<&str> = wanted["pypi"].iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["1.2.0", "1.1.0"]);
}

/// What the listing says is of the upload itself; what others attach may come after it.
#[test]
fn within_the_window_only_what_may_still_come_is_awaited() {
    let fresh = |attested: &str| {
        let mut told = Told::packages(&[("1.1.0", 'b'), ("1.2.0", 'a')]);
        let before = built(&release("1.1.0", 'b'), &[wheel("1.1.0")]);
        told.wheel("1.1.0", &[&before]).wheel("1.2.0", &[]);
        let digest = format!(r#""digest":"{}""#, wheel("1.2.0"));
        let uploaded = format!(r#"{attested}"uploaded":"2026-03-04T07:59:00Z",{digest}"#);
        told.observations[1] = told.observations[1].replace(&digest, &uploaded);
        if !attested.is_empty() {
            let digest = format!(r#""digest":"{}""#, wheel("1.1.0"));
            let listed = format!(r#""attested":true,{digest}"#);
            told.observations[1] = told.observations[1].replace(&digest, &listed);
        }
        told.verdict(PACKAGE, "1.2.0")
    };
    let silent = fresh("");
    let awaited = (Severity::Indeterminate, Level::None, Level::None);
    the_one(&silent.findings, CODE, "pypi", awaited);
    assert_eq!(silent.outcome, Outcome::Indeterminate);
    assert_eq!(
        silent.retry_at,
        Some("2026-03-04T08:59:00Z".parse().unwrap())
    );
    let said = fresh(r#""attested":false,"#);
    the_one(&said.findings, CODE, "pypi", GRAVITY);
    assert_eq!(said.outcome, Outcome::Deny);
}
