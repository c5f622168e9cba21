//! `provenance-invalid`.

use lockstep::model::{Level, Outcome, Severity};
use serde_json::{Value, json};

use crate::authority::{Authority, Claims, Key, Options};
use crate::decide::attesting::{
    AUTHORITY, BUILD, PACKAGE, SIGNED, Told, built, codes, commit, digest, predicate, release,
    statement, wheel,
};
use crate::decide::world::{none, the_one};

const CODE: &str = "provenance-invalid";
const GRAVITY: (Severity, Level, Level) = (Severity::Deny, Level::High, Level::High);

fn with(documents: &[&String]) -> Told {
    let mut told = Told::packages(&[("1.2.0", 'a')]);
    told.wheel("1.2.0", documents);
    told
}

fn good() -> String {
    built(&release("1.2.0", 'a'), &[wheel("1.2.0")])
}

/// The same bundle with another payload under the old signature.
fn tampered() -> String {
    let mut bundle: Value = serde_json::from_str(&good()).unwrap();
    let other: Value =
        serde_json::from_str(&built(&release("9.9.9", 'b'), &[wheel("1.2.0")])).unwrap();
    bundle["dsseEnvelope"]["payload"] = other["dsseEnvelope"]["payload"].clone();
    bundle["dsseEnvelope"]["signatures"][0]["sig"] =
        other["dsseEnvelope"]["signatures"][0]["sig"].clone();
    bundle.to_string()
}

/// THREATS row 5.
#[test]
fn one_that_does_not_verify_is_found_beside_one_that_does() {
    let (good, bad) = (good(), tampered());
    for documents in [vec![&bad], vec![&good, &bad], vec![&bad, &good]] {
        let verdict = with(&documents).verdict(PACKAGE, "1.2.0");
        the_one(&verdict.findings, CODE, "pypi", GRAVITY);
        assert_eq!(verdict.outcome, Outcome::Deny);
    }
    none(&with(&[&good]).findings(PACKAGE, "1.2.0"), CODE);
}

#[test]
fn one_of_another_artifact_is_not_sound_here() {
    let stray = built(&release("1.2.0", 'a'), &[digest("another file")]);
    let findings = with(&[&good(), &stray]).findings(PACKAGE, "1.2.0");
    let finding = the_one(&findings, CODE, "pypi", GRAVITY);
    assert!(
        finding.message.contains("it is about another artifact"),
        "{}",
        finding.message
    );
}

#[test]
fn one_of_an_unknown_authority_is_not_sound() {
    let stranger = Authority::new("stranger");
    let statement = statement(BUILD, &predicate(), &[wheel("1.2.0")]);
    let forged = stranger.sign(&statement, &release("1.2.0", 'a'), &Options::at(SIGNED));
    let findings = with(&[&good(), &forged]).findings(PACKAGE, "1.2.0");
    the_one(&findings, CODE, "pypi", GRAVITY);
}

#[test]
fn a_certificate_and_a_predicate_that_contradict_each_other_are_not_sound() {
    let predicate = json!({"buildDefinition": {
        "buildType": "https://actions.github.io/buildtypes/workflow/v1",
        "externalParameters": {"workflow": {"ref": "refs/tags/v1.2.0",
            "repository": "https://github.com/acme/api", "path": ".github/workflows/release.yml"}},
        "resolvedDependencies": [{"uri": "git+https://github.com/acme/api@refs/tags/v1.2.0",
            "digest": {"gitCommit": commit('b')}}]}, "runDetails": {"builder": {"id": "x"}}});
    let statement = statement(BUILD, &predicate, &[wheel("1.2.0")]);
    let bundle = AUTHORITY.sign(&statement, &release("1.2.0", 'a'), &Options::at(SIGNED));
    let findings = with(&[&bundle]).findings(PACKAGE, "1.2.0");
    let finding = the_one(&findings, CODE, "pypi", GRAVITY);
    assert!(
        finding.message.contains("contradict"),
        "{}",
        finding.message
    );
}

#[test]
fn what_is_no_bundle_at_all_is_not_sound() {
    for text in ["", "{}", "not json", "[]"] {
        let text = text.to_owned();
        let findings = with(&[&good(), &text]).findings(PACKAGE, "1.2.0");
        the_one(&findings, CODE, "pypi", GRAVITY);
    }
}

#[test]
fn what_is_no_provenance_is_passed_over() {
    let stranger = Authority::new("stranger");
    let sbom = statement("https://spdx.dev/Document", &json!({}), &[wheel("1.2.0")]);
    let who = Claims::github("scanner/app", "refs/heads/main", &commit('c'));
    let ours = AUTHORITY.sign(&sbom, &who, &Options::at(SIGNED));
    let theirs = stranger.sign(&sbom, &who, &Options::at(SIGNED));
    let signature = stranger.sign_artifact(b"1.2.0.whl", &who, &Options::at(SIGNED));
    let by_key = AUTHORITY.sign_with(&Key::p256("registry"), &sbom, &Options::at(SIGNED));
    let verdict = with(&[&good(), &ours, &theirs, &signature, &by_key]).verdict(PACKAGE, "1.2.0");
    assert_eq!(verdict.outcome, Outcome::Allow, "{:#?}", verdict.findings);
    assert!(codes(&verdict).is_empty());
}
