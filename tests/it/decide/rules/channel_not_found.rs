//! `channel-not-found`.

use lockstep::model::{Level, Outcome, Severity};

use crate::decide::world::{NOW, commit, failed, listing, none, the_one, verdict};

const POLICY: &str = r#"
    component = { name = "api", source = "https://github.com/acme/api" }
    line.release = { scheme = "semver" }
    channel.tag = { kind = "git-tag", tag = "v{version}" }
    channel.npm = { kind = "npm" }
"#;
const CODE: &str = "channel-not-found";
const GRAVITY: (Severity, Level, Level) = (Severity::Indeterminate, Level::None, Level::None);

fn told(npm: String) -> [String; 2] {
    let tag = format!(r#""v1.0.0":{{"commit":{}}}"#, commit('a'));
    [listing("tag", NOW, &tag), npm]
}

#[test]
fn a_project_that_is_not_there_or_hidden_is_indeterminate() {
    for query in [r#""listing""#, r#""project""#] {
        for version in [Some("1.0.0"), None] {
            let told = told(failed("npm", NOW, query, "not-found"));
            let verdict = verdict(POLICY, &told, version);
            let finding = the_one(&verdict.findings, CODE, "npm", GRAVITY);
            assert!(finding.message.contains("may not see it"));
            none(&verdict.findings, "version-missing");
            none(&verdict.findings, "channel-unreachable");
            assert_eq!(verdict.outcome, Outcome::Indeterminate);
        }
    }
}

#[test]
fn a_project_that_is_there_and_empty_is_absence() {
    let verdict = verdict(POLICY, &told(listing("npm", NOW, "")), Some("1.0.0"));
    none(&verdict.findings, CODE);
    assert_eq!(verdict.outcome, Outcome::Deny);
}

#[test]
fn no_answer_is_unreachable_and_not_this() {
    let told = told(failed("npm", NOW, r#""listing""#, "server-error"));
    let verdict = verdict(POLICY, &told, Some("1.0.0"));
    none(&verdict.findings, CODE);
    the_one(&verdict.findings, "channel-unreachable", "npm", GRAVITY);
}
