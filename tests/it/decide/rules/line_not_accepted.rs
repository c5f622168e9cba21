//! `line-not-accepted`.

use lockstep::model::{Level, Outcome, Severity, Verdict};

use crate::decide::world::{
    LATER, NOW, decided, digest, listing, none, question, the_one_anywhere,
};

const POLICY: &str = r#"
    component = { name = "api", source = "https://github.com/acme/api" }
    line.release = { scheme = "semver" }
    line.development = { scheme = "dev-build" }
    channel.release = { kind = "github-release", tag = "{version}" }
    channel.image = { kind = "oci", tag = "{version}", image = "docker.io/acme/api" }
    environment.staging = { requires = ["image"] }
    environment.production = { requires = ["image"], lines = ["release"] }
"#;
const CODE: &str = "line-not-accepted";
const GRAVITY: (Severity, Level, Level) = (Severity::Deny, Level::None, Level::None);
const BUILD: &str = "main-aaaaaaaa-1674061254";

fn judged(version: &str, environment: Option<&str>) -> Verdict {
    let names = [BUILD, "1.0.0"];
    let releases = names.map(|name| format!(r#""{name}":{{}}"#));
    let images = names.map(|name| format!(r#""{name}":{{"digest":{}}}"#, digest('d')));
    let told = [
        listing("release", NOW, &releases.join(",")),
        listing("image", NOW, &images.join(",")),
    ];
    decided(POLICY, &told, question(Some(version), environment), LATER)
}

#[test]
fn a_release_of_a_line_that_the_environment_does_not_take_is_denied() {
    let verdict = judged(BUILD, Some("production"));
    let finding = the_one_anywhere(&verdict.findings, CODE, GRAVITY);
    assert_eq!(finding.version.as_deref(), Some(BUILD));
    assert_eq!(
        finding.line.as_ref().map(|it| it.as_str()),
        Some("development")
    );
    assert_eq!(verdict.outcome, Outcome::Deny);
    assert_eq!(
        (verdict.mismatch, verdict.suspicion),
        (Level::None, Level::None)
    );
}

#[test]
fn an_accepted_line_no_list_of_lines_and_no_environment_are_none() {
    for (version, environment) in [
        ("1.0.0", Some("production")),
        (BUILD, Some("staging")),
        (BUILD, None),
    ] {
        let verdict = judged(version, environment);
        none(&verdict.findings, CODE);
        assert_eq!(verdict.outcome, Outcome::Allow, "{:#?}", verdict.findings);
    }
}
