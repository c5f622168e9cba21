//! Images and their attestations: `same-commit`, index and platform manifests, rebuilt tags, and
//! what is asked for.

use lockstep::model::{Digest, Level, Outcome, Severity};

use super::attesting::{Told, built, codes, commit, digest, release};
use super::world::{LATER, NOW, SECOND, entry, listing, none, question, the_one};
use crate::authority::Claims;

const COMMIT: (Severity, Level, Level) = (Severity::Deny, Level::High, Level::Low);

/// Two registries that two workflows build for.
pub(super) const TWO: &str = r#"
[component]
name = "api"
source = "https://github.com/acme/api"
announced-by = "tag"

[line.release]
scheme = "semver"

[channel.tag]
kind = "git-tag"
tag = "v{version}"

[channel.hub]
kind = "oci"
image = "docker.io/acme/api"
tag = "{version}"

[channel.ghcr]
kind = "oci"
image = "ghcr.io/acme/api"
tag = "{version}"

[[agree]]
channels = ["hub", "ghcr"]
on = "same-commit"
because = "two workflows build it"

[[provenance]]
channels = ["hub", "ghcr"]
kind = "build"
workflows = "release.yml"
commit = "any"
trusted-root = "root.json"
"#;

pub(super) fn tag() -> String {
    let entry = format!(r#""v1.2.0":{{"commit":"{}"}}"#, commit('a'));
    listing("tag", NOW, &entry)
}

pub(super) fn image(channel: &str, index: Digest, platforms: &[(&str, Digest)]) -> [String; 2] {
    image_at(NOW, channel, index, platforms)
}

pub(super) fn image_at(
    round: &str,
    channel: &str,
    index: Digest,
    platforms: &[(&str, Digest)],
) -> [String; 2] {
    let platforms: Vec<String> = platforms
        .iter()
        .map(|(name, digest)| format!(r#""{name}":"{digest}""#))
        .collect();
    let facts = format!(
        r#"{{"digest":"{index}","platforms":{{{}}}}}"#,
        platforms.join(",")
    );
    [
        listing(channel, round, r#""1.2.0":{}"#),
        entry(channel, round, "1.2.0", &facts),
    ]
}

/// Both registries with an image of their own, each attested at the commit of a digit.
fn two(hub: char, ghcr: char) -> Told {
    let mut told = Told::default();
    told.observations.push(tag());
    for (channel, digit) in [("hub", hub), ("ghcr", ghcr)] {
        let index = digest(channel);
        told.observations.extend(image(channel, index, &[]));
        let bundle = built(&release("1.2.0", digit), &[index]);
        told.attach(channel, "1.2.0", &[(index, &[&bundle])]);
    }
    told
}

#[test]
fn two_images_of_one_commit_agree_by_same_commit() {
    let verdict = two('a', 'a').verdict(TWO, "1.2.0");
    assert_eq!(verdict.outcome, Outcome::Allow, "{:#?}", verdict.findings);
    let step = "same-commit: the images' bytes are not compared";
    assert!(verdict.limits.iter().any(|it| it.contains(step)));
}

#[test]
fn two_images_of_two_commits_do_not() {
    let findings = two('a', 'b').findings(TWO, "1.2.0");
    let finding = the_one(&findings, "commit-mismatch", "ghcr", COMMIT);
    let both = ['a', 'b'].map(|it| format!("git:{}", commit(it)));
    assert!(both.iter().all(|it| finding.digests.contains(it)));
}

#[test]
fn the_leading_tag_s_commit_is_what_must_have_been_built() {
    let policy = TWO.replace("commit = \"any\"\n", "");
    let findings = two('b', 'b').findings(&policy, "1.2.0");
    let found: Vec<_> = super::world::of(&findings, "commit-mismatch");
    assert_eq!(found.len(), 2);
    assert!(
        found[0].message.contains("and the tag is at aaaaaaaaaaaa"),
        "{}",
        found[0].message
    );
    assert_eq!(
        two('a', 'a').verdict(&policy, "1.2.0").outcome,
        Outcome::Allow
    );
}

#[test]
fn same_commit_alone_needs_a_build_attestation_of_each_image() {
    let (policy, _) = TWO.split_once("[[provenance]]").unwrap();
    let mut told = Told::default();
    told.observations.push(tag());
    for channel in ["hub", "ghcr"] {
        told.observations.extend(image(channel, digest("one"), &[]));
    }
    let verdict = told.verdict(policy, "1.2.0");
    assert_eq!(verdict.outcome, Outcome::Indeterminate);
    for channel in ["hub", "ghcr"] {
        told.attach(channel, "1.2.0", &[(digest("one"), &[])]);
    }
    let findings = told.findings(policy, "1.2.0");
    let missing = super::world::of(&findings, "provenance-missing");
    assert_eq!(missing.len(), 2);
    let words = "which `same-commit` needs";
    assert!(
        missing[0].message.ends_with(words),
        "{}",
        missing[0].message
    );
    assert_eq!(told.wanted(policy, Some("1.2.0")).len(), 2);
}

const ONE: &str = r#"
[component]
name = "api"
source = "https://github.com/acme/api"

[line.release]
scheme = "semver"

[channel.tag]
kind = "git-tag"
tag = "v{version}"

[channel.hub]
kind = "oci"
image = "docker.io/acme/api"
tag = "{version}"
platforms = ["linux/amd64", "linux/arm64"]

[[provenance]]
channels = ["hub"]
kind = "build"
workflows = "release.yml"
trusted-root = "root.json"
"#;

const PLATFORMS: [&str; 2] = ["linux/amd64", "linux/arm64"];

fn one(attested: &[&str], by: &Claims) -> Told {
    let platforms = PLATFORMS.map(|it| (it, digest(it)));
    let mut told = Told::default();
    told.observations.push(tag());
    told.observations
        .extend(image("hub", digest("index"), &platforms));
    let all = ["index", PLATFORMS[0], PLATFORMS[1]];
    let bundles = all.map(|it| built(by, &[digest(it)]));
    let artifacts: Vec<(Digest, Vec<&String>)> = all
        .iter()
        .zip(&bundles)
        .map(|(it, bundle)| {
            let there = attested.contains(it);
            (digest(it), Vec::from_iter(there.then_some(bundle)))
        })
        .collect();
    let artifacts: Vec<(Digest, &[&String])> = artifacts
        .iter()
        .map(|(it, all)| (*it, all.as_slice()))
        .collect();
    told.attach("hub", "1.2.0", &artifacts);
    told
}

#[test]
fn an_attestation_stands_on_the_index_or_on_every_platform() {
    let by = release("1.2.0", 'a');
    for attested in [&["index"][..], &PLATFORMS[..]] {
        let verdict = one(attested, &by).verdict(ONE, "1.2.0");
        assert_eq!(
            verdict.outcome,
            Outcome::Allow,
            "{attested:?} {:#?}",
            verdict.findings
        );
    }
    let findings = one(&["linux/amd64"], &by).findings(ONE, "1.2.0");
    let gravity = (Severity::Deny, Level::Low, Level::Low);
    let finding = the_one(&findings, "provenance-missing", "hub", gravity);
    assert!(
        finding.message.contains("of `linux/arm64`"),
        "{}",
        finding.message
    );
}

#[test]
fn a_platform_by_a_stranger_is_found() {
    let stranger = Claims::github("mallory/api", "refs/tags/v1.2.0", &commit('a'));
    let findings = one(&PLATFORMS, &stranger).findings(ONE, "1.2.0");
    let gravity = (Severity::Deny, Level::Low, Level::High);
    the_one(&findings, "source-mismatch", "hub", gravity);
}

/// An image that was another one in an earlier round, each attested at the commit of a digit; or
/// the earlier one not at all.
fn moved(before: Option<char>, now: char) -> Told {
    let policy_images = [(SECOND, "before", before), (NOW, "now", Some(now))];
    let mut told = Told::default();
    told.observations.push(tag());
    for (round, index, digit) in policy_images {
        let index = digest(index);
        told.observations.extend(image_at(round, "hub", index, &[]));
        let bundle = digit.map(|it| built(&release("1.2.0", it), &[index]));
        let bundle: Vec<&String> = bundle.iter().collect();
        told.attach_at(round, "hub", "1.2.0", &[(index, &bundle)]);
    }
    told
}

#[test]
fn a_tag_that_was_built_again_from_its_commit_is_rebuilt_and_not_moved() {
    let policy = ONE.replace("platforms = [\"linux/amd64\", \"linux/arm64\"]\n", "");
    let rebuilt = moved(Some('a'), 'a').verdict(&policy, "1.2.0");
    let gravity = (Severity::Warn, Level::Low, Level::Low);
    the_one(&rebuilt.findings, "image-rebuilt", "hub", gravity);
    none(&rebuilt.findings, "image-tag-moved");
    assert_eq!(rebuilt.outcome, Outcome::Allow, "{:#?}", rebuilt.findings);
    for other in [moved(Some('b'), 'a'), moved(None, 'a')] {
        let findings = other.findings(&policy, "1.2.0");
        let gravity = (Severity::Deny, Level::High, Level::High);
        the_one(&findings, "image-tag-moved", "hub", gravity);
        none(&findings, "image-rebuilt");
    }
}

#[test]
fn what_is_asked_about_an_image_is_its_index_and_each_platform_that_counts() {
    let told = one(&[], &release("1.2.0", 'a'));
    let wanted = told.wanted(ONE, Some("1.2.0"));
    let [only] = wanted["hub"].as_slice() else {
        panic!("{wanted:?}");
    };
    let asked: Vec<&str> = only.artifacts.keys().map(String::as_str).collect();
    assert_eq!(asked, ["", "linux/amd64", "linux/arm64"]);
    let none = ONE.split_once("[[provenance]]").unwrap().0;
    assert!(told.wanted(none, Some("1.2.0")).is_empty());
}

#[test]
fn what_was_signed_or_asked_after_the_time_of_judging_is_not_there_yet() {
    let told = one(&["index"], &release("1.2.0", 'a'));
    let judged_at = |now: &str| told.asked(ONE, question(Some("1.2.0"), None), now);
    assert_eq!(judged_at(LATER).outcome, Outcome::Allow);
    assert_eq!(judged_at(NOW).outcome, Outcome::Allow);
    let mut early = told.clone();
    for observation in &mut early.observations {
        *observation = observation.replace(NOW, "2026-02-01T08:00:00Z");
    }
    // Somebody dated the answers before the bundle that they name was signed.
    let verdict = early.asked(ONE, question(Some("1.2.0"), None), "2026-02-02T00:00:00Z");
    assert_eq!(codes(&verdict), ["provenance-missing"]);
}

#[test]
fn evidence_that_was_gathered_under_other_trust_says_so() {
    let told = one(&["index"], &release("1.2.0", 'a'));
    let verdict = told.verdict(ONE, "1.2.0");
    let limit = |it: &&String| it.starts_with("trust: this is as judged today");
    assert!(
        verdict.limits.iter().any(|it| limit(&it)),
        "{:?}",
        verdict.limits
    );
    let policy = super::attesting::load(ONE);
    let mut evidence = told.evidence(LATER);
    let texts = policy.trust.iter().flat_map(|it| it.texts());
    evidence.trust = texts.map(|(id, text)| (id, text.to_owned())).collect();
    let now = evidence.decided_at;
    let origin = lockstep::verify::Origin::Asked;
    let checked = lockstep::verify::check(evidence, origin, &policy.trust).unwrap();
    let question = question(Some("1.2.0"), None);
    let same = lockstep::decide::evaluate(&policy, &checked, &question, now).unwrap();
    assert!(
        !same.limits.iter().any(|it| limit(&it)),
        "{:?}",
        same.limits
    );
}
