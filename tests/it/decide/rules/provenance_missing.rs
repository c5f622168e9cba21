//! `provenance-missing`.

use lockstep::model::{Level, Outcome, Severity};

use crate::decide::attesting::{PACKAGE, PUBLISH, Told, built, codes, published, release, wheel};
use crate::decide::world::{NOW, failed, none, the_one};

const CODE: &str = "provenance-missing";
const GRAVITY: (Severity, Level, Level) = (Severity::Deny, Level::Low, Level::Low);

fn package() -> Told {
    Told::packages(&[("1.2.0", 'a')])
}

#[test]
fn a_release_that_is_attested_as_the_policy_says_is_allowed() {
    let bundle = built(&release("1.2.0", 'a'), &[wheel("1.2.0")]);
    let verdict = package()
        .wheel("1.2.0", &[&bundle])
        .verdict(PACKAGE, "1.2.0");
    assert_eq!(verdict.outcome, Outcome::Allow, "{:#?}", verdict.findings);
    assert!(codes(&verdict).is_empty());
}

#[test]
fn none_at_all_is_missing_where_every_place_was_read_whole() {
    let findings = package().wheel("1.2.0", &[]).findings(PACKAGE, "1.2.0");
    let finding = the_one(&findings, CODE, "pypi", GRAVITY);
    assert_eq!(finding.digests, [wheel("1.2.0").to_string()]);
}

#[test]
fn what_a_place_that_failed_would_have_said_is_not_missing() {
    let failure = failed("pypi", NOW, r#"{"attestations":"1.2.0"}"#, "server-error");
    let bundle = built(&release("1.2.0", 'a'), &[wheel("1.2.0")]);
    let (nobody, mut one_of_two, mut beside_a_good_one) = (package(), package(), package());
    one_of_two
        .wheel("1.2.0", &[])
        .observations
        .push(failure.clone());
    beside_a_good_one
        .wheel("1.2.0", &[&bundle])
        .observations
        .push(failure);
    let mut torn = package();
    torn.wheel("1.2.0", &[]);
    let last = torn.observations.pop().unwrap();
    torn.observations
        .push(crate::decide::world::broken_off(&last));
    for told in [nobody, one_of_two, beside_a_good_one, torn] {
        let verdict = told.verdict(PACKAGE, "1.2.0");
        none(&verdict.findings, CODE);
        assert_eq!(verdict.outcome, Outcome::Indeterminate);
    }
}

#[test]
fn a_document_that_the_evidence_lacks_is_not_missing_and_not_there() {
    let bundle = built(&release("1.2.0", 'a'), &[wheel("1.2.0")]);
    let mut told = package();
    told.wheel("1.2.0", &[&bundle]).bundles.clear();
    let verdict = told.verdict(PACKAGE, "1.2.0");
    assert_eq!(verdict.outcome, Outcome::Indeterminate);
    assert_eq!(codes(&verdict), ["evidence-stale"]);
}

#[test]
fn who_uploaded_it_does_not_say_what_it_was_built_from() {
    let bundle = published(&release("1.2.0", 'a'), &[wheel("1.2.0")]);
    let findings = package()
        .wheel("1.2.0", &[&bundle])
        .findings(PACKAGE, "1.2.0");
    let finding = the_one(&findings, CODE, "pypi", GRAVITY);
    assert!(
        finding.message.ends_with("(only a publish attestation)"),
        "{}",
        finding.message
    );
    assert!(PUBLISH.contains("publish"));
}

#[test]
fn what_the_policy_does_not_ask_for_yet_is_not_missing() {
    let policy = format!("{PACKAGE}since = \"2.0.0\"\n");
    let verdict = package().verdict(&policy, "1.2.0");
    assert_eq!(verdict.outcome, Outcome::Allow, "{:#?}", verdict.findings);
}

#[test]
fn a_waiver_of_the_file_excuses_it_and_a_new_file_needs_another() {
    let waiver = format!(
        "{PACKAGE}\n[[waiver]]\ncode = \"{CODE}\"\nversion = \"1.2.0\"\ndigests = [\"{}\"]\n\
         reason = \"built by hand once\"\napproved-by = \"security\"\nexpires = 2031-01-01\n",
        wheel("1.2.0")
    );
    let mut told = package();
    let verdict = told.wheel("1.2.0", &[]).verdict(&waiver, "1.2.0");
    assert_eq!(verdict.outcome, Outcome::Allow, "{:#?}", verdict.findings);
    for observation in &mut told.observations {
        *observation = observation.replace(&wheel("1.2.0").to_string(), &wheel("x").to_string());
    }
    assert_eq!(told.verdict(&waiver, "1.2.0").outcome, Outcome::Deny);
}

#[test]
fn a_file_without_a_digest_cannot_be_attested_and_is_not_stated() {
    let mut told = package();
    told.observations[1] =
        told.observations[1].replace(&format!(r#""digest":"{}""#, wheel("1.2.0")), r#""size":1"#);
    let verdict = told.verdict(PACKAGE, "1.2.0");
    assert_eq!(codes(&verdict), ["nothing-to-compare"]);
    let words = "the digest of 1.2.0.whl";
    assert!(
        verdict.findings[0].message.contains(words),
        "{:#?}",
        verdict.findings
    );
}
