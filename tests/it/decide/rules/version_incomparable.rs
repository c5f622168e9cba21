//! `version-incomparable`.

use lockstep::model::{Level, Outcome, Severity};

use crate::decide::world::{NOW, commit, judge, listing, none, of, the_one, verdict};

const POLICY: &str = r#"
    component = { name = "api", source = "https://github.com/acme/api" }
    line.release = { scheme = "semver" }
    channel.tag = { kind = "git-tag", tag = "v{version}" }
    channel.pypi = { kind = "pypi" }
"#;
const CODE: &str = "version-incomparable";
const GRAVITY: (Severity, Level, Level) = (Severity::Indeterminate, Level::None, Level::None);
const NOTE: (Severity, Level, Level) = (Severity::Note, Level::None, Level::None);

fn told(tags: &[&str], packages: &[&str]) -> [String; 2] {
    let tags: Vec<String> = tags
        .iter()
        .map(|name| format!(r#""{name}":{{"commit":{}}}"#, commit('a')))
        .collect();
    let packages: Vec<String> = packages
        .iter()
        .map(|it| format!(r#""{it}":{{}}"#))
        .collect();
    [
        listing("tag", NOW, &tags.join(",")),
        listing("pypi", NOW, &packages.join(",")),
    ]
}

#[test]
fn a_release_that_has_no_name_in_a_required_channel_is_indeterminate() {
    let told = told(&["v1.0.0-canary.7"], &["0.9.0"]);
    let verdict = verdict(POLICY, &told, Some("1.0.0-canary.7"));
    let findings = &verdict.findings;
    let found = of(findings, CODE);
    assert_eq!(found.len(), 1, "{findings:#?}");
    assert_eq!(
        found[0].channel.as_ref().map(|it| it.as_str()),
        Some("pypi")
    );
    assert_eq!(found[0].version.as_deref(), Some("1.0.0-canary.7"));
    assert_eq!(
        (found[0].severity, found[0].mismatch, found[0].suspicion),
        GRAVITY
    );
    none(findings, "version-missing");
    assert_eq!(verdict.outcome, Outcome::Indeterminate);
    assert_eq!(verdict.retry_at, None, "asking again helps nothing");
}

#[test]
fn a_followers_name_that_nobody_can_place_makes_the_newest_indeterminate() {
    let told = told(&["v1.0.0"], &["1.0.0", "8.0.x"]);
    let found = verdict(POLICY, &told, None);
    let finding = the_one(&found.findings, CODE, "pypi", GRAVITY);
    assert!(finding.message.contains("`8.0.x`"), "{}", finding.message);
    assert_eq!(found.outcome, Outcome::Indeterminate);

    let named = verdict(POLICY, &told, Some("1.0.0"));
    none(&named.findings, CODE);
    assert_eq!(named.outcome, Outcome::Allow, "{:#?}", named.findings);
}

#[test]
fn an_odd_tag_of_the_leader_is_a_note() {
    let told = told(&["v1.0.0", "v8.0.x"], &["1.0.0"]);
    let verdict = verdict(POLICY, &told, None);
    the_one(&verdict.findings, CODE, "tag", NOTE);
    assert_eq!(verdict.outcome, Outcome::Allow, "{:#?}", verdict.findings);
}

#[test]
fn what_is_no_version_at_all_or_of_another_line_is_nothing() {
    let foreign = told(&["v1.0.0", "nightly", "docs"], &["1.0.0"]);
    none(&judge(POLICY, &foreign, &[]), CODE);
    let other = told(&["v1.0.0", "v1.0.post1"], &["1.0.0"]);
    the_one(&judge(POLICY, &other, &[]), CODE, "tag", NOTE);
    let policy = format!("{POLICY}\nline.legacy = {{ scheme = \"pep440\" }}")
        .replace("\"pypi\"", "\"pypi\", lines = [\"release\"]");
    none(&judge(&policy, &other, &[]), CODE);
}
