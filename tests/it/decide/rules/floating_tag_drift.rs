//! `floating-tag-drift`.

use lockstep::model::{Level, Outcome, Severity};

use crate::decide::world::{NOW, digest, judge, listing, none, of, the_one, verdict};

const POLICY: &str = r#"
    component = { name = "api", source = "https://github.com/acme/api" }
    line.release = { scheme = "semver" }
    channel.release = { kind = "github-release", tag = "v{version}" }
    channel.image = { kind = "oci", tag = "{version}", image = "docker.io/acme/api", floating = ["{major}", "latest"] }
"#;
const CODE: &str = "floating-tag-drift";
const GRAVITY: (Severity, Level, Level) = (Severity::Warn, Level::Low, Level::Low);

/// Releases 1.9.0 (a), 2.0.0 (b), 2.1.0-rc.1 (c), published at a time, and these floating tags.
fn told(published: &str, floating: &[(&str, char)]) -> [String; 2] {
    let releases = [("1.9.0", 'a'), ("2.0.0", 'b'), ("2.1.0-rc.1", 'c')];
    let announced = releases.map(|(it, _)| {
        let pre = it.contains("rc");
        format!(r#""v{it}":{{"published":"{published}","prerelease":{pre}}}"#)
    });
    let tags = releases.iter().chain(floating);
    let tags: Vec<String> = tags
        .map(|(name, content)| {
            format!(
                r#""{name}":{{"digest":{},"published":"{published}"}}"#,
                digest(*content)
            )
        })
        .collect();
    [
        listing("release", NOW, &announced.join(",")),
        listing("image", NOW, &tags.join(",")),
    ]
}

const LONG_AGO: &str = "2026-01-01T00:00:00Z";
const JUST_NOW: &str = "2026-03-04T07:45:00Z";

#[test]
fn each_floating_tag_is_held_to_the_highest_stable_release_of_its_range() {
    let right = told(LONG_AGO, &[("1", 'a'), ("2", 'b'), ("latest", 'b')]);
    none(&judge(POLICY, &right, &[]), CODE);
    let pre_release = told(LONG_AGO, &[("2", 'b'), ("latest", 'c')]);
    let findings = judge(POLICY, &pre_release, &[]);
    let finding = the_one(&findings, CODE, "image", GRAVITY);
    assert_eq!(finding.version.as_deref(), Some("2.0.0"));
    assert_eq!(finding.digests.len(), 2);
    let backport = told(LONG_AGO, &[("1", 'b'), ("2", 'b'), ("latest", 'a')]);
    assert_eq!(
        of(&judge(POLICY, &backport, &[]), CODE).len(),
        2,
        "`1` and `latest`"
    );
}

#[test]
fn a_floating_tag_that_is_not_there_counts_for_the_highest_release_only() {
    let findings = judge(POLICY, &told(LONG_AGO, &[("latest", 'b')]), &[]);
    let finding = the_one(&findings, CODE, "image", GRAVITY);
    assert!(
        finding.message.contains("`2` is not there"),
        "{}",
        finding.message
    );
}

#[test]
fn within_the_window_of_the_release_nothing_has_drifted() {
    none(
        &judge(POLICY, &told(JUST_NOW, &[("1", 'a'), ("latest", 'a')]), &[]),
        CODE,
    );
}

#[test]
fn a_warning_does_not_change_the_outcome() {
    let told = told(LONG_AGO, &[("2", 'b'), ("latest", 'a')]);
    let verdict = verdict(POLICY, &told, Some("2.0.0"));
    assert_eq!(verdict.outcome, Outcome::Allow, "{:#?}", verdict.findings);
    assert_eq!(
        (verdict.mismatch, verdict.suspicion),
        (Level::Low, Level::Low)
    );
}
