//! `tag-unknown-variant`.

use lockstep::model::{Level, Outcome, Severity};

use crate::decide::world::{NOW, commit, digest, judge, listing, none, the_one, verdict};

const POLICY: &str = r#"
    component = { name = "api", source = "https://github.com/acme/api" }
    line.release = { scheme = "semver" }
    channel.tag = { kind = "git-tag", tag = "v{version}" }
    channel.image = { kind = "oci", tag = "{version}", image = "docker.io/acme/api" }
"#;
const CODE: &str = "tag-unknown-variant";
const GRAVITY: (Severity, Level, Level) = (Severity::Warn, Level::Low, Level::None);

fn told(names: &[&str]) -> [String; 2] {
    let tag = format!(r#""v1.0.0":{{"commit":{}}}"#, commit('a'));
    let images: Vec<String> = names
        .iter()
        .map(|name| format!(r#""{name}":{{"digest":{}}}"#, digest('d')))
        .collect();
    [
        listing("tag", NOW, &tag),
        listing("image", NOW, &images.join(",")),
    ]
}

#[test]
fn a_suffix_that_the_policy_does_not_declare_is_shown() {
    let told = told(&["1.0.0", "1.0.0-alpine", "1.0.0-slim"]);
    let verdict = verdict(POLICY, &told, None);
    let finding = the_one(&verdict.findings, CODE, "image", GRAVITY);
    assert!(finding.message.contains("`1.0.0-alpine`"));
    assert!(finding.message.contains("1 more"), "{}", finding.message);
    assert_eq!(verdict.outcome, Outcome::Allow, "{:#?}", verdict.findings);
    assert_eq!(
        (verdict.mismatch, verdict.suspicion),
        (Level::Low, Level::None)
    );
}

#[test]
fn a_suffix_is_no_release_of_its_own() {
    let verdict = verdict(POLICY, &told(&["1.0.0", "2.0.0-alpine"]), None);
    the_one(&verdict.findings, CODE, "image", GRAVITY);
    none(&verdict.findings, "version-unannounced");
}

#[test]
fn a_declared_variant_and_a_known_pre_release_are_none() {
    let policy = POLICY.replace(
        r#"tag = "{version}","#,
        r#"tag = "{version}", variants = ["alpine"],"#,
    );
    none(
        &judge(&policy, &told(&["1.0.0", "1.0.0-alpine"]), &[]),
        CODE,
    );
    none(&judge(POLICY, &told(&["1.0.0", "1.0.0-rc.1"]), &[]), CODE);
    none(&judge(POLICY, &told(&["1.0.0", "nightly"]), &[]), CODE);
}

#[test]
fn about_a_release_that_is_named_other_tags_say_nothing() {
    none(
        &judge(POLICY, &told(&["1.0.0", "1.0.0-alpine"]), &["1.0.0"]),
        CODE,
    );
}
