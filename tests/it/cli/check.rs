//! `lockstep check` on evidence from files: verdicts, formats, options, exit codes.

use super::{Folder, LIBRARY, Run, library_evidence};

struct World {
    folder: Folder,
    policy: String,
    evidence: String,
}

fn world(policy: &str, tags: &[&str], versions: &[&str]) -> World {
    let folder = Folder::new();
    let policy = folder.file("lib.toml", policy);
    let evidence = folder.file("evidence.json", library_evidence(tags, versions));
    World {
        folder,
        policy,
        evidence,
    }
}

impl World {
    fn check(&self, more: &[&str]) -> Run {
        let mut arguments = vec!["check", &self.policy, "--evidence", &self.evidence];
        arguments.extend(more);
        Run::new(&arguments)
    }
}

#[test]
fn agreeing_channels_are_allowed_with_what_is_approved() {
    let world = world(LIBRARY, &["1.0", "1.1"], &["1.0", "1.1"]);
    let ran = world.check(&["--format", "json"]).run();
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    let json = ran.json();
    assert_eq!(json["verdict"], "allow");
    assert_eq!(json["mismatch"], "none");
    assert_eq!(json["suspicion"], "none");
    assert_eq!(json["unsigned-evidence"], true);
    assert_eq!(json["cells"][0]["version"], "1.1");
    assert!(
        json["digests"]
            .as_array()
            .unwrap()
            .iter()
            .any(|it| it.as_str().unwrap().starts_with("git:"))
    );
    assert!(json["policy"].as_str().unwrap().starts_with("sha256:"));
    assert!(json["evidence"].as_str().unwrap().starts_with("sha256:"));
    assert_eq!(json["endpoints"].as_array().unwrap().len(), 2);
}

#[test]
fn a_version_without_a_tag_is_denied_and_the_report_says_all() {
    let world = world(LIBRARY, &["1.0"], &["1.0", "1.1"]);
    let ran = world.check(&[]).run();
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    for words in [
        "version-unannounced",
        "pypi has `1.1`, which tag does not announce",
        "mismatch high, suspicion low",
        "hint: ",
        "seen: pypi https://pypi.example/",
    ] {
        assert!(ran.out.contains(words), "no `{words}` in {}", ran.out);
    }
    let json = world.check(&["--format", "json"]).run().json();
    let finding = &json["findings"][0];
    for (field, value) in [
        ("code", "version-unannounced"),
        ("severity", "deny"),
        ("component", "lib"),
        ("version", "1.1"),
        ("channel", "pypi"),
    ] {
        assert_eq!(finding[field], value, "{field}");
    }
    assert!(!finding["message"].as_str().unwrap().is_empty());
}

#[test]
fn the_same_evidence_policy_and_time_give_the_same_bytes() {
    let world = world(LIBRARY, &["1.0"], &["1.0", "1.1"]);
    let one = world.check(&["--all", "--format", "json"]).run();
    let other = world.check(&["--all", "--format", "json"]).run();
    assert_eq!(one.out, other.out);
}

#[test]
fn a_named_version_is_judged_and_a_tag_of_github_too() {
    let world = world(LIBRARY, &["1.0"], &["1.0", "1.1"]);
    assert_eq!(world.check(&["--version", "1.0"]).run().code, Some(0));
    assert_eq!(world.check(&["--version", "1.1"]).run().code, Some(1));
    assert_eq!(
        world.check(&["--version", "v1.0.0"]).run().code,
        Some(0),
        "PEP 440 ignores both"
    );
    let tagged = world.check(&[]).env("GITHUB_REF", "refs/tags/1.0").run();
    assert_eq!(tagged.code, Some(0), "{tagged:#?}");
    let branch = world.check(&[]).env("GITHUB_REF", "refs/heads/main").run();
    assert_eq!(
        branch.code,
        Some(1),
        "a branch names no release: {branch:#?}"
    );
}

#[test]
fn a_release_that_is_nowhere_is_never_allowed() {
    let world = world(LIBRARY, &["1.0"], &["1.0"]);
    let ran = world.check(&["--version", "9.9"]).run();
    assert_eq!(ran.code, Some(3), "{ran:#?}");
    assert!(ran.out.contains("nothing-to-compare"), "{}", ran.out);
}

#[test]
fn all_and_since_choose_the_rows() {
    let world = world(LIBRARY, &["1.0", "1.2"], &["1.0", "1.1", "1.2"]);
    let rows = |more: &[&str]| {
        let json = world
            .check(&[&["--format", "json"], more].concat())
            .run()
            .json();
        let cells = json["cells"].as_array().unwrap().clone();
        let mut versions: Vec<String> = cells
            .iter()
            .map(|cell| cell["version"].as_str().unwrap().to_owned())
            .collect();
        versions.dedup();
        versions
    };
    assert_eq!(rows(&["--all"]), ["1.2", "1.1", "1.0"]);
    assert_eq!(rows(&["--all", "--since", "1.1"]), ["1.2", "1.1"]);
    assert_eq!(rows(&[]), ["1.2"]);
    world.check(&["--since", "1.1"]).run().refuses(&["--all"]);
    world
        .check(&["--all", "--since", "x y"])
        .run()
        .refuses(&["x y"]);
}

