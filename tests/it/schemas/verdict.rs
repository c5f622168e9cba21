//! The verdict schema describes what `evaluate` makes: every state of a cell, every disposition.

use std::collections::BTreeSet;

use lockstep::decide::{Question, Which, evaluate};
use lockstep::model::version::{Naming, Plus, Scheme, Version};
use lockstep::model::{
    Anchor, Channel, Component, Content, Digest, Duration, Environment, Evidence, Line, Mode, Name,
    Policy, Time, Traits, Unreachable, Verdict, Waiver,
};
use lockstep::report::{json_line, json_verdict};
use lockstep::verify::{Origin, check};
use serde_json::{Value, json};

use super::{schema, valid};

pub(super) const SCHEMA: &str = include_str!("../../../docs/schema/verdict.schema.json");

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn time(text: &str) -> Time {
    text.parse().unwrap()
}

fn channel(called: &str, kind: &'static str, content: Content, template: &str) -> Channel {
    let leads = content == Content::Commit;
    let scheme = if kind == "pypi" {
        Scheme::Pep440
    } else {
        Scheme::Semver
    };
    let naming = Naming::new(
        Scheme::Semver,
        scheme,
        "api",
        vec![template.parse().unwrap()],
        Plus::Reject,
        Vec::new(),
        Vec::new(),
        content == Content::Image,
    );
    Channel {
        name: name(called),
        kind,
        traits: Traits {
            can_lead: leads,
            content,
            states_commit: leads,
            lists: true,
            states_time: !leads,
        },
        lines: vec![(name("release"), naming)],
        platforms: Vec::new(),
        assets: Vec::new(),
        may_lag: Duration::from_minutes(30),
        may_lead: Duration::from_minutes(10),
        declared_at: 1,
    }
}

fn environment(called: &str, requires: &[&str], when_unreachable: Unreachable) -> Environment {
    Environment {
        name: name(called),
        requires: requires.iter().map(|it| name(it)).collect(),
        lines: Vec::new(),
        mode: Mode::Enforce,
        when_unreachable,
    }
}

fn policy() -> Policy {
    let judge_since = Anchor::Version(Version::parse("1.4.0", Scheme::Semver).unwrap());
    Policy {
        component: Component {
            name: name("api"),
            source: None,
            repository_id: None,
            branches: Vec::new(),
            release_hours: None,
        },
        announced_by: name("tag"),
        lines: vec![Line {
            name: name("release"),
            scheme: Scheme::Semver,
            judge_since: Some(judge_since),
        }],
        channels: vec![
            channel("tag", "git-tag", Content::Commit, "v{version}"),
            channel("index", "pypi", Content::Files, "{version}"),
            channel("hub", "oci", Content::Image, "{version}"),
            channel("ecr", "oci", Content::Image, "{version}"),
        ],
        agreements: Vec::new(),
        provenance: Vec::new(),
        trust: Vec::new(),
        environments: vec![
            environment("index-only", &["index"], Unreachable::Indeterminate),
            environment("images", &["hub", "ecr"], Unreachable::Indeterminate),
            environment(
                "patient",
                &["index"],
                Unreachable::LastKnownGood(Duration::from_hours(24)),
            ),
        ],
        waivers: vec![Waiver {
            code: "version-missing".parse().unwrap(),
            version: "1.4.1".to_owned(),
            digests: Vec::new(),
            reason: "withdrawn".to_owned(),
            approved_by: "the release team".to_owned(),
            expires: time("2027-01-01"),
            declared_at: 1,
        }],
        digest: Digest::of(b"policy"),
        guessed: None,
    }
}

const NOW: &str = "2026-03-02T12:00:00Z";

fn observation(channel: &str, round: &str, answer: &Value) -> Value {
    json!({
        "at": round, "round": round, "channel": channel, "credential": "anonymous",
        "endpoint": "https://example.com/", "query": "listing", "answer": answer,
    })
}

fn listing(channel: &str, round: &str, entries: Value) -> Value {
    let facts = json!({"listing": {"entries": entries}});
    observation(
        channel,
        round,
        &json!({"seen": {"facts": facts, "coverage": "complete"}}),
    )
}

fn unreachable(channel: &str) -> Value {
    let why = json!({"kind": "timeout", "detail": "no answer within 30 s"});
    let failed = json!({"failed": {"why": why, "retry-at": "2026-03-02T12:05:00Z"}});
    observation(channel, NOW, &failed)
}

fn judge(observations: &[Value], which: Which, environment: Option<&str>) -> Verdict {
    let document = json!({
        "schema": "lockstep-evidence/1", "component": "api", "decided-at": NOW,
        "observations": observations,
    });
    let evidence = Evidence::read_all(&document.to_string()).unwrap().remove(0);
    let checked = check(evidence, Origin::UnsignedFile, &[]).unwrap();
    let question = Question {
        which,
        environment: environment.map(name),
        fail_on: BTreeSet::new(),
    };
    evaluate(&policy(), &checked, &question, time(NOW)).unwrap()
}

fn named(version: &str) -> Which {
    Which::Named(vec![version.to_owned()])
}

fn tags(names: &[&str]) -> Value {
    let entries: serde_json::Map<String, Value> = names
        .iter()
        .map(|name| ((*name).to_owned(), json!({"commit": "a".repeat(40)})))
        .collect();
    listing("tag", NOW, Value::Object(entries))
}

