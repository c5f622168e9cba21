//! `repository-changed`.

use lockstep::model::{Level, Severity};

use crate::decide::world::{FIRST, NOW, judge, listing, none, project, the_one};

const POLICY: &str = r#"
    component = { name = "api", source = "https://github.com/acme/api", repository-id = 7 }
    line.release = { scheme = "semver" }
    channel.release = { kind = "github-release", tag = "v{version}" }
"#;
const CODE: &str = "repository-changed";
const GRAVITY: (Severity, Level, Level) = (Severity::Deny, Level::Low, Level::High);

fn told(rounds: &[(&str, u64)]) -> Vec<String> {
    let asked = |(round, id): &(&str, u64)| {
        [
            project(
                "release",
                round,
                &format!(r#"{{"id":{id},"name":"acme/api"}}"#),
            ),
            listing("release", round, r#""v1.0.0":{}"#),
        ]
    };
    rounds.iter().flat_map(asked).collect()
}

#[test]
fn another_number_than_the_policy_says_is_found() {
    the_one(
        &judge(POLICY, &told(&[(NOW, 8)]), &["1.0.0"]),
        CODE,
        "release",
        GRAVITY,
    );
    none(&judge(POLICY, &told(&[(NOW, 7)]), &["1.0.0"]), CODE);
}

#[test]
fn without_the_policys_word_the_number_that_was_seen_first_counts() {
    let policy = POLICY.replace(", repository-id = 7", "");
    let findings = judge(&policy, &told(&[(FIRST, 7), (NOW, 8)]), &["1.0.0"]);
    let finding = the_one(&findings, CODE, "release", GRAVITY);
    assert_eq!(finding.because.len(), 2);
    none(
        &judge(&policy, &told(&[(FIRST, 7), (NOW, 7)]), &["1.0.0"]),
        CODE,
    );
}

#[test]
fn the_policys_word_ends_it() {
    none(
        &judge(POLICY, &told(&[(FIRST, 6), (NOW, 7)]), &["1.0.0"]),
        CODE,
    );
}
