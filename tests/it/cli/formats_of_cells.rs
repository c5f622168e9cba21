//! `lockstep check --format junit|csv` and `--summary` on evidence from files: each as its readers
//! read it.

use super::formats::{CSV, JUNIT, all_evidence, incident, sarif};
use super::{Folder, LIBRARY, Run, library_evidence, python};

#[test]
fn junit_has_a_case_for_each_release_in_each_channel() {
    let named = [
        "--version",
        "2.1.20",
        "--version",
        "2.1.21",
        "--format",
        "junit",
    ];
    let ran = incident("kics", "evidence-T+60.json", &named);
    let suites = python(JUNIT, &ran.out);
    assert_eq!(suites["tag"], "testsuites");
    let suite = &suites["children"][0];
    assert_eq!(suite["tag"], "testsuite");
    assert_eq!(suite["attributes"]["name"], "kics");
    let children = suite["children"].as_array().unwrap();
    assert_eq!(children[0]["tag"], "properties");
    let property = |name: &str| {
        let properties = children[0]["children"].as_array().unwrap();
        let mut all = properties.iter();
        all.find(|it| it["attributes"]["name"] == name).unwrap()["attributes"]["value"].clone()
    };
    assert_eq!(property("verdict"), "deny");
    assert_eq!(property("suspicion"), "high");
    let case = |name: &str| {
        let mut all = children.iter();
        all.find(|it| it["attributes"]["name"] == name)
            .unwrap_or_else(|| panic!("no {name} in {children:#?}"))
    };
    let result = |name: &str| case(name)["children"][0].clone();
    assert_eq!(case("2.1.20 in tag")["children"], serde_json::json!([]));
    let moved = result("2.1.20 in docker-hub");
    assert_eq!(
        (moved["tag"].as_str(), moved["attributes"]["type"].as_str()),
        (Some("failure"), Some("image-tag-moved"))
    );
    assert!(moved["text"].as_str().unwrap().contains("v2.1.20-debian"));
    assert_eq!(
        result("2.1.21 in tag")["attributes"]["type"],
        "version-missing"
    );
    assert_eq!(suite["attributes"]["tests"], "6");
    assert_eq!(suite["attributes"]["failures"], "3");
    let allowed = ["before.json", "2.1.20"];
    let ran = incident(
        "kics",
        allowed[0],
        &["--version", allowed[1], "--format", "junit"],
    );
    assert_eq!(ran.code, Some(0));
    let suites = python(JUNIT, &ran.out);
    assert_eq!(suites["attributes"]["failures"], "0");
    assert_eq!(suites["attributes"]["errors"], "0");
}

#[test]
fn junit_fails_or_errs_wherever_the_verdict_is_no_allow_and_nowhere_else() {
    let mut seen = std::collections::BTreeMap::new();
    for (name, evidence) in all_evidence() {
        let ran = incident(&name, &evidence, &["--format", "junit"]);
        let head = ran.out.lines().nth(1).unwrap();
        let none = |what: &str| head.contains(&format!(" {what}=\"0\""));
        let expected = match (none("failures"), none("errors")) {
            (false, _) => 1,
            (true, false) => 3,
            (true, true) => 0,
        };
        assert_eq!(ran.code, Some(expected), "{name} {evidence}: {head}");
        *seen.entry(expected).or_insert(0) += 1;
    }
    assert_eq!(seen.len(), 3, "all three outcomes: {seen:?}");
}

#[test]
fn csv_has_a_row_for_each_cell_and_finding() {
    let named = [
        "--version",
        "2.1.20",
        "--version",
        "2.1.21",
        "--format",
        "csv",
    ];
    let ran = incident("kics", "evidence-T+60.json", &named);
    let rows = python(CSV, &ran.out);
    let rows = rows.as_array().unwrap();
    let with = |column: &str, value: &str| {
        let all = rows.iter().filter(|row| row[column] == value);
        all.cloned().collect::<Vec<_>>()
    };
    assert_eq!(with("channel", "docker-hub").len(), 5);
    assert_eq!(with("code", "image-tag-moved").len(), 2);
    let missing = &with("code", "version-missing")[0];
    assert_eq!(missing["state"], "missing");
    assert_eq!(missing["version"], "2.1.21");
    assert_eq!(
        missing["policy-file"],
        "fixtures/incidents/kics/policy.toml"
    );
    assert_eq!(with("first-seen", "2026-04-22T11:00:03Z").len(), 4);
}

