//! `late-file`.

use lockstep::model::{Level, Severity};

use crate::decide::world::{NOW, judge, listing, none, the_one};

const POLICY: &str = r#"
    component = { name = "api", source = "https://github.com/acme/api" }
    line.release = { scheme = "pep440" }
    channel.tag = { kind = "git-tag", tag = "v{version}" }
    channel.pypi = { kind = "pypi" }
"#;
const CODE: &str = "late-file";
const GRAVITY: (Severity, Level, Level) = (Severity::Warn, Level::None, Level::Low);

fn told(files: &[(&str, &str)]) -> [String; 1] {
    let files: Vec<String> = files
        .iter()
        .map(|(name, at)| format!(r#""{name}":{{"uploaded":"{at}"}}"#))
        .collect();
    [listing(
        "pypi",
        NOW,
        &format!(r#""1.0":{{"files":{{{}}}}}"#, files.join(",")),
    )]
}

#[test]
fn a_file_more_than_a_day_after_the_first_is_late() {
    let told = told(&[
        ("a.tar.gz", "2026-02-01T10:00:00Z"),
        ("a.whl", "2026-02-02T10:00:01Z"),
    ]);
    let findings = judge(POLICY, &told, &["1.0"]);
    let finding = the_one(&findings, CODE, "pypi", GRAVITY);
    assert!(finding.message.contains("a.whl"), "{}", finding.message);
}

#[test]
fn a_day_is_in_time_and_signatures_may_come_later() {
    let told = told(&[
        ("a.tar.gz", "2026-02-01T10:00:00Z"),
        ("a.whl", "2026-02-02T10:00:00Z"),
        ("a.whl.asc", "2026-02-09T10:00:00Z"),
    ]);
    none(&judge(POLICY, &told, &["1.0"]), CODE);
}
