//! `lockstep check --format …` on evidence from files: each format as its readers read it.

use std::sync::LazyLock;

use serde_json::Value;

use super::{Folder, LIBRARY, Ran, Run, library_evidence, python, root};

const SCHEMA: &str = include_str!("../../../fixtures/sarif/sarif-schema-2.1.0.json");

pub(super) const JUNIT: &str = "
import json, sys, xml.etree.ElementTree as tree
def told(it):
    return {'tag': it.tag, 'attributes': it.attrib, 'text': (it.text or '').strip(),
            'children': [told(child) for child in it]}
print(json.dumps(told(tree.fromstring(sys.stdin.buffer.read()))))
";

pub(super) const CSV: &str = "
import csv, io, json, sys
text = io.TextIOWrapper(sys.stdin.buffer, encoding='utf-8', newline='').read()
assert text.endswith('\\r\\n') and text.count('\\n') == text.count('\\r\\n')
rows = list(csv.reader(io.StringIO(text, newline=''), strict=True))
assert len({len(row) for row in rows}) == 1
print(json.dumps([dict(zip(rows[0], row)) for row in rows[1:]]))
";

pub(super) fn incident(name: &str, evidence: &str, more: &[&str]) -> Ran {
    let policy = format!("fixtures/incidents/{name}/policy.toml");
    let evidence = format!("fixtures/incidents/{name}/{evidence}");
    let mut arguments = vec!["check", &policy, "--evidence", &evidence];
    arguments.extend(more);
    Run::new(&arguments).run()
}

/// The schema of SARIF 2.1.0.
fn validator() -> jsonschema::Validator {
    let mut schema: Value = serde_json::from_str(SCHEMA).unwrap();
    // Not a regular expression by ECMA-262 with Unicode: it closes a bracket that it never opened.
    for definition in ["run", "toolComponent"] {
        let language = &mut schema["definitions"][definition]["properties"]["language"];
        assert!(
            language
                .as_object_mut()
                .unwrap()
                .remove("pattern")
                .is_some()
        );
    }
    let options = jsonschema::options().should_validate_formats(true);
    options.build(&schema).unwrap()
}

/// A log that is valid.
pub(super) fn sarif(text: &str) -> Value {
    static VALIDATOR: LazyLock<jsonschema::Validator> = LazyLock::new(validator);
    let log: Value = serde_json::from_str(text).unwrap();
    let errors: Vec<String> = VALIDATOR
        .iter_errors(&log)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
    log
}

#[test]
fn the_schema_refuses_what_is_no_sarif() {
    let ran = incident("webmin", "evidence-T+60.json", &["--format", "sarif"]);
    let mut log = sarif(&ran.out);
    log["runs"][0]["results"][0]["level"] = "deny".into();
    assert!(!validator().is_valid(&log));
}

