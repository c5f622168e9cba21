//! What a valid policy says, down to its defaults.

use lockstep::model::{
    AgreeOn, Anchor, Commitment, Duration, Mode, Name, ProvenanceKind, Unreachable,
};
use lockstep::policy::rendered;

use super::{Folder, loaded};

pub(super) const SMALL: &str = r#"[component]
name = "api"
source = "https://github.com/acme/api"

[line.release]
scheme = "semver"

[channel.release]
kind = "github-release"
tag = "v{version}"

[channel.pypi]
kind = "pypi"
"#;

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

#[test]
fn a_small_policy_has_the_documented_defaults() {
    let loaded = loaded(SMALL);
    assert_eq!(loaded.warnings, []);
    let [item] = loaded.components.as_slice() else {
        panic!()
    };
    let policy = &item.policy;
    assert_eq!(policy.announced_by, name("release"));
    let [release, pypi] = policy.channels.as_slice() else {
        panic!()
    };
    assert_eq!(
        (release.may_lag, release.may_lead),
        (Duration::from_minutes(30), Duration::from_minutes(10))
    );
    assert_eq!(
        (pypi.may_lag, pypi.may_lead),
        (Duration::from_minutes(60), Duration::from_minutes(10))
    );
    assert_eq!((release.declared_at, pypi.declared_at), (8, 12));
    assert_eq!(pypi.kind, "pypi");
    assert!(pypi.naming(&name("release")).is_some());
    assert_eq!(item.channels.len(), 2);
    assert_eq!(policy.digest, lockstep::model::Digest::of(SMALL.as_bytes()));
}

#[test]
fn every_table_arrives_in_the_model() {
    let text = format!(
        r#"{SMALL}
[channel.tag]
kind = "git-tag"
tag = "v{{version}}"

[[agree]]
channels = ["release", "pypi"]
because = "the same build"

[[provenance]]
channels = ["pypi"]
kind = "publish"
since = "1.5.0"

[environment.production]
requires = "pypi"
mode = "audit"
when-unreachable = {{ last-known-good = "24h" }}

[[waiver]]
code = "version-unannounced"
version = "1.4.2"
digests = ["git:0E58ED8671D6B60D0890C21B07F8835ACE038E67"]
reason = "r"
approved-by = "a"
expires = 2027-01-31
"#
    )
    .replace("[line.release]", "announced-by = \"tag\"\nbranches = \"release/*\"\n[line.release]\njudge-since = 2026-01-01");
    let loaded = loaded(&text);
    let policy = &loaded.components[0].policy;
    assert_eq!(policy.announced_by, name("tag"));
    assert_eq!(policy.component.branches, ["release/*"]);
    let since = "2026-01-01".parse().unwrap();
    assert!(matches!(policy.lines[0].judge_since, Some(Anchor::Time(time)) if time == since));
    assert_eq!(policy.agreements[0].on, AgreeOn::SameFiles);
    let provenance = &policy.provenance[0];
    assert_eq!(
        (provenance.kind, provenance.commit),
        (ProvenanceKind::Publish, Commitment::Any)
    );
    assert!(matches!(&provenance.since, Some(Anchor::Version(v)) if v.text() == "1.5.0"));
    let environment = &policy.environments[0];
    assert_eq!(
        (environment.mode, environment.requires.as_slice()),
        (Mode::Audit, [name("pypi")].as_slice())
    );
    assert_eq!(
        environment.when_unreachable,
        Unreachable::LastKnownGood(Duration::from_hours(24))
    );
    let waiver = &policy.waivers[0];
    assert_eq!(
        waiver.digests,
        ["git:0e58ed8671d6b60d0890c21b07f8835ace038e67"]
    );
    assert_eq!(waiver.expires.to_string(), "2027-01-31T00:00:00Z");
}

#[test]
fn a_family_has_one_policy_for_each_name() {
    let text = SMALL
        .replace("name = \"api\"", "names = [\"core\", \"ui\"]")
        .replace(
            "kind = \"pypi\"",
            "kind = \"pypi\"\nproject = \"acme-{name}\"",
        )
        .replace("\"v{version}\"", "\"{name}@{version}\"");
    let loaded = loaded(&text);
    let tags: Vec<Vec<String>> = loaded
        .components
        .iter()
        .map(|item| {
            rendered(item, "1.0.0").unwrap().lines[0].channels[0]
                .names
                .clone()
        })
        .collect();
    assert_eq!(tags, [["core@1.0.0"], ["ui@1.0.0"]]);
}

#[test]
fn versions_that_a_channel_cannot_tell_apart_are_shown() {
    let item = &loaded(SMALL).components[0];
    let shown = rendered(item, "1.0.0-rc").unwrap();
    let collisions: Vec<_> = shown.lines[0]
        .channels
        .iter()
        .map(|channel| {
            (
                channel.channel.as_str(),
                channel.collides_with.contains(&"1.0.0-rc.0".to_owned()),
            )
        })
        .collect();
    assert_eq!(collisions, [("release", false), ("pypi", true)]);
}

#[test]
fn a_version_that_no_line_reads_is_refused_with_the_reasons() {
    let item = &loaded(SMALL).components[0];
    let error = rendered(item, "v1\u{1b}[2J").unwrap_err().to_string();
    assert!(error.contains("line `release`"), "{error}");
    assert!(!error.contains('\u{1b}'), "{error:?}");
}

#[test]
fn crlf_tabs_and_a_byte_order_mark_do_no_harm() {
    let text = format!(
        "\u{feff}{}",
        SMALL.replace('\n', "\r\n").replace("kind =", "\tkind =")
    );
    let folder = Folder::of(&[("p.toml", &text)]);
    assert!(folder.load("p.toml").is_ok());
}