#[test]
fn fail_on_turns_a_warning_into_a_deny_and_knows_its_codes() {
    let policy = format!(
        "{LIBRARY}\n[[waiver]]\ncode = \"version-unannounced\"\nversion = \"1.0\"\nreason = \"x\"\napproved-by = \"y\"\nexpires = 2030-01-01\n"
    );
    let world = world(&policy, &["1.0"], &["1.0"]);
    assert_eq!(world.check(&[]).run().code, Some(0));
    assert_eq!(
        world.check(&["--fail-on", "waiver-unused"]).run().code,
        Some(1)
    );
    world
        .check(&["--fail-on", "waiver-unsued"])
        .run()
        .refuses(&["did you mean `waiver-unused`?"]);
}

#[test]
fn as_of_hides_what_is_later() {
    let world = world(LIBRARY, &["1.0"], &["1.0", "1.1"]);
    let ran = world.check(&["--as-of", "2025-12-31T00:00:00Z"]).run();
    assert_eq!(ran.code, Some(3), "nothing is known at that time: {ran:#?}");
    assert!(ran.out.contains("evidence-stale"), "{}", ran.out);
    world
        .check(&["--as-of", "yesterday"])
        .run()
        .refuses(&["yesterday", "2026-01-31"]);
}

#[test]
fn an_environment_requires_what_it_names_and_its_mode_rules_the_exit_code() {
    let policy = format!(
        "{LIBRARY}\n[environment.production]\nrequires = [\"pypi\"]\n[environment.watch]\nrequires = [\"pypi\"]\nmode = \"audit\"\n"
    );
    let world = world(&policy, &["1.0"], &["1.1"]);
    assert_eq!(
        world.check(&["--environment", "production"]).run().code,
        Some(1)
    );
    let watched = world
        .check(&["--environment", "watch", "--format", "json"])
        .run();
    assert_eq!(watched.code, Some(0), "{watched:#?}");
    assert_eq!(
        watched.json()["verdict"],
        "deny",
        "the mode changes no verdict"
    );
    world
        .check(&["--environment", "prod"])
        .run()
        .refuses(&["prod", "production"]);
}

#[test]
fn evidence_may_come_from_standard_input_and_must_be_of_the_component() {
    let world = world(LIBRARY, &["1.0"], &["1.0"]);
    let text = std::fs::read(&world.evidence).unwrap();
    let ran = Run::new(&["check", &world.policy, "--evidence", "-"])
        .input(text)
        .run();
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    let other = world
        .folder
        .file("other.toml", LIBRARY.replace("\"lib\"", "\"other\""));
    Run::new(&["check", &other, "--evidence", &world.evidence])
        .run()
        .refuses(&["no evidence of component `other`"]);
}

#[test]
fn several_components_give_json_lines_and_the_worst_exit_code() {
    let folder = Folder::new();
    folder.file("policies/one.toml", LIBRARY);
    folder.file("policies/two.toml", LIBRARY.replace("\"lib\"", "\"two\""));
    let good = library_evidence(&["1.0"], &["1.0"]);
    let bad = library_evidence(&["1.0"], &["2.0"]).replace("\"lib\"", "\"two\"");
    let evidence = folder.file("evidence.jsonl", format!("{good}\n{bad}\n"));
    let policies = folder.path().join("policies");
    let ran = Run::new(&[
        "check",
        policies.to_str().unwrap(),
        "--evidence",
        &evidence,
        "--format",
        "json",
    ])
    .run();
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    let verdicts: Vec<serde_json::Value> = ran
        .out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(verdicts[0]["verdict"], "allow");
    assert_eq!(verdicts[1]["verdict"], "deny");
}

#[test]
fn five_hundred_versions_and_hostile_names_stay_readable_in_80_columns() {
    let many: Vec<String> = (0..500).map(|at| format!("1.{at}")).collect();
    let tags: Vec<&str> = many.iter().map(String::as_str).collect();
    let mut versions = tags.clone();
    versions.retain(|version| *version != "1.250");
    let hostile = "2.0\u{1b}[31m\u{202e}evil\n";
    versions.push(hostile);
    let world = world(LIBRARY, &tags, &versions);
    let ran = world.check(&["--all"]).run();
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    assert!(ran.out.lines().count() < 60, "{}", ran.out);
    assert!(ran.out.contains("1.250"), "{}", ran.out);
    assert!(ran.out.contains("more where all agree"), "{}", ran.out);
    assert!(
        !ran.out.contains('\u{1b}') && !ran.out.contains('\u{202e}'),
        "{}",
        ran.out
    );
    for line in ran.out.lines() {
        assert!(unicode_width::UnicodeWidthStr::width(line) <= 80, "{line}");
    }
    let whole = world.check(&["--all", "--verbose"]).run();
    assert!(whole.out.lines().count() > 500);
}

#[test]
fn colour_is_for_terminals_and_never_with_no_color() {
    let world = world(LIBRARY, &["1.0"], &["1.0"]);
    assert!(!world.check(&[]).run().out.contains('\u{1b}'));
    assert!(
        world
            .check(&["--color", "always"])
            .run()
            .out
            .contains('\u{1b}')
    );
}
