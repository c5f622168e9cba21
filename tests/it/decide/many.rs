//! Thousands of releases at once: each is judged as it would be alone, and findings keep their order.

use lockstep::decide::{Question, Which};
use lockstep::model::{Finding, Verdict};

use crate::decide::world::{LATER, NOW, decided, judge, listing, of};

const POLICY: &str = r#"
    component = { name = "api", source = "https://github.com/acme/api", announced-by = "tag" }
    line.release = { scheme = "semver" }
    channel.tag = { kind = "git-tag", tag = "v{version}" }
    channel.npm = { kind = "npm" }
"#;
const RELEASES: usize = 1_000;

fn all(observations: &[String]) -> Verdict {
    let question = Question {
        which: Which::All { since: None },
        environment: None,
        fail_on: Default::default(),
    };
    decided(POLICY, observations, question, LATER)
}

/// Every release that is announced, and what npm says of each.
fn told(npm: impl Fn(usize) -> Option<String>) -> [String; 2] {
    let tags: Vec<String> = (0..RELEASES)
        .map(|at| format!(r#""v1.{at}.0":{{}}"#))
        .collect();
    let packages = (0..RELEASES).filter_map(|at| Some(format!(r#""1.{at}.0":{}"#, npm(at)?)));
    let packages: Vec<String> = packages.collect();
    [
        listing("tag", NOW, &tags.join(",")),
        listing("npm", NOW, &packages.join(",")),
    ]
}

fn versions(findings: &[&Finding]) -> Vec<String> {
    let versions = findings.iter().filter_map(|it| it.version.clone());
    versions.collect()
}

#[test]
fn findings_come_newest_first_however_many_there_are() {
    let verdict = all(&told(|at| (at % 2 == 0).then(|| "{}".to_owned())));
    let missing = of(&verdict.findings, "version-missing");
    let expected: Vec<String> = (0..RELEASES)
        .rev()
        .filter(|at| at % 2 == 1)
        .map(|at| format!("1.{at}.0"))
        .collect();
    assert_eq!(versions(&missing), expected);
}

#[test]
fn each_is_held_to_the_nearest_attested_one_and_to_the_publisher_before_it() {
    let package = |at: usize| {
        let attested = at.is_multiple_of(100);
        let publisher = if at % 250 == 249 { "stranger" } else { "owner" };
        format!(r#"{{"publisher":"{publisher}","files":{{"{at}.tgz":{{"attested":{attested}}}}}}}"#)
    };
    let told = told(|at| Some(package(at)));
    let verdict = all(&told);
    let lost = of(&verdict.findings, "provenance-lost");
    assert_eq!(lost.len(), RELEASES - RELEASES / 100);
    let alone = judge(POLICY, &told, &["1.555.0"]);
    let alone = of(&alone, "provenance-lost");
    let together = lost
        .iter()
        .find(|it| it.version.as_deref() == Some("1.555.0"));
    assert_eq!(together.unwrap().message, alone[0].message);
    assert!(
        alone[0].message.contains("all of `1.500.0` has"),
        "{}",
        alone[0].message
    );
    let changed = of(&verdict.findings, "publisher-changed");
    let expected = [
        "1.999.0", "1.750.0", "1.749.0", "1.500.0", "1.499.0", "1.250.0", "1.249.0",
    ];
    assert_eq!(versions(&changed), expected);
}
