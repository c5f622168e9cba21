//! `nothing-to-compare`.

use lockstep::model::{CellState, Level, Outcome, Severity};

use crate::decide::world::{
    FIRST, LATER, NOW, commit, decided, digest, listing, none, project, question, the_one,
    the_one_anywhere, verdict,
};

const POLICY: &str = r#"
    component = { name = "api", source = "https://github.com/acme/api" }
    line.release = { scheme = "semver" }
    channel.tag = { kind = "git-tag", tag = "v{version}" }
"#;
const FOLLOWER: &str = r#"
    channel.npm = { kind = "npm" }
    environment.production = { requires = ["npm"] }
"#;
const CODE: &str = "nothing-to-compare";
const GRAVITY: (Severity, Level, Level) = (Severity::Indeterminate, Level::None, Level::None);

fn tag() -> String {
    let tag = format!(r#""v1.0.0":{{"commit":{}}}"#, commit('a'));
    listing("tag", NOW, &tag)
}

#[test]
fn a_leader_alone_confirms_nothing() {
    for version in [Some("1.0.0"), None] {
        let verdict = verdict(POLICY, &[tag()], version);
        let finding = the_one_anywhere(&verdict.findings, CODE, GRAVITY);
        assert!(finding.message.contains("tag is the only"));
        assert_eq!(verdict.outcome, Outcome::Indeterminate);
        assert_eq!(verdict.retry_at, None, "asking again helps nothing");
        assert!(verdict.digests.is_empty());
    }
}

#[test]
fn a_release_that_is_nowhere_and_none_at_all_are_indeterminate() {
    let policy = format!("{POLICY}{FOLLOWER}");
    let nowhere = [listing("tag", NOW, ""), listing("npm", NOW, "")];
    for (told, version) in [
        (nowhere.clone(), None),
        (nowhere, Some("1.0.0")),
        ([tag(), listing("npm", NOW, r#""1.0.0":{}"#)], Some("7.0.0")),
    ] {
        let verdict = verdict(&policy, &told, version);
        let finding = the_one_anywhere(&verdict.findings, CODE, GRAVITY);
        assert_eq!(finding.version.as_deref(), version);
        assert_eq!(verdict.outcome, Outcome::Indeterminate);
    }
}

#[test]
fn a_leader_and_a_follower_that_have_it_are_enough() {
    let policy = format!("{POLICY}{FOLLOWER}");
    let told = [tag(), listing("npm", NOW, r#""1.0.0":{}"#)];
    for environment in [None, Some("production")] {
        let verdict = decided(&policy, &told, question(Some("1.0.0"), environment), LATER);
        none(&verdict.findings, CODE);
        assert_eq!(verdict.outcome, Outcome::Allow, "{:#?}", verdict.findings);
    }
}

#[test]
fn a_fact_that_an_agreement_needs_and_a_channel_does_not_state_is_never_equal() {
    let image = r#"{ kind = "oci", tag = "{version}", image = "docker.io/acme/api" }"#;
    let policy = format!("{POLICY}\nchannel.hub = {image}\nchannel.ecr = {image}");
    let entry = format!(r#""1.0.0":{{"digest":{}}}"#, digest('d'));
    let told = |ecr: &str| [tag(), listing("hub", NOW, &entry), listing("ecr", NOW, ecr)];
    let unstated = verdict(&policy, &told(r#""1.0.0":{}"#), Some("1.0.0"));
    let finding = the_one(&unstated.findings, CODE, "ecr", GRAVITY);
    assert!(
        finding.message.contains("its digest"),
        "{}",
        finding.message
    );
    assert_eq!(unstated.outcome, Outcome::Indeterminate);
    let cell = unstated
        .cells
        .iter()
        .find(|it| it.channel.as_str() == "ecr");
    let not_stated = matches!(cell.unwrap().state, CellState::NotStated { .. });
    assert!(not_stated, "{cell:?}");

    let stated = verdict(&policy, &told(&entry), Some("1.0.0"));
    none(&stated.findings, CODE);
    assert_eq!(stated.outcome, Outcome::Allow, "{:#?}", stated.findings);
}

#[test]
fn a_tag_without_a_commit_announces_nothing_that_was_built() {
    let policy = format!("{POLICY}{FOLLOWER}");
    let told = [
        listing("tag", NOW, r#""v1.0.0":{}"#),
        listing("npm", NOW, r#""1.0.0":{}"#),
    ];
    let verdict = verdict(&policy, &told, Some("1.0.0"));
    the_one(&verdict.findings, CODE, "tag", GRAVITY);
    assert_eq!(verdict.outcome, Outcome::Indeterminate);
}

/// S4: who holds a repository to its number is told where nobody can read one.
#[test]
fn a_number_of_the_repository_that_no_channel_reads_is_never_the_declared_one() {
    let id = "acme/api\", repository-id = 7 }";
    let policy = format!("{POLICY}{FOLLOWER}").replace("acme/api\" }", id);
    let npm = listing("npm", NOW, r#""1.0.0":{}"#);
    for (project_of_tag, outcome) in [
        (None, Outcome::Indeterminate),
        (Some(r#"{"name":"acme/api"}"#), Outcome::Indeterminate),
        (Some(r#"{"id":7}"#), Outcome::Allow),
    ] {
        let project_of_tag = project_of_tag.map(|told| project("tag", NOW, told));
        let told: Vec<String> = [tag(), npm.clone()]
            .into_iter()
            .chain(project_of_tag)
            .collect();
        for version in [Some("1.0.0"), None] {
            let verdict = verdict(&policy, &told, version);
            assert_eq!(verdict.outcome, outcome, "{:#?}", verdict.findings);
            if outcome == Outcome::Allow {
                none(&verdict.findings, CODE);
                continue;
            }
            let finding = the_one(&verdict.findings, CODE, "tag", GRAVITY);
            assert!(finding.message.contains("the number of its repository"));
        }
    }
}

/// What excuses the leading channel's silence about a release says nothing about the repository.
#[test]
fn a_leader_whose_absence_is_excused_is_held_to_the_number_too() {
    let policy = r#"
        component = { name = "api", source = "https://github.com/acme/api", repository-id = 7 }
        line.release = { scheme = "semver" }
        channel.tag = { kind = "git-tag", tag = "v{version}" }
        channel.hub = { kind = "oci", tag = "{version}", image = "docker.io/acme/api" }
    "#;
    let image = format!(r#""1.0.0":{{"digest":{}}}"#, digest('d'));
    let deleted = |id: Option<u64>| {
        let mut told = vec![
            listing(
                "tag",
                FIRST,
                &format!(r#""v1.0.0":{{"commit":{}}}"#, commit('a')),
            ),
            listing("hub", FIRST, &image),
            listing("tag", NOW, ""),
            listing("hub", NOW, &image),
        ];
        told.extend(id.map(|id| project("tag", NOW, &format!(r#"{{"id":{id}}}"#))));
        verdict(policy, &told, Some("1.0.0"))
    };
    let known = deleted(Some(7));
    assert_eq!(known.outcome, Outcome::Allow, "{:#?}", known.findings);
    let unknown = deleted(None);
    assert_eq!(unknown.outcome, Outcome::Indeterminate);
    the_one(&unknown.findings, CODE, "tag", GRAVITY);
}

/// A manifest that leaves the version to a tool says nothing about it: it confirms no release.
#[test]
fn a_manifest_without_a_version_confirms_nothing() {
    let policy = format!(
        r#"{POLICY}
    channel.declared = {{ kind = "manifest", file = "pyproject.toml", key = "project.version" }}
    "#
    );
    let declared = |entry: &str| {
        let told = [
            tag(),
            listing("declared", NOW, &format!(r#""1.0.0":{entry}"#)),
        ];
        verdict(&policy, &told, Some("1.0.0"))
    };
    let said = declared(r#"{"version":"1.0.0"}"#);
    assert_eq!(said.outcome, Outcome::Allow, "{:?}", said.findings);
    let silent = declared("{}");
    assert_eq!(silent.outcome, Outcome::Indeterminate);
    let finding = the_one(&silent.findings, CODE, "declared", GRAVITY);
    assert!(finding.message.contains("does not state the version"));
}
