//! Evidence documents: those of the documentation are sound, and what is wrong is refused by line.

use lockstep::model::{Evidence, canonical_json};
use lockstep::verify::{Origin, check};
use serde_json::{Value, json};

const KINDS: [&str; 9] = [
    "git-tag",
    "github-release",
    "pypi",
    "npm",
    "oci",
    "files",
    "manifest",
    "lambda",
    "s3",
];

/// Every JSON document of `docs/evidence.md`, with the heading that it stands under.
pub(crate) fn documented() -> Vec<(String, String)> {
    let text = include_str!("../../../docs/evidence.md");
    let mut found = Vec::new();
    let mut heading = String::new();
    let mut block: Option<String> = None;
    for line in text.lines() {
        match &mut block {
            Some(lines) if line == "```" => {
                found.push((heading.clone(), std::mem::take(lines)));
                block = None;
            }
            Some(lines) => {
                lines.push_str(line);
                lines.push('\n');
            }
            None if line == "```json" => block = Some(String::new()),
            None => {
                if let Some(words) = line.strip_prefix("### ") {
                    heading = words.trim_matches('`').to_owned();
                }
            }
        }
    }
    found
}

#[test]
fn every_kind_of_channel_has_one_documented_document_that_is_sound() {
    let found = documented();
    let kinds: Vec<&str> = found.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(kinds, KINDS);
    for (kind, text) in found {
        let mut documents = Evidence::read_all(&text).unwrap_or_else(|error| {
            panic!("{kind}: {error}");
        });
        assert_eq!(documents.len(), 1, "{kind}");
        let checked = check(documents.remove(0), Origin::UnsignedFile, &[]);
        checked.unwrap_or_else(|fault| panic!("{kind}: {fault}"));
    }
}

#[test]
fn what_is_written_again_reads_back_to_the_same_ids() {
    for (kind, text) in documented() {
        let first = Evidence::read_all(&text).unwrap().remove(0);
        for written in [
            serde_json::to_string_pretty(&first).unwrap(),
            String::from_utf8(canonical_json(&first).unwrap()).unwrap(),
        ] {
            let again = Evidence::read_all(&written).unwrap().remove(0);
            assert_eq!(first, again, "{kind}");
        }
    }
}

/// A document of one observation a line: line 1 opens it, observation n stands on line n + 1.
pub(crate) fn document(observations: &[Value]) -> String {
    let lines: Vec<String> = observations.iter().map(Value::to_string).collect();
    format!(
        "{{\"schema\":\"lockstep-evidence/1\",\"component\":\"api\",\"observations\":[\n{}\n],\
         \"decided-at\":\"2026-03-02T13:00:00Z\"}}\n",
        lines.join(",\n")
    )
}

/// An observation of the channel `tag`, without an id.
pub(crate) fn observation(query: &Value, answer: &Value) -> Value {
    json!({
        "at": "2026-03-02T12:00:01Z", "round": "2026-03-02T12:00:00Z", "channel": "tag",
        "credential": "anonymous", "endpoint": "https://example.com/x", "query": query,
        "answer": answer,
    })
}

/// A listing that was seen, with the id `list`.
pub(crate) fn listing() -> Value {
    let facts = json!({"listing": {"entries": {"v1": {}}}});
    let mut listing = observation(
        &json!("listing"),
        &json!({"seen": {"facts": facts, "coverage": "complete"}}),
    );
    listing["id"] = json!("list");
    listing
}

pub(crate) fn absent(parent: &str) -> Value {
    observation(
        &json!({"entry": "v2"}),
        &json!({"absent": {"parent-read": parent}}),
    )
}

fn with(mut value: Value, pointer: &str, key: &str, new: Value) -> Value {
    let place = value.pointer_mut(pointer).unwrap();
    place[key] = new;
    value
}

#[track_caller]
fn refused(text: &str, line: usize, words: &str) {
    let error = Evidence::read_all(text).expect_err("it must be refused");
    assert!(error.message.contains(words), "{error}");
    assert_eq!(error.line, line, "{error}");
    assert!(error.hint.is_some(), "{error}");
}

#[test]
fn an_id_that_is_not_the_hash_of_the_content_is_refused() {
    let id = format!("sha256:{}", "0".repeat(64));
    let changed = with(listing(), "", "id", json!(id));
    refused(&document(&[listing(), changed]), 3, "but the content's is");
}

#[test]
fn an_id_used_twice_is_refused() {
    refused(&document(&[listing(), listing()]), 3, "used twice");
}

#[test]
fn an_equal_observation_may_be_there_twice() {
    let one = observation(
        &json!("listing"),
        &json!({"failed": {"why": {"kind": "timeout", "detail": "x"}}}),
    );
    let first = Evidence::read_all(&document(&[one.clone(), one])).unwrap();
    let again = Evidence::read_all(&serde_json::to_string(&first[0]).unwrap()).unwrap();
    assert_eq!(first, again);
    check(again.into_iter().next().unwrap(), Origin::UnsignedFile, &[]).unwrap();
}

#[test]
fn an_unknown_field_is_refused_wherever_it_stands() {
    let places = [
        ("", "chanel"),
        ("/answer/seen", "note"),
        ("/answer/seen/facts/listing", "entrys"),
        ("/answer/seen/facts/listing/entries/v1", "comit"),
    ];
    for (pointer, key) in places {
        let wrong = with(listing(), pointer, key, json!("x"));
        refused(&document(&[absent("x"), wrong]), 2, "names no earlier");
        let wrong = with(listing(), pointer, key, json!("x"));
        refused(&document(&[wrong]), 2, key);
    }
    let text = document(&[]).replacen("\"schema\"", "\n\"skema\":1,\"schema\"", 1);
    refused(&text, 2, "skema");
}

