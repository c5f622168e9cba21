//! `asset-replaced`.

use lockstep::model::{Level, Severity};

use crate::decide::world::{FIRST, NOW, SECOND, digest, judge, listing, none, the_one};

const POLICY: &str = r#"
    component = { name = "api", source = "https://github.com/acme/api" }
    line.release = { scheme = "semver" }
    channel.release = { kind = "github-release", tag = "v{version}", assets = ["*.zip"] }
    channel.bucket = { kind = "s3", bucket = "acme", key = "{version}.zip", region = "eu-west-1" }
"#;
const CODE: &str = "asset-replaced";
const GRAVITY: (Severity, Level, Level) = (Severity::Deny, Level::High, Level::High);

fn release(round: &str, name: &str, file: &str) -> String {
    listing(
        "release",
        round,
        &format!(r#""v1.0.0":{{"files":{{"{name}":{file}}}}}"#),
    )
}

fn with(content: char, id: u64) -> String {
    format!(r#"{{"digest":{},"id":{id},"size":7}}"#, digest(content))
}

#[test]
fn another_digest_than_at_first_is_a_replacement_even_outside_the_globs() {
    let told = [
        release(FIRST, "a.exe", &with('a', 1)),
        release(NOW, "a.exe", &with('b', 2)),
    ];
    let findings = judge(POLICY, &told, &["1.0.0"]);
    let finding = the_one(&findings, CODE, "release", GRAVITY);
    assert_eq!(finding.digests.len(), 2);
    assert_eq!(finding.because.len(), 2);
}

#[test]
fn back_at_the_first_digest_is_resolved_under_whatever_number() {
    let told = [
        release(FIRST, "a.zip", &with('a', 1)),
        release(SECOND, "a.zip", &with('b', 2)),
        release(NOW, "a.zip", &with('a', 3)),
    ];
    none(&judge(POLICY, &told, &["1.0.0"]), CODE);
}

#[test]
fn without_digests_the_number_of_the_upload_decides_and_then_the_size() {
    let judged = |first: &str, now: &str| {
        let told = [release(FIRST, "a.zip", first), release(NOW, "a.zip", now)];
        judge(POLICY, &told, &["1.0.0"])
    };
    the_one(
        &judged(r#"{"id":1,"size":7}"#, &with('a', 2)),
        CODE,
        "release",
        GRAVITY,
    );
    none(
        &judged(r#"{"id":1,"size":7}"#, r#"{"id":1,"size":7}"#),
        CODE,
    );
    the_one(
        &judged(r#"{"size":7}"#, r#"{"size":8}"#),
        CODE,
        "release",
        GRAVITY,
    );
    none(&judged(r#"{"size":7}"#, r#"{"id":2}"#), CODE);
}

#[test]
fn a_new_file_a_draft_and_a_grown_checksum_file_are_no_replacement() {
    let told = [
        release(FIRST, "a.zip", &with('a', 1)),
        release(NOW, "b.zip", &with('b', 2)),
    ];
    none(&judge(POLICY, &told, &["1.0.0"]), CODE);
    let draft = format!(
        r#""v1.0.0":{{"draft":true,"files":{{"a.zip":{}}}}}"#,
        with('a', 1)
    );
    let told = [
        listing("release", FIRST, &draft),
        release(NOW, "a.zip", &with('b', 2)),
    ];
    none(&judge(POLICY, &told, &["1.0.0"]), CODE);
    let told = [
        release(FIRST, "SHA256SUMS", &with('a', 1)),
        release(NOW, "SHA256SUMS", &with('b', 2)),
    ];
    none(&judge(POLICY, &told, &["1.0.0"]), CODE);
}

#[test]
fn an_object_that_is_another_one_was_replaced() {
    let object = |round: &str, content: char| {
        listing(
            "bucket",
            round,
            &format!(r#""1.0.0":{{"digest":{}}}"#, digest(content)),
        )
    };
    let told = [object(FIRST, 'a'), object(NOW, 'b')];
    the_one(&judge(POLICY, &told, &["1.0.0"]), CODE, "bucket", GRAVITY);
    none(
        &judge(POLICY, &[object(FIRST, 'a'), object(NOW, 'a')], &["1.0.0"]),
        CODE,
    );
}
