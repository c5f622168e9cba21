//! `project-quarantined`.

use lockstep::model::{Level, Outcome, Severity};

use crate::decide::world::{
    FIRST, LATER, NOW, commit, decided, listing, none, project, question, the_one, verdict,
};

const POLICY: &str = r#"
    component = { name = "api", source = "https://github.com/acme/api" }
    line.release = { scheme = "pep440" }
    channel.tag = { kind = "git-tag", tag = "v{version}" }
    channel.pypi = { kind = "pypi" }
"#;
const CODE: &str = "project-quarantined";
const GRAVITY: (Severity, Level, Level) = (Severity::Deny, Level::High, Level::High);

fn told(round: &str, status: &str) -> [String; 3] {
    let tag = format!(r#""v1.0":{{"commit":{}}}"#, commit('a'));
    [
        project("pypi", round, &format!(r#"{{"status":"{status}"}}"#)),
        listing("tag", round, &tag),
        listing("pypi", round, r#""1.0":{}"#),
    ]
}

#[test]
fn a_project_in_quarantine_is_denied_whichever_release_is_asked() {
    for version in [Some("1.0"), Some("0.1"), None] {
        let verdict = verdict(POLICY, &told(NOW, "quarantined"), version);
        let finding = the_one(&verdict.findings, CODE, "pypi", GRAVITY);
        assert_eq!(finding.version, None, "it is about the project");
        assert_eq!(verdict.outcome, Outcome::Deny);
    }
}

#[test]
fn another_status_or_one_that_is_over_is_none() {
    for status in ["active", "archived", "deprecated"] {
        let verdict = verdict(POLICY, &told(NOW, status), Some("1.0"));
        none(&verdict.findings, CODE);
        assert_eq!(verdict.outcome, Outcome::Allow, "{:#?}", verdict.findings);
    }
    let over = [told(FIRST, "quarantined"), told(NOW, "active")].concat();
    none(&verdict(POLICY, &over, Some("1.0")).findings, CODE);
}

#[test]
fn a_channel_that_is_not_required_counts_for_nothing() {
    let policy = format!(
        "{POLICY}\nchannel.image = {{ kind = \"oci\", tag = \"{{version}}\", image = \"docker.io/acme/api\" }}
        environment.production = {{ requires = [\"image\"] }}"
    );
    let production = question(Some("1.0"), Some("production"));
    let verdict = decided(&policy, &told(NOW, "quarantined"), production, LATER);
    none(&verdict.findings, CODE);
}