#[test]
fn a_failed_upload_is_told_in_each_format() {
    for format in ["human", "markdown", "junit", "csv"] {
        let ran = incident("upload-failed", "evidence-T+90.json", &["--format", format]);
        assert_eq!(ran.code, Some(1));
        insta::assert_snapshot!(format!("upload_failed_{format}"), ran.out);
    }
    let ran = incident(
        "upload-failed",
        "evidence-T+90.json",
        &["--format", "sarif"],
    );
    let mut log = sarif(&ran.out);
    let driver = &mut log["runs"][0]["tool"]["driver"];
    driver["rules"].as_array_mut().unwrap().truncate(1);
    driver["version"] = "0".into();
    driver["semanticVersion"] = "0".into();
    let text = serde_json::to_string_pretty(&log).unwrap();
    insta::assert_snapshot!("upload_failed_sarif", text);
}

#[test]
fn several_components_are_one_document_of_each_format() {
    let folder = Folder::new();
    folder.file("policies/one.toml", LIBRARY);
    folder.file("policies/two.toml", LIBRARY.replace("\"lib\"", "\"two\""));
    let good = library_evidence(&["1.0"], &["1.0"]);
    let bad = library_evidence(&["1.0"], &["2.0"]).replace("\"lib\"", "\"two\"");
    let evidence = folder.file("evidence.jsonl", format!("{good}\n{bad}\n"));
    let check = |format: &str| {
        let ran = Run::new(&[
            "check",
            "policies",
            "--evidence",
            &evidence,
            "--format",
            format,
        ])
        .within(folder.path())
        .run();
        assert_eq!(ran.code, Some(1), "{ran:#?}");
        ran.out
    };
    let log = sarif(&check("sarif"));
    assert_eq!(log["runs"].as_array().unwrap().len(), 1);
    assert_eq!(
        log["runs"][0]["properties"]["verdicts"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let place = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "policies/two.toml");
    let suites = python(JUNIT, &check("junit"));
    assert_eq!(suites["children"].as_array().unwrap().len(), 2);
    let rows = python(CSV, &check("csv"));
    assert!(
        rows.as_array()
            .unwrap()
            .iter()
            .any(|row| row["component"] == "lib")
    );
    let markdown = check("markdown");
    assert!(
        markdown.starts_with("## lockstep: 2 components: 1 deny"),
        "{markdown}"
    );
}

#[test]
fn the_summary_is_appended_up_to_its_limit() {
    let folder = Folder::new();
    let many: Vec<String> = (0..9_000).map(|at| format!("1.{at}")).collect();
    let tags: Vec<&str> = many.iter().map(String::as_str).collect();
    let policy = folder.file("lib.toml", LIBRARY);
    let evidence = folder.file("evidence.json", library_evidence(&tags, &tags));
    let summary = folder.file("summary.md", "before");
    let check = |more: &[&str]| {
        let arguments = [
            "check",
            &policy,
            "--evidence",
            &evidence,
            "--version",
            "1.1",
        ];
        Run::new(&[&arguments[..], more].concat())
    };
    let whole = |path: &str| std::fs::read_to_string(path).unwrap();
    let ran = check(&["--summary"])
        .env("GITHUB_STEP_SUMMARY", &summary)
        .run();
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    assert!(
        ran.out.contains("lib: allow"),
        "the result stays: {}",
        ran.out
    );
    let text = whole(&summary);
    assert!(text.starts_with("before\n## lib: "), "{text}");
    std::fs::write(&summary, "x".repeat(1024 * 1024 - 700)).unwrap();
    let ran = check(&[&format!("--summary={summary}")]).run();
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    let text = whole(&summary);
    assert!(text.len() <= 1024 * 1024, "{}", text.len());
    assert!(
        text.trim_end().ends_with("bytes."),
        "{}",
        &text[1024 * 1024 - 700..]
    );
    assert!(text.contains("**Cut here:**"));
    std::fs::write(&summary, "x".repeat(1024 * 1024)).unwrap();
    let ran = check(&[&format!("--summary={summary}")]).run();
    assert!(ran.err.contains("has 1 MiB already"), "{ran:#?}");
    assert_eq!(whole(&summary).len(), 1024 * 1024);
    check(&["--summary"])
        .run()
        .refuses(&["GITHUB_STEP_SUMMARY is not set", "--summary=FILE"]);
    let unwritable = check(&["--summary=/nowhere/summary.md"]).run();
    assert_eq!(unwritable.code, Some(2), "what was not said is no allow");
}
