//! `version-rollback`.

use lockstep::model::{Finding, Level, Severity};

use crate::decide::world::{FIRST, NOW, SECOND, digest, judge, listing, none, the_one};

const POLICY: &str = r#"
    component = { name = "api", source = "https://github.com/acme/api" }
    line.release = { scheme = "semver" }
    channel.release = { kind = "github-release", tag = "v{version}" }
    channel.hub = { kind = "oci", tag = "{version}", image = "docker.io/acme/api", floating = ["latest"] }
"#;
const CODE: &str = "version-rollback";
const GRAVITY: (Severity, Level, Level) = (Severity::Warn, Level::None, Level::Low);

type Tags<'t> = &'t [(&'t str, char)];

fn judged(rounds: &[(&str, Tags<'_>)]) -> Vec<Finding> {
    let told = rounds.iter().map(|(round, tags)| {
        let tags: Vec<String> = tags
            .iter()
            .map(|(name, content)| format!(r#""{name}":{{"digest":{}}}"#, digest(*content)))
            .collect();
        listing("hub", round, &tags.join(","))
    });
    judge(POLICY, &told.collect::<Vec<_>>(), &["2.0.0"])
}

#[test]
fn a_floating_tag_that_goes_back_to_an_older_release_is_found() {
    let findings = judged(&[
        (FIRST, &[("1.0.0", 'a'), ("2.0.0", 'b'), ("latest", 'b')]),
        (NOW, &[("1.0.0", 'a'), ("2.0.0", 'b'), ("latest", 'a')]),
    ]);
    let finding = the_one(&findings, CODE, "hub", GRAVITY);
    assert_eq!(finding.version.as_deref(), Some("1.0.0"));
}

#[test]
fn forward_and_already_back_in_the_round_before_are_none() {
    none(
        &judged(&[
            (FIRST, &[("1.0.0", 'a'), ("latest", 'a')]),
            (NOW, &[("1.0.0", 'a'), ("2.0.0", 'b'), ("latest", 'b')]),
        ]),
        CODE,
    );
    let both = [("1.0.0", 'a'), ("2.0.0", 'b')];
    let at = |content| [both[0], both[1], ("latest", content)];
    none(
        &judged(&[(FIRST, &at('b')), (SECOND, &at('a')), (NOW, &at('a'))]),
        CODE,
    );
}

#[test]
fn a_backport_that_took_the_tag_is_none_and_a_new_patch_below_is() {
    let then: Tags<'_> = &[("1.0.0", 'a'), ("2.0.0", 'b'), ("latest", 'b')];
    let backport: Tags<'_> = &[("1.0.1", 'c'), ("2.0.0", 'b'), ("latest", 'c')];
    none(&judged(&[(FIRST, then), (NOW, backport)]), CODE);
    let then: Tags<'_> = &[("2.0.2", 'b'), ("latest", 'b')];
    let patch: Tags<'_> = &[("2.0.1", 'c'), ("2.0.2", 'b'), ("latest", 'c')];
    the_one(
        &judged(&[(FIRST, then), (NOW, patch)]),
        CODE,
        "hub",
        GRAVITY,
    );
}

#[test]
fn an_image_that_is_no_release_cannot_be_lower() {
    none(
        &judged(&[
            (FIRST, &[("2.0.0", 'b'), ("latest", 'b')]),
            (NOW, &[("2.0.0", 'b'), ("latest", 'c')]),
        ]),
        CODE,
    );
}

/// Dist-tags: the channel itself says what they show.
fn dist_tags(rounds: &[(&str, &[&str], &str)]) -> Vec<Finding> {
    const NPM: &str = r#"
        component = { name = "ui", source = "https://github.com/acme/ui" }
        line.release = { scheme = "semver" }
        channel.release = { kind = "github-release", tag = "v{version}" }
        channel.npm = { kind = "npm" }
    "#;
    let told = rounds.iter().map(|(round, versions, latest)| {
        let entries: Vec<String> = versions
            .iter()
            .map(|it| format!(r#""{it}":{{}}"#))
            .collect();
        let whole = listing("npm", round, &entries.join(","));
        let moving = format!(r#""listing":{{"moving":{{"latest":"{latest}"}},"#);
        let with = whole.replacen(r#""listing":{"#, &moving, 1);
        assert_ne!(with, whole);
        with
    });
    judge(NPM, &told.collect::<Vec<_>>(), &["2.0.0"])
}

#[test]
fn a_dist_tag_that_goes_back_is_found_and_a_new_release_of_another_series_is_a_backport() {
    let both: &[&str] = &["1.0.0", "2.0.0"];
    let findings = dist_tags(&[(FIRST, both, "2.0.0"), (NOW, both, "1.0.0")]);
    let finding = the_one(&findings, CODE, "npm", GRAVITY);
    assert_eq!(finding.version.as_deref(), Some("1.0.0"));
    none(
        &dist_tags(&[(FIRST, both, "1.0.0"), (NOW, both, "2.0.0")]),
        CODE,
    );
    let more: &[&str] = &["1.0.0", "1.0.1", "2.0.0"];
    none(
        &dist_tags(&[(FIRST, both, "2.0.0"), (NOW, more, "1.0.1")]),
        CODE,
    );
    // Of two versions new in one series the lower one is no backport.
    let patch: &[&str] = &["1.0.0", "2.0.0", "2.0.1"];
    let back = dist_tags(&[(FIRST, patch, "2.0.1"), (NOW, patch, "2.0.0")]);
    the_one(&back, CODE, "npm", GRAVITY);
}