/// Every evidence file of every incident: the incident's name, the file's.
pub(super) fn all_evidence() -> Vec<(String, String)> {
    let mut all = Vec::new();
    let names = |folder: &std::path::Path| -> Vec<String> {
        let entries = std::fs::read_dir(folder).into_iter().flatten();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    let home = root().join("fixtures/incidents");
    for incident in names(&home) {
        let files = names(&home.join(&incident)).into_iter();
        let evidence = files.filter(|file| file.ends_with(".json") && file != "trusted_root.json");
        all.extend(evidence.map(|file| (incident.clone(), file)));
    }
    assert!(all.len() > 50, "{all:?}");
    all
}

#[test]
pub(super) fn sarif_of_every_incident_is_valid_and_refers_to_its_rules() {
    let mut results = 0;
    for (name, evidence) in all_evidence() {
        let ran = incident(&name, &evidence, &["--format", "sarif"]);
        let log = sarif(&ran.out);
        let run = &log["runs"][0];
        for result in run["results"].as_array().unwrap() {
            let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            let rule = &run["tool"]["driver"]["rules"][index];
            assert_eq!(rule["id"], result["ruleId"]);
            results += 1;
        }
    }
    assert!(results > 50, "{results}");
}

#[test]
fn a_sarif_result_points_at_the_channel_that_it_is_about() {
    let ran = incident("webmin", "evidence-T+60.json", &["--format", "sarif"]);
    assert_eq!(ran.code, Some(1));
    let log = sarif(&ran.out);
    let run = &log["runs"][0];
    let result = &run["results"][0];
    assert_eq!(result["ruleId"], "asset-digest-mismatch");
    assert_eq!(result["level"], "error");
    let place = &result["locations"][0]["physicalLocation"];
    let path = place["artifactLocation"]["uri"].as_str().unwrap();
    assert_eq!(path, "fixtures/incidents/webmin/policy.toml");
    let base = place["artifactLocation"]["uriBaseId"].as_str().unwrap();
    assert!(run["originalUriBaseIds"][base].is_object());
    let line = usize::try_from(place["region"]["startLine"].as_u64().unwrap()).unwrap();
    let policy = std::fs::read_to_string(root().join(path)).unwrap();
    assert_eq!(policy.lines().nth(line - 1), Some("[channel.sourceforge]"));
    assert_eq!(result["properties"]["channel"], "sourceforge");
    assert_eq!(result["properties"]["suspicion"], "high");
    assert_eq!(run["invocations"][0]["executionSuccessful"], true);
}

#[test]
fn a_finding_of_an_extended_policy_points_into_the_file_that_declares_it() {
    let folder = Folder::new();
    let (above, below) = LIBRARY.split_once("[channel.pypi]").unwrap();
    folder.file("base.toml", format!("# defaults\n\n[channel.pypi]{below}"));
    let extending = above.replace("name = \"lib\"", "name = \"lib\"\nextends = \"base.toml\"");
    folder.file("lib.toml", extending);
    folder.file("evidence.json", library_evidence(&["1.0"], &["1.0", "1.1"]));
    let ran = Run::new(&["check", "lib.toml", "--evidence", "evidence.json"])
        .within(folder.path())
        .env("GITHUB_ACTIONS", "true")
        .run();
    assert!(
        ran.err
            .contains("file=base.toml,line=3,title=version-unannounced (deny)::"),
        "{ran:#?}"
    );
}

#[test]
fn fingerprints_are_of_the_finding_and_not_of_the_run() {
    let fingerprints = |ran: &Ran| -> Vec<Value> {
        let log = sarif(&ran.out);
        let results = log["runs"][0]["results"].as_array().unwrap().clone();
        let all: Vec<Value> = results
            .iter()
            .map(|result| result["partialFingerprints"]["lockstep/v1"].clone())
            .collect();
        let distinct: std::collections::BTreeSet<String> =
            all.iter().map(ToString::to_string).collect();
        assert_eq!(distinct.len(), all.len(), "{all:#?}");
        all
    };
    let sarif = [
        "--version",
        "2.1.20",
        "--version",
        "2.1.21",
        "--format",
        "sarif",
    ];
    let later = [&sarif[..], &["--as-of", "2026-04-23T00:00:00Z"]].concat();
    let one = fingerprints(&incident("kics", "evidence-T+60.json", &sarif));
    assert!(one.len() > 4);
    let other = fingerprints(&incident("kics", "evidence-T+60.json", &later));
    assert_eq!(one, other);
}

const WAIVED: &str = "
[[waiver]]
code = \"version-unannounced\"
version = \"1.1\"
digests = [\"sha256:0000000000000000000000000000000000000000000000000000000000000001\"]
reason = \"cut by hand\"
approved-by = \"release team\"
expires = 2030-01-01

[[waiver]]
code = \"version-missing\"
version = \"1.1\"
reason = \"never happened\"
approved-by = \"release team\"
expires = 2030-01-01
";

fn waived(format: &str) -> Ran {
    let folder = Folder::new();
    let policy = folder.file("lib.toml", format!("{LIBRARY}{WAIVED}"));
    let evidence = folder.file("evidence.json", library_evidence(&["1.0"], &["1.0", "1.1"]));
    Run::new(&[
        "check",
        &policy,
        "--evidence",
        &evidence,
        "--format",
        format,
    ])
    .run()
}

#[test]
fn what_is_waived_is_suppressed_with_its_reason_and_a_waiver_without_use_is_shown_where_it_stands()
{
    let log = sarif(&waived("sarif").out);
    let results = log["runs"][0]["results"].as_array().unwrap();
    let of = |code: &str| results.iter().find(|it| it["ruleId"] == code).unwrap();
    let suppression = &of("version-unannounced")["suppressions"][0];
    let justification = suppression["justification"].as_str().unwrap();
    assert!(justification.contains("cut by hand"), "{justification}");
    assert!(justification.contains("release team"), "{justification}");
    let unused = of("waiver-unused");
    assert_eq!(unused["level"], "note");
    assert_eq!(unused["suppressions"], serde_json::json!([]));
    let line = &unused["locations"][0]["physicalLocation"]["region"]["startLine"];
    let text = format!("{LIBRARY}{WAIVED}");
    let at = text.match_indices("[[waiver]]").nth(1).unwrap().0;
    assert_eq!(*line, text[..at].matches('\n').count() + 1);
}

#[test]
fn what_could_not_be_asked_is_a_notification_of_a_run_that_did_not_succeed() {
    let folder = Folder::new();
    let policy = folder.file("lib.toml", LIBRARY);
    let mut evidence: Value = serde_json::from_str(&library_evidence(&["1.0"], &["1.0"])).unwrap();
    evidence["observations"][1]["answer"] =
        serde_json::json!({"failed": {"why": {"kind": "timeout", "detail": "no answer"}}});
    let evidence = folder.file("evidence.json", evidence.to_string());
    let check = |format: &str| {
        Run::new(&[
            "check",
            &policy,
            "--evidence",
            &evidence,
            "--format",
            format,
        ])
        .run()
    };
    let ran = check("sarif");
    assert_eq!(ran.code, Some(3), "{ran:#?}");
    let log = sarif(&ran.out);
    let invocation = &log["runs"][0]["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    let notification = &invocation["toolExecutionNotifications"][0];
    assert_eq!(notification["associatedRule"]["id"], "channel-unreachable");
    let junit = python(JUNIT, &check("junit").out);
    assert_eq!(junit["attributes"]["failures"], "0");
    assert_ne!(junit["attributes"]["errors"], "0");
}
