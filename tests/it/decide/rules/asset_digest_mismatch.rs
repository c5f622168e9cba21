//! `asset-digest-mismatch`.

use lockstep::model::{Level, Severity};

use crate::decide::world::{NOW, digest, entry, judge, listing, none, the_one};

const POLICY: &str = r#"
    component = { name = "api", source = "https://github.com/acme/api" }
    line.release = { scheme = "pep440" }
    channel.release = { kind = "github-release", tag = "v{version}" }
    channel.pypi = { kind = "pypi" }
    [[agree]]
    channels = ["pypi", "release"]
    on = "same-files"
"#;
const CODE: &str = "asset-digest-mismatch";
const GRAVITY: (Severity, Level, Level) = (Severity::Deny, Level::High, Level::High);

fn files(list: &[(&str, char)]) -> String {
    let files: Vec<String> = list
        .iter()
        .map(|(name, content)| format!(r#""{name}":{{"digest":{}}}"#, digest(*content)))
        .collect();
    format!(
        r#"{{"published":"2026-03-04T06:00:00Z","files":{{{}}}}}"#,
        files.join(",")
    )
}

fn both(release: &[(&str, char)], pypi: &[(&str, char)]) -> Vec<String> {
    vec![
        listing("release", NOW, &format!(r#""v1.0":{}"#, files(release))),
        listing("pypi", NOW, &format!(r#""1.0":{}"#, files(pypi))),
    ]
}

#[test]
fn one_file_name_with_other_bytes_is_found_on_the_channel_that_does_not_lead() {
    let told = both(
        &[("a.whl", 'a'), ("b.whl", 'b')],
        &[("a.whl", 'c'), ("b.whl", 'b')],
    );
    let findings = judge(POLICY, &told, &["1.0"]);
    let finding = the_one(&findings, CODE, "pypi", GRAVITY);
    assert_eq!(
        finding.digests.len(),
        2,
        "both contents, and not those of `b.whl`"
    );
    assert_eq!(finding.because.len(), 2);
}

#[test]
fn equal_bytes_checksum_files_and_unknown_hashes_are_no_mismatch() {
    let told = both(
        &[("a.whl", 'a'), ("SHA256SUMS", 'b')],
        &[("a.whl", 'a'), ("SHA256SUMS", 'c')],
    );
    none(&judge(POLICY, &told, &["1.0"]), CODE);
    let mut unknown = both(&[("a.whl", 'a')], &[]);
    unknown[1] = listing("pypi", NOW, r#""1.0":{"files":{"a.whl":{"size":3}}}"#);
    none(&judge(POLICY, &unknown, &["1.0"]), CODE);
}

#[test]
fn channels_without_an_agreement_are_not_compared() {
    let policy = POLICY.split("[[agree]]").next().unwrap();
    none(
        &judge(
            policy,
            &both(&[("a.whl", 'a')], &[("a.whl", 'c')]),
            &["1.0"],
        ),
        CODE,
    );
}

#[test]
fn two_answers_of_one_round_that_state_two_hashes_need_no_agreement() {
    let policy = POLICY.split("[[agree]]").next().unwrap();
    let mut told = both(&[("a.whl", 'a')], &[("a.whl", 'a')]);
    told.push(entry("pypi", NOW, "1.0", &files(&[("a.whl", 'c')])));
    the_one(&judge(policy, &told, &["1.0"]), CODE, "pypi", GRAVITY);
    told.pop();
    told.push(entry("pypi", NOW, "1.0", &files(&[("a.whl", 'a')])));
    none(&judge(policy, &told, &["1.0"]), CODE);
}
