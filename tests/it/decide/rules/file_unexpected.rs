//! `file-unexpected`.

use lockstep::model::{Level, Severity};

use super::file_missing::{POLICY, told};
use crate::decide::world::{judge, none, the_one};

const CODE: &str = "file-unexpected";
const GRAVITY: (Severity, Level, Level) = (Severity::Deny, Level::High, Level::Low);

#[test]
fn a_file_that_the_leader_lacks_is_found_on_the_channel_that_has_it() {
    let findings = judge(
        POLICY,
        &told(&["a.tgz"], &["a.tgz", "evil.tgz"]),
        &["1.0.0"],
    );
    let finding = the_one(&findings, CODE, "npm", GRAVITY);
    assert!(finding.message.contains("evil.tgz"), "{}", finding.message);
}

#[test]
fn a_file_that_the_leader_has_outside_its_globs_is_expected() {
    none(
        &judge(POLICY, &told(&["a.tgz"], &["a.tgz"]), &["1.0.0"]),
        CODE,
    );
    let globs = POLICY.replace(
        r#"tag = "v{version}""#,
        r#"tag = "v{version}", assets = ["a*"]"#,
    );
    none(
        &judge(
            &globs,
            &told(&["a.tgz", "b.tgz"], &["a.tgz", "b.tgz"]),
            &["1.0.0"],
        ),
        CODE,
    );
    let findings = judge(&globs, &told(&["a.tgz"], &["a.tgz", "b.tgz"]), &["1.0.0"]);
    the_one(&findings, CODE, "npm", GRAVITY);
}
