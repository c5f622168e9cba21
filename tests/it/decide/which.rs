//! Which release a text names: a version, or a name that the leading channel gives it.

use lockstep::decide::wanted;
use lockstep::model::{Evidence, Outcome, Policy, Wanted};
use lockstep::verify::{Origin, check};

use crate::decide::world::{LATER, NOW, commit, listing, load, question, verdict};

const PYTHON: &str = r#"
    component = { name = "api", source = "https://github.com/acme/api" }
    line.release = { scheme = "pep440" }
    channel.tag = { kind = "git-tag", tag = "v{version}" }
    channel.pypi = { kind = "pypi" }
"#;

fn tags(names: &[&str]) -> String {
    let entries: Vec<String> = names
        .iter()
        .map(|name| format!(r#""{name}":{{"commit":{}}}"#, commit('a')))
        .collect();
    listing("tag", NOW, &entries.join(","))
}

fn others(channel: &str, names: &[&str]) -> String {
    let entries: Vec<String> = names
        .iter()
        .map(|name| format!(r#""{name}":{{}}"#))
        .collect();
    listing(channel, NOW, &entries.join(","))
}

/// The versions that a verdict is about, and its outcome.
fn named(policy: &str, told: &[String], text: &str) -> (Vec<String>, Outcome) {
    let verdict = verdict(policy, told, Some(text));
    let mut versions: Vec<String> = verdict.cells.into_iter().map(|it| it.version).collect();
    versions.dedup();
    (versions, verdict.outcome)
}

fn wanted_of(policy: &Policy, told: &[String], text: &str) -> Vec<(String, Wanted)> {
    let text_of_evidence = format!(
        r#"{{"schema":"lockstep-evidence/1","component":"{}","decided-at":"{LATER}","observations":[{}]}}"#,
        policy.component.name,
        told.join(","),
    );
    let evidence = Evidence::read_all(&text_of_evidence).unwrap().remove(0);
    let now = evidence.decided_at;
    let checked = check(evidence, Origin::Asked, &[]).unwrap();
    let wanted = wanted(policy, &checked, &question(Some(text), None), now).unwrap();
    let each = wanted
        .into_iter()
        .flat_map(|(channel, wanted)| wanted.into_iter().map(move |it| (channel.to_string(), it)));
    each.collect()
}

/// A tag of a workflow (`GITHUB_REF_NAME`) is the release that it announces: PEP 440 would read the
/// `v` too, and it would stand in every address that the version fills.
#[test]
fn a_tag_names_the_version_in_it_and_not_one_with_its_prefix() {
    let told = [tags(&["v1.4.2"]), others("pypi", &["1.4.2"])];
    for text in ["v1.4.2", "1.4.2"] {
        let expected = (vec!["1.4.2".to_owned()], Outcome::Allow);
        assert_eq!(named(PYTHON, &told, text), expected, "{text}");
        for (channel, wanted) in wanted_of(&load(PYTHON), &told, text) {
            assert_eq!(wanted.version, "1.4.2", "{channel}");
            assert_eq!(wanted.leads, channel == "tag", "{channel}");
        }
    }
}

/// Where the tags are bare, the `v` that PEP 440 ignores fills no template either.
#[test]
fn a_v_that_is_no_part_of_the_tags_fills_no_template() {
    let policy = load(&PYTHON.replace("v{version}", "{version}"));
    for (tag, text) in [("1.4.2", "v1.4.2"), ("v1.4.2", "1.4.2")] {
        let told = [tags(&[tag]), others("pypi", &["1.4.2"])];
        let wanted = wanted_of(&policy, &told, text);
        assert_eq!(wanted.len(), 2, "{wanted:?}");
        for (channel, wanted) in wanted {
            assert_eq!(wanted.version, "1.4.2", "{channel}: {tag} {text}");
        }
    }
}

/// Of an opaque scheme any text is a version: a name that the leading channel shows is that name.
#[test]
fn a_text_that_is_a_version_and_a_name_is_what_the_leading_channel_has() {
    let policy = r#"
        component = { name = "api", source = "https://github.com/acme/api" }
        line.release = { scheme = "opaque" }
        channel.tag = { kind = "git-tag", tag = "r{version}" }
        channel.hub = { kind = "oci", tag = "{version}", image = "docker.io/acme/api" }
    "#;
    let told = |names: &[&str], hub: &[&str]| [tags(names), others("hub", hub)];
    let one = |text: &str| vec![text.to_owned()];
    let allowed = |text: &str| (one(text), Outcome::Allow);
    // The tag `r1` announces `1`, the tag `rr1` the version `r1`.
    assert_eq!(named(policy, &told(&["r1"], &["1"]), "r1"), allowed("1"));
    assert_eq!(named(policy, &told(&["rr1"], &["r1"]), "r1"), allowed("r1"));
    // Where both are there, both were named: neither passes for the other.
    let (versions, outcome) = named(policy, &told(&["r1", "rr1"], &["1"]), "r1");
    assert_eq!(versions, ["1", "r1"]);
    assert_ne!(outcome, Outcome::Allow);
}
