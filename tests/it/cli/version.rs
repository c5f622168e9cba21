//! `lockstep version compare`.

use super::Run;

#[test]
fn one_pair_is_compared_with_its_reason() {
    let ran = Run::new(&["version", "compare", "v1.0", "1.0.0", "--scheme", "pep440"]).run();
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    assert!(ran.out.starts_with("equal: "), "{}", ran.out);
    let json = Run::new(&[
        "version",
        "compare",
        "1.2.3-alpine",
        "1.2.3",
        "--scheme",
        "pep440",
        "--format",
        "json",
    ])
    .run()
    .json();
    assert_eq!(json["result"], "incomparable");
    assert!(json["reason"].as_str().unwrap().len() > 10);
}

#[test]
fn pairs_from_standard_input_give_one_json_line_each() {
    let input = "1.0\t1.0.0\n1.0\t2.0\n1.0\tx y\n";
    let ran = Run::new(&["version", "compare", "-", "--scheme", "pep440"])
        .input(input)
        .run();
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    let results: Vec<String> = ran
        .out
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .map(|json| json["result"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(results, ["equal", "not-equal", "incomparable"]);
}

#[test]
fn a_commit_equals_its_abbreviation() {
    let ran = Run::new(&[
        "version",
        "compare",
        "0e58ed8",
        "0e58ed8671d6",
        "--scheme",
        "commit",
    ]);
    assert!(ran.run().out.starts_with("equal: "));
}

#[test]
fn a_line_without_a_tab_is_refused_with_its_number() {
    let ran = Run::new(&["version", "compare", "-", "--scheme", "semver"])
        .input("1\t2\nx\n")
        .run();
    assert_eq!(ran.code, Some(2), "{ran:#?}");
    assert!(ran.err.contains("standard input:2:"), "{}", ran.err);
    let long = "x".repeat(70_000);
    let ran = Run::new(&["version", "compare", "-", "--scheme", "semver"])
        .input(long)
        .run();
    assert_eq!(ran.code, Some(2), "{ran:#?}");
    let ran =
        Run::new(&["version", "compare", "-", "--scheme", "semver"]).input(b"\xff\t1\n".to_vec());
    assert_eq!(ran.run().code, Some(2));
    Run::new(&["version", "compare", "1.0", "--scheme", "semver"])
        .run()
        .refuses(&["two versions"]);
    Run::new(&["version", "compare", "1", "2", "--scheme", "semvre"])
        .run()
        .refuses(&["semvre"]);
}
