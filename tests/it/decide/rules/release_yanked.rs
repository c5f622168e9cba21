//! `release-yanked`.

use lockstep::model::{Level, Outcome, Severity};

use crate::decide::world::{FIRST, NOW, commit, digest, judge, listing, none, the_one, verdict};

const POLICY: &str = r#"
    component = { name = "api", source = "https://github.com/acme/api" }
    line.release = { scheme = "pep440" }
    channel.tag = { kind = "git-tag", tag = "v{version}" }
    channel.pypi = { kind = "pypi" }
"#;
const CODE: &str = "release-yanked";
const ALL: (Severity, Level, Level) = (Severity::Deny, Level::Low, Level::None);
const SOME: (Severity, Level, Level) = (Severity::Warn, Level::Low, Level::None);

fn round(at: &str, yanked: &[bool]) -> [String; 2] {
    let files: Vec<String> = yanked
        .iter()
        .enumerate()
        .map(|(number, yanked)| {
            format!(
                r#""api-{number}.whl":{{"digest":{},"yanked":{yanked}}}"#,
                digest('f')
            )
        })
        .collect();
    let tag = format!(r#""v1.0":{{"commit":{}}}"#, commit('a'));
    let release = format!(r#""1.0":{{"files":{{{}}}}}"#, files.join(","));
    [listing("tag", at, &tag), listing("pypi", at, &release)]
}

#[test]
fn a_release_of_which_all_files_are_yanked_is_denied() {
    for versions in [Some("1.0"), None] {
        let verdict = verdict(POLICY, &round(NOW, &[true, true]), versions);
        let finding = the_one(&verdict.findings, CODE, "pypi", ALL);
        assert_eq!(finding.digests, [format!("sha256:{}", "f".repeat(64))]);
        assert_eq!(verdict.outcome, Outcome::Deny);
    }
}

#[test]
fn a_release_of_which_some_files_are_yanked_is_a_warning() {
    let verdict = verdict(POLICY, &round(NOW, &[true, false]), Some("1.0"));
    let finding = the_one(&verdict.findings, CODE, "pypi", SOME);
    assert!(finding.message.contains("1 of 2"), "{}", finding.message);
    assert_eq!(verdict.outcome, Outcome::Allow, "{:#?}", verdict.findings);
}

#[test]
fn one_without_yanked_files_is_neither() {
    none(&judge(POLICY, &round(NOW, &[false, false]), &["1.0"]), CODE);
    none(&judge(POLICY, &round(NOW, &[]), &["1.0"]), CODE);
    let taken_back = [round(FIRST, &[true]), round(NOW, &[false])].concat();
    none(&judge(POLICY, &taken_back, &["1.0"]), CODE);
}