#[test]
fn a_wrong_type_is_refused() {
    let wrong = with(listing(), "", "round", json!(7));
    refused(
        &document(&[with(listing(), "", "id", json!("a")), wrong]),
        3,
        "invalid type",
    );
    let entry = "/answer/seen/facts/listing/entries/v1";
    let wrong = with(listing(), entry, "commit", json!("abc"));
    refused(&document(&[wrong]), 2, "full git commit");
    let wrong = with(listing(), entry, "digest", json!("sha256:1"));
    refused(&document(&[wrong]), 2, "hexadecimal");
    let wrong = with(listing(), "", "at", json!("yesterday"));
    refused(&document(&[wrong]), 2, "is not a time");
    let wrong = with(listing(), "", "channel", json!("a b"));
    refused(&document(&[wrong]), 2, "is not a name");
}

#[test]
fn a_wrong_line_is_counted_inside_an_observation_too() {
    let text = serde_json::to_string_pretty(&with(listing(), "", "round", json!(7))).unwrap();
    let inside = 1 + text
        .lines()
        .position(|it| it.contains("\"round\""))
        .unwrap();
    let text = document(&[]).replacen("[\n", &format!("[\n{text}"), 1);
    refused(&text, 1 + inside, "invalid type");
}

#[test]
fn a_parent_that_no_earlier_observation_is_called_is_refused() {
    refused(
        &document(&[absent("list"), listing()]),
        2,
        "names no earlier",
    );
    assert!(Evidence::read_all(&document(&[listing(), absent("list")])).is_ok());
}

#[test]
fn an_absence_that_nothing_earns_is_refused_by_its_number() {
    let failed = json!({"failed": {"why": {"kind": "not-found", "detail": "404"}}});
    let gone = with(
        observation(&json!("project"), &failed),
        "",
        "id",
        json!("gone"),
    );
    let other_round = with(listing(), "", "round", json!("2026-03-02T11:00:00Z"));
    let other_channel = with(listing(), "", "channel", json!("release"));
    let other_credential = with(listing(), "", "credential", json!("TOKEN"));
    let unknown = format!("sha256:{}", "1".repeat(64));
    for (parent, name) in [
        (gone, "gone"),
        (other_round, "list"),
        (other_channel, "list"),
        (other_credential, "list"),
        (listing(), unknown.as_str()),
    ] {
        let text = document(&[parent, absent(name)]);
        let evidence = Evidence::read_all(&text).unwrap().remove(0);
        let fault = check(evidence, Origin::UnsignedFile, &[]).expect_err("it is not earned");
        assert_eq!(fault.number, 2, "{fault}");
        assert!(fault.why.contains("not earned"), "{fault}");
    }
}

#[test]
fn what_holds_no_document_is_refused() {
    refused("", 1, "no evidence");
    refused("\n\n", 1, "no evidence");
    refused("\nschema: lockstep-evidence/1", 2, "expected");
    refused("[]", 1, "");
    let text = document(&[]).replace("lockstep-evidence/1", "lockstep-evidence/9");
    refused(&format!("\n{text}"), 2, "lockstep-evidence/9");
}

#[test]
fn a_truncated_document_is_refused_at_its_end() {
    let whole = document(&[listing()]);
    let cut = &whole[..whole.len() - 20];
    refused(cut, cut.lines().count(), "EOF");
}

#[test]
fn several_documents_are_read_and_the_wrong_one_is_named() {
    let one = document(&[listing()]).replace('\n', "");
    let other = one.replace("\"api\"", "\"ui\"");
    let both = format!("{one}\n{other}\n");
    assert_eq!(Evidence::read_all(&both).unwrap().len(), 2);
    let wrong = one.replace("\"tag\"", "7");
    refused(&format!("{one}\n{other}\n{wrong}\n"), 3, "invalid type");
}

#[test]
fn deep_nesting_is_refused_and_does_not_exhaust_the_stack() {
    let open = "[".repeat(200_000);
    let closed = format!("{open}{}", "]".repeat(200_000));
    let objects = format!("{}1{}", "{\"a\":".repeat(200_000), "}".repeat(200_000));
    for deep in [&open, &closed, &objects] {
        refused(deep, 1, "");
        for place in ["\"complete\"", "{\"v1\":{}}", "\"tag\""] {
            let text = document(&[listing()]).replacen(place, deep, 1);
            assert!(text.len() > 200_000, "{place} is not replaced");
            let error = Evidence::read_all(&text).expect_err("it must be refused");
            assert!(error.line >= 2, "{place}: {error}");
        }
    }
}

#[test]
fn hidden_characters_of_a_file_are_made_visible_in_its_error() {
    let wrong = with(listing(), "", "chan\u{1b}[2Jel", json!(1));
    let error = Evidence::read_all(&document(&[wrong])).expect_err("it must be refused");
    assert!(!error.to_string().contains('\u{1b}'), "{error}");
}

#[test]
fn a_second_document_of_one_component_is_refused_with_both_lines() {
    let document = |component: &str| {
        let decided = "2026-01-01T00:00:00Z";
        json!({"schema": "lockstep-evidence/1", "component": component, "observations": [],
            "decided-at": decided})
    };
    let lines = |names: &[&str]| {
        let lines: Vec<String> = names
            .iter()
            .map(|name| document(name).to_string())
            .collect();
        lines.join("\n")
    };
    assert_eq!(Evidence::read_all(&lines(&["api", "ui"])).unwrap().len(), 2);
    let error = Evidence::read_all(&lines(&["api", "ui", "api"])).unwrap_err();
    assert_eq!(error.line, 3);
    assert!(error.message.contains("`api`: line 1"), "{}", error.message);
}