fn wheel(uploaded: &str) -> Value {
    json!({"files": {"api.whl": {"digest": format!("sha256:{}", "d".repeat(64)), "uploaded": uploaded}}})
}

fn image(digit: &str, published: &str) -> Value {
    json!({"digest": format!("sha256:{}", digit.repeat(64)), "published": published})
}

/// Verdicts that together show everything that the schema knows.
fn verdicts() -> Vec<Verdict> {
    const OLD: &str = "2026-03-02T08:00:00Z";
    const FRESH: &str = "2026-03-02T11:50:00Z";
    let earlier = "2026-03-02T10:00:00Z";
    let index = |entries: Value| listing("index", NOW, entries);
    let hub = |entry: Value| listing("hub", NOW, json!({"1.4.2": entry}));
    let ecr = |entry: Value| listing("ecr", NOW, json!({"1.4.2": entry}));
    let known = json!({"1.4.2": wheel(OLD)});
    let seen_before = [
        listing(
            "tag",
            earlier,
            json!({"v1.4.2": {"commit": "a".repeat(40)}}),
        ),
        listing("index", earlier, known.clone()),
    ];
    let gap = [tags(&["v1.4.2"]), unreachable("index")];
    vec![
        // agrees, not required and not asked
        judge(
            &[tags(&["v1.4.2"]), index(known)],
            named("1.4.2"),
            Some("index-only"),
        ),
        // pending: one image is fresh, the other still lacks it
        judge(
            &[
                tags(&["v1.4.2"]),
                hub(image("d", FRESH)),
                listing("ecr", NOW, json!({})),
            ],
            named("1.4.2"),
            Some("images"),
        ),
        // missing, waived; missing, grandfathered; missing
        judge(
            &[
                tags(&["v1.3.0", "v1.4.0", "v1.4.1", "v1.4.2"]),
                index(json!({"1.4.0": wheel(OLD)})),
            ],
            Which::All { since: None },
            Some("index-only"),
        ),
        // conflict
        judge(
            &[
                tags(&["v1.4.2"]),
                hub(image("d", OLD)),
                ecr(image("e", OLD)),
            ],
            named("1.4.2"),
            Some("images"),
        ),
        // not stated
        judge(
            &[
                tags(&["v1.4.2"]),
                hub(json!({"published": OLD})),
                ecr(image("e", OLD)),
            ],
            named("1.4.2"),
            Some("images"),
        ),
        // incomparable, everything required, nothing of the images asked
        judge(
            &[tags(&["v1.4.2-1"]), index(json!({}))],
            named("1.4.2-1"),
            None,
        ),
        // unknown, and unknown but approved again
        judge(&gap, named("1.4.2"), Some("index-only")),
        judge(
            &[&seen_before[..], &gap[..]].concat(),
            named("1.4.2"),
            Some("patient"),
        ),
    ]
}

#[test]
fn every_state_and_every_disposition_is_valid() {
    let validator = schema(SCHEMA);
    let verdicts = verdicts();
    let (mut states, mut dispositions, mut outcomes) =
        (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for verdict in &verdicts {
        let text = json_verdict(verdict).unwrap();
        let document: Value = serde_json::from_str(&text).unwrap();
        valid(&validator, &document, &text);
        outcomes.insert(document["verdict"].as_str().unwrap().to_owned());
        for cell in document["cells"].as_array().unwrap() {
            states.insert(cell["state"].as_str().unwrap().to_owned());
        }
        for finding in document["findings"].as_array().unwrap() {
            dispositions.insert(match &finding["disposition"] {
                Value::String(word) => word.clone(),
                Value::Object(fields) => fields.keys().next().unwrap().clone(),
                other => panic!("{other}"),
            });
        }
    }
    let all = |words: &[&str]| {
        words
            .iter()
            .map(|it| (*it).to_owned())
            .collect::<BTreeSet<_>>()
    };
    assert_eq!(outcomes, all(&["allow", "deny", "indeterminate"]));
    assert_eq!(
        states,
        all(&[
            "agrees",
            "not-required",
            "pending",
            "missing",
            "conflict",
            "incomparable",
            "not-stated",
            "unknown",
        ])
    );
    assert_eq!(
        dispositions,
        all(&["open", "grandfathered", "waived", "last-known-good"])
    );
}

#[test]
fn several_verdicts_are_one_document_a_line() {
    let validator = schema(SCHEMA);
    let lines = verdicts();
    let lines = lines.iter().map(|verdict| json_line(verdict).unwrap());
    let text: String = lines.collect();
    assert_eq!(text.lines().count(), verdicts().len());
    for line in text.lines() {
        valid(&validator, &serde_json::from_str(line).unwrap(), line);
    }
}

#[test]
fn the_schema_refuses_what_no_verdict_is() {
    let validator = schema(SCHEMA);
    let text = json_verdict(&verdicts()[0]).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    for (pointer, new) in [
        ("/verdict", json!("maybe")),
        ("/verdict", json!("deny")),
        ("/now", json!("2026-03-02T12:00:00+01:00")),
        ("/cells/0/state", json!("pending")),
        ("/policy", json!("sha256:1")),
        ("/rules", json!(null)),
    ] {
        let mut changed = document.clone();
        *changed.pointer_mut(pointer).unwrap() = new;
        assert!(!validator.is_valid(&changed), "{pointer}");
    }
}
