//! `image-digest-mismatch`.

use lockstep::model::{Level, Severity};

use crate::decide::world::{FIRST, NOW, SECOND, digest, judge, listing, none, of, the_one};

const POLICY: &str = r#"
    component = { name = "api", source = "https://github.com/acme/api" }
    line.release = { scheme = "semver" }
    channel.release = { kind = "github-release", tag = "v{version}" }
    channel.hub = { kind = "oci", tag = "{version}", image = "docker.io/acme/api" }
    channel.ecr = { kind = "oci", tag = "{version}", image = "docker.io/acme/api" }
"#;
const PLATFORMS: &str = r#"
    [[agree]]
    channels = ["hub", "ecr"]
    on = "same-platforms"
"#;
const CODE: &str = "image-digest-mismatch";
const MOVED: &str = "image-tag-moved";
const GRAVITY: (Severity, Level, Level) = (Severity::Deny, Level::High, Level::Low);

fn round(at: &str, hub: char, ecr: char) -> [String; 2] {
    let image = |channel: &str, content| {
        listing(
            channel,
            at,
            &format!(r#""1.0.0":{{"digest":{}}}"#, digest(content)),
        )
    };
    [image("hub", hub), image("ecr", ecr)]
}

fn platforms(hub: (char, &str, char), ecr: (char, &str, char)) -> Vec<String> {
    let image = |channel: &str, (index, platform, content): (char, &str, char)| {
        let entry = format!(
            r#""1.0.0":{{"digest":{},"platforms":{{"{platform}":{}}}}}"#,
            digest(index),
            digest(content)
        );
        listing(channel, NOW, &entry)
    };
    vec![image("hub", hub), image("ecr", ecr)]
}

#[test]
fn two_images_that_no_agreement_names_must_be_one() {
    let findings = judge(POLICY, &round(NOW, 'a', 'b'), &["1.0.0"]);
    let finding = the_one(&findings, CODE, "ecr", GRAVITY);
    assert_eq!(finding.digests.len(), 2);
    none(&judge(POLICY, &round(NOW, 'a', 'a'), &["1.0.0"]), CODE);
}

/// Two images that clients read as of one platform: neither may stand for the other.
#[test]
fn an_image_under_the_other_spelling_of_a_platform_hides_none() {
    let image = |channel: &str, index, platforms: &[(&str, char)]| {
        let platforms = platforms
            .iter()
            .map(|(name, content)| format!(r#""{name}":{}"#, digest(*content)));
        let platforms: Vec<String> = platforms.collect();
        let entry = format!(
            r#""1.0.0":{{"digest":{},"platforms":{{{}}}}}"#,
            digest(index),
            platforms.join(",")
        );
        listing(channel, NOW, &entry)
    };
    let policy = format!("{POLICY}{PLATFORMS}");
    let told = [
        image("hub", 'a', &[("linux/arm64", 'c')]),
        image("ecr", 'b', &[("linux/arm64", 'd'), ("linux/arm64/v8", 'c')]),
    ];
    the_one(&judge(&policy, &told, &["1.0.0"]), CODE, "ecr", GRAVITY);
    let told = [
        image("hub", 'a', &[("linux/arm64", 'c')]),
        image("ecr", 'b', &[("linux/arm64", 'c'), ("linux/arm64/v8", 'd')]),
    ];
    let findings = judge(&policy, &told, &["1.0.0"]);
    assert_eq!(of(&findings, "image-platform-missing").len(), 1);
    let told = [
        image("hub", 'a', &[("linux/arm64", 'c')]),
        image("ecr", 'b', &[("linux/arm64", 'c'), ("linux/arm64/v8", 'c')]),
    ];
    let findings = judge(&policy, &told, &["1.0.0"]);
    none(&findings, CODE);
    none(&findings, "image-platform-missing");
}

#[test]
fn images_that_agreed_before_one_of_them_moved_are_a_move_alone() {
    let told = [round(FIRST, 'a', 'a'), round(NOW, 'a', 'b')].concat();
    let findings = judge(POLICY, &told, &["1.0.0"]);
    none(&findings, CODE);
    assert_eq!(of(&findings, MOVED).len(), 1);
}

#[test]
fn images_that_agreed_once_and_are_back_at_their_first_digests_are_a_mismatch() {
    let told = [
        round(FIRST, 'a', 'b'),
        round(SECOND, 'a', 'a'),
        round(NOW, 'a', 'b'),
    ]
    .concat();
    let findings = judge(POLICY, &told, &["1.0.0"]);
    none(&findings, MOVED);
    the_one(&findings, CODE, "ecr", GRAVITY);
}

#[test]
fn a_waiver_of_the_move_does_not_waive_the_difference() {
    let waiver = format!(
        r#"
        [[waiver]]
        code = "image-tag-moved"
        version = "1.0.0"
        digests = [{}, {}]
        reason = "rebuilt"
        approved-by = "me"
        expires = "2031-01-01"
        "#,
        digest('a'),
        digest('b')
    );
    let told = [round(FIRST, 'a', 'a'), round(NOW, 'a', 'b')].concat();
    let findings = judge(&format!("{POLICY}{waiver}"), &told, &["1.0.0"]);
    assert!(!of(&findings, MOVED)[0].is_open());
    assert!(the_one(&findings, CODE, "ecr", GRAVITY).is_open());
}

#[test]
fn same_platforms_looks_at_each_platform_and_not_at_the_index() {
    let policy = format!("{POLICY}{PLATFORMS}");
    let amd = "linux/amd64";
    let told = platforms(('a', amd, 'c'), ('b', amd, 'c'));
    none(&judge(&policy, &told, &["1.0.0"]), CODE);
    let told = platforms(('a', amd, 'c'), ('b', amd, 'd'));
    the_one(&judge(&policy, &told, &["1.0.0"]), CODE, "ecr", GRAVITY);
}
