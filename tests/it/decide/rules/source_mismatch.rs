//! `source-mismatch`.

use lockstep::model::{Level, Outcome, Severity};

use crate::authority::Claims;
use crate::decide::attesting::{PACKAGE, Told, built, codes, commit, published, release, wheel};
use crate::decide::world::the_one;

const CODE: &str = "source-mismatch";
const GRAVITY: (Severity, Level, Level) = (Severity::Deny, Level::Low, Level::High);

fn with(documents: &[&String]) -> Told {
    let mut told = Told::packages(&[("1.2.0", 'a')]);
    told.wheel("1.2.0", documents);
    told
}

fn publish_policy(more: &str) -> String {
    PACKAGE.replace(
        "kind = \"build\"\nworkflows = \"release.yml\"",
        &format!("kind = \"publish\"\nworkflows = [\"release.yml\", \"publish.yml\"]\n{more}"),
    )
}

#[test]
fn a_fork_s_build_is_from_another_source() {
    let fork = Claims::github("mallory/api", "refs/tags/v1.2.0", &commit('a'));
    let bundle = built(&fork, &[wheel("1.2.0")]);
    let findings = with(&[&bundle]).findings(PACKAGE, "1.2.0");
    let finding = the_one(&findings, CODE, "pypi", GRAVITY);
    let words = "is from https://github.com/mallory/api, not from https://github.com/acme/api";
    assert!(finding.message.contains(words), "{}", finding.message);
}

#[test]
fn the_same_name_with_another_number_is_another_source() {
    let policy = PACKAGE.replace("announced-by", "repository-id = 77\nannounced-by");
    let bundle = built(&release("1.2.0", 'a'), &[wheel("1.2.0")]);
    let findings = with(&[&bundle]).findings(&policy, "1.2.0");
    let finding = the_one(&findings, CODE, "pypi", GRAVITY);
    assert!(
        finding.message.contains("with the number 1000, not 77"),
        "{}",
        finding.message
    );
}

#[test]
fn another_reference_than_the_policy_names_is_another_source() {
    let policy = format!("{PACKAGE}ref = \"refs/tags/v{{version}}\"\n");
    let branch = Claims::github("acme/api", "refs/heads/main", &commit('a'));
    let bundle = built(&branch, &[wheel("1.2.0")]);
    the_one(
        &with(&[&bundle]).findings(&policy, "1.2.0"),
        CODE,
        "pypi",
        GRAVITY,
    );
    let right = built(&release("1.2.0", 'a'), &[wheel("1.2.0")]);
    assert_eq!(
        with(&[&right]).verdict(&policy, "1.2.0").outcome,
        Outcome::Allow
    );
}

/// Uploading the right files by hand signs with the default branch's newest commit.
#[test]
fn a_manual_publication_of_the_same_files_from_the_default_branch_raises_no_alarm() {
    let mut by_hand = Claims::github("acme/api", "refs/heads/main", &commit('f'));
    for text in [
        Some(&mut by_hand.identity),
        by_hand.build_config_uri.as_mut(),
    ] {
        let text = text.unwrap();
        *text = text.replace("release.yml", "publish.yml");
    }
    let published = published(&by_hand, &[wheel("1.2.0")]);
    let built = built(&release("1.2.0", 'a'), &[wheel("1.2.0")]);
    for policy in [publish_policy(""), PACKAGE.to_owned()] {
        let verdict = with(&[&published, &built]).verdict(&policy, "1.2.0");
        assert_eq!(verdict.outcome, Outcome::Allow, "{:#?}", verdict.findings);
    }
}

#[test]
fn a_publication_by_a_stranger_raises_an_alarm_whatever_the_policy_asks_for() {
    let stranger = Claims::github("mallory/api", "refs/heads/main", &commit('f'));
    let published = published(&stranger, &[wheel("1.2.0")]);
    let built = built(&release("1.2.0", 'a'), &[wheel("1.2.0")]);
    let findings = with(&[&published, &built]).findings(&publish_policy(""), "1.2.0");
    the_one(&findings, CODE, "pypi", GRAVITY);
    // Asked for build attestations alone; the implied table trusts the public instances.
    let own = publish_policy("").replace(
        "workflows = [\"release.yml\", \"publish.yml\"]",
        "source = \"https://github.com/mallory/api\"",
    );
    let verdict = with(&[&published]).verdict(&own, "1.2.0");
    assert_eq!(codes(&verdict), Vec::<&str>::new());
}

#[test]
fn an_attestation_that_names_no_source_is_not_read_as_the_right_one() {
    let nobody = Claims {
        identity: "https://ci.example/run".to_owned(),
        issuer: "https://token.actions.githubusercontent.com".to_owned(),
        ..Claims::default()
    };
    let policy = PACKAGE.replace("workflows = \"release.yml\"\n", "");
    let bundle = built(&nobody, &[wheel("1.2.0")]);
    let verdict = with(&[&bundle]).verdict(&policy, "1.2.0");
    assert_eq!(verdict.outcome, Outcome::Indeterminate);
    assert_eq!(codes(&verdict), ["nothing-to-compare"]);
}
