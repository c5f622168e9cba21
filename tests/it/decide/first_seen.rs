//! Since when the evidence shows what a finding is about.

use crate::decide::world::{FIRST, NOW, SECOND, asked_at, commit, digest, listing, of, verdict};

const POLICY: &str = r#"
    component = { name = "api", source = "https://github.com/acme/api" }
    line.release = { scheme = "semver" }
    channel.tag = { kind = "git-tag", tag = "v{version}" }
    channel.npm = { kind = "npm" }
"#;

fn tag(round: &str, at: char) -> String {
    listing(
        "tag",
        round,
        &format!(r#""v1.0.0":{{"commit":{}}}"#, commit(at)),
    )
}

fn package(round: &str) -> String {
    let files = format!(r#"{{"a.tgz":{{"digest":{}}}}}"#, digest('a'));
    listing("npm", round, &format!(r#""1.0.0":{{"files":{files}}}"#))
}

fn first_seen(observations: &[String], code: &str) -> String {
    let verdict = verdict(POLICY, observations, Some("1.0.0"));
    let found = of(&verdict.findings, code);
    assert_eq!(found.len(), 1, "{:#?}", verdict.findings);
    found[0]
        .first_seen
        .expect("it rests on observations")
        .to_string()
}

#[test]
fn it_is_the_earliest_observation_of_the_name_in_that_channel() {
    let earlier = [
        listing("tag", FIRST, ""),
        listing("npm", FIRST, ""),
        listing("tag", SECOND, ""),
        package(SECOND),
        listing("tag", NOW, ""),
        package(NOW),
    ];
    assert_eq!(first_seen(&earlier, "version-unannounced"), SECOND);
    assert_eq!(first_seen(&earlier[4..], "version-unannounced"), NOW);
}

#[test]
fn a_moved_tag_is_dated_from_when_it_was_first_there() {
    let moved = [tag(FIRST, 'a'), package(FIRST), tag(NOW, 'b'), package(NOW)];
    assert_eq!(first_seen(&moved, "git-tag-moved"), FIRST);
}

#[test]
fn what_the_channel_never_showed_is_dated_by_what_the_finding_rests_on() {
    let later = "2026-03-04T08:00:07Z";
    let missing = [
        tag(FIRST, 'a'),
        listing("npm", FIRST, ""),
        asked_at(&tag(NOW, 'a'), later),
        listing("npm", NOW, ""),
    ];
    assert_eq!(first_seen(&missing, "version-missing"), NOW);
}

#[test]
fn the_order_of_the_observations_does_not_matter() {
    let mut moved = [tag(FIRST, 'a'), package(FIRST), tag(NOW, 'b'), package(NOW)];
    moved.reverse();
    assert_eq!(first_seen(&moved, "git-tag-moved"), FIRST);
}
