//! `version-unannounced`.

use lockstep::model::{Level, Outcome, Severity};

use crate::decide::world::{
    NOW, broken_off, digest, failed, judge, listing, none, of, the_one, verdict,
};

const POLICY: &str = r#"
    component = { name = "api", source = "https://github.com/acme/api" }
    line.release = { scheme = "semver" }
    channel.tag = { kind = "git-tag", tag = "v{version}" }
    channel.npm = { kind = "npm" }
    channel.image = { kind = "oci", tag = "{version}", image = "docker.io/acme/api" }
"#;
const CODE: &str = "version-unannounced";
const GRAVITY: (Severity, Level, Level) = (Severity::Deny, Level::High, Level::Low);
const TAG: &str = r#""v1.0.0":{"commit":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}"#;

fn told(tag: &str, npm: &str) -> [String; 3] {
    let file = format!(r#"{{"files":{{"api.tgz":{{"digest":{}}}}}}}"#, digest('f'));
    let image = format!(r#""1.0.0":{{"digest":{}}}"#, digest('d'));
    [
        listing("tag", NOW, tag),
        listing("npm", NOW, &format!(r#""{npm}":{file}"#)),
        listing("image", NOW, &image),
    ]
}

#[test]
fn each_follower_that_has_what_the_leader_does_not_announce_is_found() {
    let verdict = verdict(POLICY, &told("", "1.0.0"), Some("1.0.0"));
    let found = of(&verdict.findings, CODE);
    assert_eq!(found.len(), 2, "{found:#?}");
    for (finding, (channel, digit)) in found.iter().zip([("npm", "f"), ("image", "d")]) {
        assert_eq!(
            finding.channel.as_ref().map(|it| it.as_str()),
            Some(channel)
        );
        assert_eq!(
            (finding.severity, finding.mismatch, finding.suspicion),
            GRAVITY
        );
        assert_eq!(finding.digests, [format!("sha256:{}", digit.repeat(64))]);
    }
    assert_eq!(verdict.outcome, Outcome::Deny);
}

#[test]
fn only_the_follower_that_has_it_is_unannounced() {
    let findings = judge(POLICY, &told("", "0.9.0"), &["1.0.0"]);
    the_one(&findings, CODE, "image", GRAVITY);
    the_one(&findings, "version-missing", "npm", GRAVITY);
}

#[test]
fn a_tag_that_is_no_name_of_the_release_announces_nothing() {
    let odd = TAG.replace("v1.0.0", "release-1.0.0");
    let findings = judge(POLICY, &told(&odd, "0.9.0"), &["1.0.0"]);
    the_one(&findings, CODE, "image", GRAVITY);
}

#[test]
fn what_is_announced_or_nowhere_is_not_unannounced() {
    none(&judge(POLICY, &told(TAG, "1.0.0"), &["1.0.0"]), CODE);
    none(&judge(POLICY, &told("", "1.0.0"), &["2.0.0"]), CODE);
}

#[test]
fn a_leader_that_did_not_answer_wholly_lacks_nothing() {
    let mut told = told("", "1.0.0");
    for answer in [
        broken_off(&told[0]),
        failed("tag", NOW, r#""listing""#, "forbidden"),
        failed("tag", NOW, r#""listing""#, "not-found"),
    ] {
        told[0] = answer;
        let verdict = verdict(POLICY, &told, Some("1.0.0"));
        none(&verdict.findings, CODE);
        assert_eq!(verdict.outcome, Outcome::Indeterminate);
    }
}
