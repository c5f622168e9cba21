//! `identity-mismatch`.

use lockstep::model::{Level, Outcome, Severity};

use crate::authority::Claims;
use crate::decide::attesting::{PACKAGE, Told, built, published, release, wheel};
use crate::decide::world::{none, the_one};

const CODE: &str = "identity-mismatch";
const GRAVITY: (Severity, Level, Level) = (Severity::Deny, Level::Low, Level::High);

fn with(documents: &[&String]) -> Told {
    let mut told = Told::packages(&[("1.2.0", 'a')]);
    told.wheel("1.2.0", documents);
    told
}

/// The same release by another workflow of the repository.
fn by(workflow: &str) -> Claims {
    let mut claims = release("1.2.0", 'a');
    for text in [
        Some(&mut claims.identity),
        claims.build_config_uri.as_mut(),
        claims.build_signer_uri.as_mut(),
    ]
    .into_iter()
    .flatten()
    {
        *text = text.replace("release.yml", workflow);
    }
    claims
}

#[test]
fn another_workflow_of_the_repository_is_not_the_one_that_may_sign() {
    let bundle = built(&by("nightly.yml"), &[wheel("1.2.0")]);
    let findings = with(&[&bundle]).findings(PACKAGE, "1.2.0");
    let finding = the_one(&findings, CODE, "pypi", GRAVITY);
    let words = "signed by the workflow .github/workflows/nightly.yml, not by release.yml";
    assert!(finding.message.contains(words), "{}", finding.message);
}

#[test]
fn a_name_that_ends_like_the_workflow_is_another_one() {
    let bundle = built(&by("pre-release.yml"), &[wheel("1.2.0")]);
    the_one(
        &with(&[&bundle]).findings(PACKAGE, "1.2.0"),
        CODE,
        "pypi",
        GRAVITY,
    );
}

#[test]
fn another_issuer_is_another_identity() {
    let mut claims = release("1.2.0", 'a');
    claims.issuer = "https://token.evil.example".to_owned();
    let bundle = built(&claims, &[wheel("1.2.0")]);
    the_one(
        &with(&[&bundle]).findings(PACKAGE, "1.2.0"),
        CODE,
        "pypi",
        GRAVITY,
    );
}

#[test]
fn one_that_is_right_is_enough_beside_one_by_somebody_else() {
    let (right, other) = (release("1.2.0", 'a'), by("nightly.yml"));
    let bundles = [&right, &other].map(|it| built(it, &[wheel("1.2.0")]));
    let verdict = with(&[&bundles[0], &bundles[1]]).verdict(PACKAGE, "1.2.0");
    assert_eq!(verdict.outcome, Outcome::Allow, "{:#?}", verdict.findings);
}

#[test]
fn an_exact_identity_is_compared_whole() {
    let person = |name: &str| Claims {
        identity: name.to_owned(),
        issuer: "https://accounts.example.com".to_owned(),
        ..Claims::default()
    };
    let policy = PACKAGE
        .replace(r#"kind = "build""#, r#"kind = "publish""#)
        .replace(
            r#"workflows = "release.yml""#,
            "issuer = \"https://accounts.example.com\"\nidentity = \"https://acme.example/publisher\"",
        );
    let by = |name: &str| {
        let bundle = published(&person(name), &[wheel("1.2.0")]);
        with(&[&bundle]).findings(&policy, "1.2.0")
    };
    none(&by("https://acme.example/publisher"), CODE);
    for other in [
        "https://acme.example/publisher2",
        "https://acme.example/Publisher",
    ] {
        the_one(&by(other), CODE, "pypi", GRAVITY);
    }
}
