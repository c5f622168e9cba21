//! `source-mismatch`.

use lockstep::model::{Level, Outcome, Severity};
use serde_json::json;

use crate::authority::{Claims, Options};
use crate::decide::attesting::{
    AUTHORITY, BUILD, PACKAGE, SIGNED, Told, built, codes, commit, published, release, statement,
    wheel,
};
use crate::decide::world::{NOW, project, the_one};

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

/// The host's number is what a re-registered account cannot have: left out, it is not read as right.
#[test]
fn a_certificate_that_states_no_number_is_not_read_as_the_right_repository() {
    let policy = PACKAGE.replace("announced-by", "repository-id = 1000\nannounced-by");
    let numbered = |claims: &Claims| {
        let bundle = built(claims, &[wheel("1.2.0")]);
        let mut told = with(&[&bundle]);
        let number = r#"{"id":1000,"name":"acme/api"}"#;
        told.observations.push(project("tag", NOW, number));
        told.verdict(&policy, "1.2.0")
    };
    let stated = release("1.2.0", 'a');
    let verdict = numbered(&stated);
    assert_eq!(verdict.outcome, Outcome::Allow, "{:#?}", verdict.findings);
    let silent = Claims {
        source_repository_id: None,
        ..stated
    };
    let verdict = numbered(&silent);
    assert_eq!(verdict.outcome, Outcome::Indeterminate);
    assert_eq!(codes(&verdict), ["nothing-to-compare"]);
    let message = &verdict.findings[0].message;
    assert!(
        message.contains("the number of the repository"),
        "{message}"
    );
}

/// A signer whom the policy names is nobody who re-registered an account, and most build types have
/// no place for the number.
#[test]
fn a_named_signer_whose_certificate_names_no_repository_needs_no_number() {
    let named = "https://ci.example/run";
    let issuer = "https://token.actions.githubusercontent.com";
    let signer = Claims {
        identity: named.to_owned(),
        issuer: issuer.to_owned(),
        ..Claims::default()
    };
    let source = "https://github.com/acme/api";
    let numbered = |number: Option<&str>| {
        let predicate = json!({
            "buildDefinition": {
                "buildType": "https://actions.github.io/buildtypes/workflow/v1",
                "externalParameters": {"workflow": {
                    "ref": "refs/tags/v1.2.0", "repository": source, "path": "release.yml",
                }},
                "internalParameters": {"github": {"event_name": "push", "repository_id": number}},
                "resolvedDependencies": [{
                    "uri": format!("git+{source}@refs/tags/v1.2.0"),
                    "digest": {"gitCommit": commit('a')},
                }],
            },
            "runDetails": {"builder": {"id": "https://build.test/builder"}},
        });
        let text = statement(BUILD, &predicate, &[wheel("1.2.0")]);
        let bundle = AUTHORITY.sign(&text, &signer, &Options::at(SIGNED));
        let policy = PACKAGE
            .replace("announced-by", "repository-id = 1000\nannounced-by")
            .replace(
                "workflows = \"release.yml\"",
                &format!("identity = \"{named}\"\nissuer = \"{issuer}\""),
            );
        let mut told = with(&[&bundle]);
        let number = r#"{"id":1000,"name":"acme/api"}"#;
        told.observations.push(project("tag", NOW, number));
        told.verdict(&policy, "1.2.0")
    };
    for number in [None, Some("1000")] {
        let verdict = numbered(number);
        assert_eq!(verdict.outcome, Outcome::Allow, "{:#?}", verdict.findings);
    }
    let verdict = numbered(Some("77"));
    assert_eq!(codes(&verdict), [CODE], "{:#?}", verdict.findings);
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
