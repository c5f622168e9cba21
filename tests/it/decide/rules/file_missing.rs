//! `file-missing`.

use lockstep::model::{Level, Severity};

use crate::decide::world::{NOW, digest, judge, listing, none, the_one};

pub(super) const POLICY: &str = r#"
    component = { name = "api", source = "https://github.com/acme/api" }
    line.release = { scheme = "semver" }
    channel.npm = { kind = "npm" }
    channel.release = { kind = "github-release", tag = "v{version}" }
    [[agree]]
    channels = ["npm", "release"]
    on = "same-files"
"#;
const CODE: &str = "file-missing";
const GRAVITY: (Severity, Level, Level) = (Severity::Deny, Level::High, Level::Low);

pub(super) fn told(release: &[&str], npm: &[&str]) -> [String; 2] {
    let entry = |names: &[&str]| {
        let files: Vec<String> = names
            .iter()
            .map(|name| format!(r#""{name}":{{"digest":{}}}"#, digest('a')))
            .collect();
        format!(r#"{{"files":{{{}}},"published":"{NOW}"}}"#, files.join(","))
    };
    [
        listing("release", NOW, &format!(r#""v1.0.0":{}"#, entry(release))),
        listing("npm", NOW, &format!(r#""1.0.0":{}"#, entry(npm))),
    ]
}

#[test]
fn what_the_leader_has_and_another_lacks_is_found_at_once() {
    let findings = judge(POLICY, &told(&["a.tgz", "b.tgz"], &["a.tgz"]), &["1.0.0"]);
    let finding = the_one(&findings, CODE, "npm", GRAVITY);
    assert!(finding.message.contains("b.tgz"), "{}", finding.message);
    assert_eq!(
        finding.digests.len(),
        1,
        "a waiver names the file that is missing"
    );
}

#[test]
fn equal_files_and_files_that_describe_others_are_not_missing() {
    none(
        &judge(
            POLICY,
            &told(&["a.tgz", "a.tgz.asc"], &["a.tgz"]),
            &["1.0.0"],
        ),
        CODE,
    );
    none(
        &judge(POLICY, &told(&["a.tgz"], &["a.tgz", "b.tgz"]), &["1.0.0"]),
        CODE,
    );
}

#[test]
fn a_release_without_any_file_is_not_stated_and_not_lacking() {
    none(&judge(POLICY, &told(&["a.tgz"], &[]), &["1.0.0"]), CODE);
}

#[test]
fn what_a_broken_answer_did_not_read_is_not_missing() {
    let mut told = told(&["a.tgz", "b.tgz"], &["a.tgz"]);
    let broken =
        r#""coverage":{"partial":{"stopped-at":"page 2","why":{"kind":"timeout","detail":"x"}}}"#;
    told[1] = told[1].replace(r#""coverage":"complete""#, broken);
    none(&judge(POLICY, &told, &["1.0.0"]), CODE);
}
