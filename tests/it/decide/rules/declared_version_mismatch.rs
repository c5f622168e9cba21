//! `declared-version-mismatch`.

use lockstep::model::{Level, Severity};

use crate::decide::world::{NOW, judge, listing, none, the_one};

const CODE: &str = "declared-version-mismatch";
const GRAVITY: (Severity, Level, Level) = (Severity::Deny, Level::High, Level::Low);

fn judged(kind: &str, name: &str, declared: &str, release: &str) -> Vec<lockstep::model::Finding> {
    let keys = match kind {
        "manifest" => r#"file = "pyproject.toml", key = "project.version""#,
        "files" => r#"path = "dist""#,
        _ => r#"lines = ["release"]"#,
    };
    let policy = format!(
        r#"
        component = {{ name = "api", source = "https://github.com/acme/api" }}
        line.release = {{ scheme = "semver" }}
        channel.tag = {{ kind = "git-tag", tag = "v{{version}}" }}
        channel.source = {{ kind = "{kind}", {keys} }}
        "#
    );
    let told = [listing(
        "source",
        NOW,
        &format!(r#""{name}":{{"version":"{declared}"}}"#),
    )];
    judge(&policy, &told, &[release])
}

#[test]
fn another_version_and_a_text_that_is_none_are_found() {
    the_one(
        &judged("manifest", "1.2.3", "1.2.2", "1.2.3"),
        CODE,
        "source",
        GRAVITY,
    );
    the_one(
        &judged("manifest", "1.2.3", "unreleased", "1.2.3"),
        CODE,
        "source",
        GRAVITY,
    );
}

#[test]
fn what_is_declared_may_be_spelled_as_the_channel_spells_it() {
    none(&judged("manifest", "1.2.3", "1.2.3", "1.2.3"), CODE);
    none(&judged("pypi", "1.2.3rc1", "1.2.3rc1", "1.2.3-rc.1"), CODE);
    none(&judged("pypi", "1.2.0", "1.2", "1.2.0"), CODE);
    the_one(
        &judged("pypi", "1.2.3rc1", "1.2.3rc2", "1.2.3-rc.1"),
        CODE,
        "source",
        GRAVITY,
    );
}
