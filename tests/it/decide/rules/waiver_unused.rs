//! `waiver-unused`.

use lockstep::model::{Level, Outcome, Severity, Verdict};

use crate::decide::world::{NOW, commit, digest, listing, none, the_one_anywhere, verdict};

const CODE: &str = "waiver-unused";
const GRAVITY: (Severity, Level, Level) = (Severity::Note, Level::None, Level::None);

fn judged(waived: &str, digests: &str, npm: &str) -> Verdict {
    let policy = format!(
        r#"
        component = {{ name = "api", source = "https://github.com/acme/api" }}
        line.release = {{ scheme = "semver" }}
        channel.tag = {{ kind = "git-tag", tag = "v{{version}}" }}
        channel.npm = {{ kind = "npm" }}
        [[waiver]]
        code = "version-missing"
        version = "{waived}"
        digests = [{digests}]
        reason = "npm was down"
        approved-by = "release team"
        expires = "2031-01-01"
        "#
    );
    let tag = format!(r#""v1.0.0":{{"commit":{}}}"#, commit('a'));
    let told = [listing("tag", NOW, &tag), listing("npm", NOW, npm)];
    verdict(&policy, &told, Some("1.0.0"))
}

#[test]
fn a_waiver_of_what_is_mended_is_noted() {
    let verdict = judged("1.0.0", "", r#""1.0.0":{}"#);
    let finding = the_one_anywhere(&verdict.findings, CODE, GRAVITY);
    assert_eq!(finding.version.as_deref(), Some("1.0.0"));
    assert_eq!(verdict.outcome, Outcome::Allow, "{:#?}", verdict.findings);
}

#[test]
fn a_waiver_with_digests_that_are_not_those_of_the_finding_is_noted() {
    let verdict = judged("1.0.0", &digest('a'), "");
    the_one_anywhere(&verdict.findings, CODE, GRAVITY);
    assert_eq!(verdict.outcome, Outcome::Deny);
}

#[test]
fn a_waiver_that_is_used_or_of_a_release_that_is_not_judged_is_not() {
    none(&judged("1.0.0", "", "").findings, CODE);
    none(&judged("0.9.0", "", r#""1.0.0":{}"#).findings, CODE);
}
