//! `provenance-missing`.

use lockstep::model::{CellState, Level, Outcome, Severity, Time};

use crate::authority::Claims;
use crate::decide::attesting::{
    PACKAGE, PUBLISH, Told, built, codes, commit, published, release, wheel,
};
use crate::decide::world::{LATER, NOW, failed, none, question, the_one};

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

/// A release that a server says was uploaded at this time of the present round's day, 08:00.
fn uploaded(at: &str, documents: &[&String]) -> Told {
    let mut told = package();
    let time = format!(r#""uploaded":"2026-03-04T{at}Z","digest""#);
    told.observations[1] = told.observations[1].replace(r#""digest""#, &time);
    told.wheel("1.2.0", documents);
    told
}

/// The step that attests comes after the one that uploads: PyPI's `may-lag` is an hour.
#[test]
fn an_attestation_of_a_fresh_release_is_awaited_for_the_window_of_its_channel() {
    let fresh = uploaded("07:00:01", &[]).verdict(PACKAGE, "1.2.0");
    let until: Time = "2026-03-04T08:00:01Z".parse().unwrap();
    let gravity = (Severity::Indeterminate, Level::None, Level::None);
    let finding = the_one(&fresh.findings, CODE, "pypi", gravity);
    assert_eq!(finding.retry_at, Some(until));
    assert_eq!(
        (fresh.outcome, fresh.retry_at),
        (Outcome::Indeterminate, Some(until))
    );
    assert_eq!(
        (fresh.mismatch, fresh.suspicion),
        (Level::None, Level::None)
    );
    let cell = fresh.cells.iter().find(|it| it.channel.as_str() == "pypi");
    let pending = CellState::Pending { until };
    assert_eq!(cell.unwrap().state, pending);

    let over = uploaded("07:00:00", &[]).verdict(PACKAGE, "1.2.0");
    the_one(&over.findings, CODE, "pypi", GRAVITY);
    assert_eq!(over.outcome, Outcome::Deny);
    assert_eq!(over.retry_at, None);
}

#[test]
fn a_window_excuses_nothing_that_is_there_and_wrong() {
    let bundle = built(&release("1.2.0", 'a'), &[wheel("1.2.0")]);
    let right = uploaded("07:59:00", &[&bundle]).verdict(PACKAGE, "1.2.0");
    assert_eq!(right.outcome, Outcome::Allow, "{:#?}", right.findings);
    let fork = Claims::github("mallory/api", "refs/tags/v1.2.0", &commit('a'));
    let bundle = built(&fork, &[wheel("1.2.0")]);
    let wrong = uploaded("07:59:00", &[&bundle]).verdict(PACKAGE, "1.2.0");
    assert_eq!(wrong.outcome, Outcome::Deny);
    // Nor a clock that no server states.
    let mut silent = package();
    silent.wheel("1.2.0", &[]);
    assert_eq!(silent.verdict(PACKAGE, "1.2.0").outcome, Outcome::Deny);
}

#[test]
fn within_the_window_a_waiver_excuses_and_fail_on_denies() {
    let waiver = format!(
        "{PACKAGE}\n[[waiver]]\ncode = \"{CODE}\"\nversion = \"1.2.0\"\ndigests = [\"{}\"]\n\
         reason = \"built by hand once\"\napproved-by = \"security\"\nexpires = 2031-01-01\n",
        wheel("1.2.0")
    );
    let fresh = uploaded("07:59:00", &[]);
    let verdict = fresh.verdict(&waiver, "1.2.0");
    assert_eq!(verdict.outcome, Outcome::Allow, "{:#?}", verdict.findings);
    let mut strict = question(Some("1.2.0"), None);
    strict.fail_on.insert(CODE.parse().unwrap());
    let verdict = fresh.asked(PACKAGE, strict, LATER);
    assert_eq!(verdict.outcome, Outcome::Deny);
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
