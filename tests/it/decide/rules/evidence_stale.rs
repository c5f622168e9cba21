//! `evidence-stale`.

use lockstep::model::{Level, Outcome, Severity};

use crate::decide::world::{
    FIRST, NOW, asked_at, commit, entry, listing, none, of, the_one, verdict,
};

const POLICY: &str = r#"
    component = { name = "api", source = "https://github.com/acme/api" }
    line.release = { scheme = "semver" }
    channel.tag = { kind = "git-tag", tag = "v{version}" }
    channel.npm = { kind = "npm" }
"#;
const CODE: &str = "evidence-stale";
const GRAVITY: (Severity, Level, Level) = (Severity::Indeterminate, Level::None, Level::None);
const PACKAGE: &str = r#""1.0.0":{}"#;

fn told(npm: &[String]) -> Vec<String> {
    let tag = format!(r#""v1.0.0":{{"commit":{}}}"#, commit('a'));
    [&[listing("tag", NOW, &tag)], npm].concat()
}

#[test]
fn a_channel_of_which_only_an_older_round_is_known_is_stale() {
    for npm in [vec![listing("npm", FIRST, PACKAGE)], Vec::new()] {
        for version in [Some("1.0.0"), None] {
            let verdict = verdict(POLICY, &told(&npm), version);
            let found = of(&verdict.findings, CODE);
            assert_eq!(found.len(), 1, "{:#?}", verdict.findings);
            assert_eq!(found[0].channel.as_ref().map(|it| it.as_str()), Some("npm"));
            assert_eq!(
                (found[0].severity, found[0].mismatch, found[0].suspicion),
                GRAVITY
            );
            let message = &found[0].message;
            assert!(
                message.contains(&format!("not asked in the round of {NOW}")),
                "{message}"
            );
            assert!(!message.contains("contradict"), "{message}");
            assert_eq!(verdict.outcome, Outcome::Indeterminate);
        }
    }
}

#[test]
fn an_older_round_proves_no_absence_either() {
    let verdict = verdict(POLICY, &told(&[listing("npm", FIRST, "")]), Some("1.0.0"));
    none(&verdict.findings, "version-missing");
    assert_eq!(verdict.outcome, Outcome::Indeterminate);
}

#[test]
fn two_answers_of_one_round_that_differ_contradict_each_other() {
    let (has, lacks) = (listing("npm", NOW, PACKAGE), listing("npm", NOW, ""));
    let looked_up = entry("npm", NOW, "1.0.0", "{}");
    let project = listing("npm", NOW, r#""0.9.0":{}"#);
    let absent = looked_up.replace(
        r#""seen":{"facts":{"entry":{}},"coverage":"complete"}"#,
        r#""absent":{"parent-read":"p"}"#,
    );
    let parent = project.replacen('{', r#"{"id":"p","#, 1);
    for npm in [
        vec![has.clone(), lacks.clone()],
        vec![lacks, has.clone()],
        vec![parent.clone(), absent.clone(), has],
        vec![parent, absent, looked_up],
    ] {
        let verdict = verdict(POLICY, &told(&npm), Some("1.0.0"));
        let finding = the_one(&verdict.findings, CODE, "npm", GRAVITY);
        assert_eq!(finding.because.len(), 2, "{}", finding.message);
        none(&verdict.findings, "version-missing");
        assert_eq!(verdict.outcome, Outcome::Indeterminate);
    }
}

#[test]
fn answers_that_agree_are_not_stale() {
    let again = asked_at(&listing("npm", NOW, PACKAGE), "2026-03-04T08:00:05Z");
    let looked_up = entry("npm", NOW, "1.0.0", "{}");
    for npm in [
        vec![listing("npm", NOW, PACKAGE)],
        vec![listing("npm", NOW, PACKAGE), again],
        vec![listing("npm", NOW, PACKAGE), looked_up],
        vec![listing("npm", FIRST, ""), listing("npm", NOW, PACKAGE)],
    ] {
        let verdict = verdict(POLICY, &told(&npm), Some("1.0.0"));
        none(&verdict.findings, CODE);
        assert_eq!(verdict.outcome, Outcome::Allow, "{:#?}", verdict.findings);
    }
}
