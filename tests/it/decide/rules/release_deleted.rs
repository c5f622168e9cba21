//! `release-deleted`.

use lockstep::model::{CellState, Level, Outcome, Severity};

use crate::decide::world::{
    FIRST, NOW, SECOND, broken_off, digest, judge, listing, none, of, the_one, verdict,
};

const POLICY: &str = r#"
    component = { name = "api", source = "https://github.com/acme/api" }
    line.release = { scheme = "semver" }
    channel.release = { kind = "github-release", tag = "v{version}" }
    channel.npm = { kind = "npm" }
"#;
const CODE: &str = "release-deleted";
const GRAVITY: (Severity, Level, Level) = (Severity::Warn, Level::Low, Level::Low);
const UNANNOUNCED: &str = "version-unannounced";
const THERE: &str = r#""v1.0.0":{}"#;
const GONE: &str = r#""v0.9.0":{}"#;

fn round(at: &str, release: &str, package: char) -> [String; 2] {
    let files = format!(
        r#""1.0.0":{{"files":{{"api.tgz":{{"digest":{}}}}}}}"#,
        digest(package)
    );
    [listing("release", at, release), listing("npm", at, &files)]
}

#[test]
fn a_deleted_entry_is_a_warning_where_all_else_is_as_it_was() {
    let told = [round(FIRST, THERE, 'a'), round(NOW, GONE, 'a')].concat();
    let verdict = verdict(POLICY, &told, Some("1.0.0"));
    let finding = the_one(&verdict.findings, CODE, "release", GRAVITY);
    let digests = [format!("sha256:{}", "a".repeat(64))];
    assert_eq!(finding.digests, digests);
    assert_eq!(
        finding.because.len(),
        2,
        "that it was there, that it is gone"
    );
    none(&verdict.findings, UNANNOUNCED);
    assert_eq!(verdict.outcome, Outcome::Allow, "{:#?}", verdict.findings);
    assert_eq!(verdict.digests, digests);
    let cell = verdict
        .cells
        .iter()
        .find(|it| it.channel.as_str() == "release");
    assert_eq!(cell.map(|it| &it.state), Some(&CellState::Agrees));
}

#[test]
fn it_stays_a_warning_round_after_round() {
    let told = [
        round(FIRST, THERE, 'a'),
        round(SECOND, GONE, 'a'),
        round(NOW, GONE, 'a'),
    ]
    .concat();
    the_one(&judge(POLICY, &told, &["1.0.0"]), CODE, "release", GRAVITY);
}

#[test]
fn any_other_digest_is_unannounced() {
    let told = [round(FIRST, THERE, 'a'), round(NOW, GONE, 'b')].concat();
    let verdict = verdict(POLICY, &told, Some("1.0.0"));
    none(&verdict.findings, CODE);
    assert_eq!(of(&verdict.findings, UNANNOUNCED).len(), 1);
    assert_eq!(verdict.outcome, Outcome::Deny);
}

#[test]
fn a_digest_that_came_after_the_entry_was_gone_is_unannounced() {
    let told = [
        round(FIRST, THERE, 'a'),
        round(SECOND, GONE, 'b'),
        round(NOW, GONE, 'b'),
    ]
    .concat();
    let findings = judge(POLICY, &told, &["1.0.0"]);
    none(&findings, CODE);
    assert_eq!(of(&findings, UNANNOUNCED).len(), 1);
}

#[test]
fn an_entry_that_was_never_seen_was_not_deleted() {
    for told in [
        round(NOW, GONE, 'a').to_vec(),
        [round(FIRST, GONE, 'a'), round(NOW, GONE, 'a')].concat(),
    ] {
        let findings = judge(POLICY, &told, &["1.0.0"]);
        none(&findings, CODE);
        assert_eq!(of(&findings, UNANNOUNCED).len(), 1);
    }
}

#[test]
fn a_package_that_is_gone_is_missing_and_not_deleted() {
    let mut told = [round(FIRST, THERE, 'a'), round(NOW, THERE, 'a')].concat();
    told[3] = listing("npm", NOW, "");
    let findings = judge(POLICY, &told, &["1.0.0"]);
    none(&findings, CODE);
    assert_eq!(of(&findings, "version-missing").len(), 1);
}

#[test]
fn an_entry_that_is_there_or_not_known_to_be_gone_was_not_deleted() {
    let mut told = [round(FIRST, THERE, 'a'), round(NOW, THERE, 'a')].concat();
    none(&judge(POLICY, &told, &["1.0.0"]), CODE);
    told[2] = broken_off(&listing("release", NOW, GONE));
    let verdict = verdict(POLICY, &told, Some("1.0.0"));
    none(&verdict.findings, CODE);
    assert_eq!(verdict.outcome, Outcome::Indeterminate);
}
