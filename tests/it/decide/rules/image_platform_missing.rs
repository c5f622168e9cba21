//! `image-platform-missing`.

use lockstep::model::{Level, Outcome, Severity};

use crate::decide::world::{NOW, digest, judge, listing, none, the_one, verdict};

const POLICY: &str = r#"
    component = { name = "api", source = "https://github.com/acme/api" }
    line.release = { scheme = "semver" }
    channel.release = { kind = "github-release", tag = "v{version}" }
    channel.hub = { kind = "oci", tag = "{version}", image = "docker.io/acme/api", platforms = ["linux/amd64", "linux/arm64"] }
    channel.ecr = { kind = "oci", tag = "{version}", image = "docker.io/acme/api" }
    [[agree]]
    channels = ["hub", "ecr"]
    on = "same-platforms"
"#;
const CODE: &str = "image-platform-missing";
const GRAVITY: (Severity, Level, Level) = (Severity::Deny, Level::High, Level::Low);

fn image(channel: &str, platforms: &[&str]) -> String {
    let platforms: Vec<String> = platforms
        .iter()
        .map(|platform| format!(r#""{platform}":{}"#, digest('a')))
        .collect();
    let entry = format!(
        r#""1.0.0":{{"digest":{},"platforms":{{{}}}}}"#,
        digest('b'),
        platforms.join(",")
    );
    listing(channel, NOW, &entry)
}

#[test]
fn a_declared_platform_that_is_lacking_is_found() {
    let findings = judge(POLICY, &[image("hub", &["linux/amd64"])], &["1.0.0"]);
    let finding = the_one(&findings, CODE, "hub", GRAVITY);
    assert!(
        finding.message.contains("linux/arm64"),
        "{}",
        finding.message
    );
    let told = [image("hub", &["linux/amd64", "linux/arm64/v8"])];
    none(&judge(POLICY, &told, &["1.0.0"]), CODE);
}

#[test]
fn a_platform_that_the_other_registry_has_is_found_on_the_one_without() {
    let both = ["linux/amd64", "linux/arm64"];
    let told = [image("hub", &both), image("ecr", &both[..1])];
    the_one(&judge(POLICY, &told, &["1.0.0"]), CODE, "ecr", GRAVITY);
    let told = [
        image("hub", &both),
        image("ecr", &["linux/arm64/v8", "linux/amd64"]),
    ];
    none(&judge(POLICY, &told, &["1.0.0"]), CODE);
}

#[test]
fn platforms_that_nobody_states_are_neither_missing_nor_there() {
    let announced = format!(r#""v1.0.0":{{"published":"{NOW}"}}"#);
    let told = [
        listing("release", NOW, &announced),
        image("hub", &[]),
        image("ecr", &[]),
    ];
    none(&judge(POLICY, &told, &["1.0.0"]), CODE);
    let policy = POLICY.split("[[agree]]").next().unwrap();
    let verdict = verdict(policy, &told, Some("1.0.0"));
    assert_eq!(
        verdict.outcome,
        Outcome::Indeterminate,
        "{:#?}",
        verdict.findings
    );
}
