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

/// A function that runs, beside the one zip of the release and an object in a bucket.
fn deployed(asset: &str, function: &str, object: &str) -> Vec<lockstep::model::Finding> {
    const DEPLOYED: &str = r#"
        component = { name = "api", source = "https://github.com/acme/api" }
        line.release = { scheme = "pep440" }
        channel.release = { kind = "github-release", tag = "v{version}", assets = "api.zip" }
        channel.live = { kind = "lambda", function = "api", region = "eu-west-1" }
        channel.kept = { kind = "s3", bucket = "acme-api", key = "api-{version}.zip", region = "eu-west-1" }
        [[agree]]
        channels = ["release", "live", "kept"]
        on = "same-digest"
    "#;
    let told = [
        listing("release", NOW, &format!(r#""v1.0":{asset}"#)),
        listing("live", NOW, &format!(r#""1.0":{{{function}}}"#)),
        listing("kept", NOW, &format!(r#""1.0":{{{object}}}"#)),
    ];
    judge(DEPLOYED, &told, &["1.0"])
}

#[test]
fn what_runs_must_be_the_one_file_of_the_release() {
    let zip = |content| files(&[("api.zip", content), ("notes.pdf", 'c')]);
    let is = |content| format!(r#""digest":{}"#, digest(content));
    none(&deployed(&zip('a'), &is('a'), &is('a')), CODE);
    let findings = deployed(&zip('a'), &is('b'), &is('a'));
    let finding = the_one(&findings, CODE, "live", GRAVITY);
    assert_eq!(finding.digests.len(), 2);
    the_one(
        &deployed(&zip('a'), &is('a'), &is('b')),
        CODE,
        "kept",
        GRAVITY,
    );
    none(&findings, "image-digest-mismatch");
    // What is not stated is compared with nothing, and stops.
    let findings = deployed(&zip('a'), "", &is('a'));
    none(&findings, CODE);
    assert!(
        findings
            .iter()
            .any(|it| it.code.as_str() == "nothing-to-compare")
    );
}
