//! `image-tag-moved`.

use lockstep::model::{Level, Severity};

use crate::decide::world::{FIRST, NOW, SECOND, digest, judge, listing, none, the_one};

const POLICY: &str = r#"
    component = { name = "api", source = "https://github.com/acme/api" }
    line.release = { scheme = "semver" }
    channel.release = { kind = "github-release", tag = "v{version}" }
    channel.hub = { kind = "oci", tag = "{version}", image = "docker.io/acme/api", variants = ["debian"], floating = ["latest"] }
"#;
const CODE: &str = "image-tag-moved";
const GRAVITY: (Severity, Level, Level) = (Severity::Deny, Level::High, Level::High);

fn hub(round: &str, tags: &[(&str, char)]) -> String {
    let tags: Vec<String> = tags
        .iter()
        .map(|(name, content)| format!(r#""{name}":{{"digest":{}}}"#, digest(*content)))
        .collect();
    listing("hub", round, &tags.join(","))
}

#[test]
fn another_image_than_first_seen_is_found() {
    let told = [hub(FIRST, &[("1.0.0", 'a')]), hub(NOW, &[("1.0.0", 'b')])];
    let findings = judge(POLICY, &told, &["1.0.0"]);
    let finding = the_one(&findings, CODE, "hub", GRAVITY);
    let both = ["a", "b"].map(|digit| format!("sha256:{}", digit.repeat(64)));
    assert_eq!(finding.digests, both);
}

#[test]
fn a_listing_without_digests_is_not_the_first_that_states_one() {
    let bare = listing("hub", FIRST, r#""1.0.0":{}"#);
    let told = [
        bare,
        hub(SECOND, &[("1.0.0", 'a')]),
        hub(NOW, &[("1.0.0", 'b')]),
    ];
    the_one(&judge(POLICY, &told, &["1.0.0"]), CODE, "hub", GRAVITY);
    let told = [
        hub(FIRST, &[("1.0.0", 'b')]),
        hub(SECOND, &[("1.0.0", 'a')]),
        told[2].clone(),
    ];
    none(&judge(POLICY, &told, &["1.0.0"]), CODE);
}

#[test]
fn a_declared_variant_that_moved_is_found_on_its_release() {
    let then = [("1.0.0", 'a'), ("1.0.0-debian", 'c'), ("1.1.0", 'd')];
    let now = [("1.0.0", 'a'), ("1.0.0-debian", 'e'), ("1.1.0", 'd')];
    let told = [hub(FIRST, &then), hub(NOW, &now)];
    let findings = judge(POLICY, &told, &["1.0.0"]);
    let finding = the_one(&findings, CODE, "hub", GRAVITY);
    assert!(
        finding.message.contains("1.0.0-debian"),
        "{}",
        finding.message
    );
    none(&judge(POLICY, &told, &["1.1.0"]), CODE);
}

#[test]
fn a_floating_tag_may_move() {
    let told = [
        hub(FIRST, &[("1.0.0", 'a'), ("latest", 'a')]),
        hub(NOW, &[("1.0.0", 'a'), ("latest", 'b')]),
    ];
    none(&judge(POLICY, &told, &["1.0.0"]), CODE);
}
