//! `version-burst`.

use lockstep::model::{Level, Severity};

use crate::decide::world::{NOW, commit, judge, listing, none, of, the_one};

const POLICY: &str = r#"
    component = { name = "api", source = "https://github.com/acme/api" }
    line.release = { scheme = "semver" }
    channel.tag = { kind = "git-tag", tag = "{version}" }
    channel.npm = { kind = "npm" }
"#;
const CODE: &str = "version-burst";
const USUAL: (Severity, Level, Level) = (Severity::Warn, Level::None, Level::Low);
const UNANNOUNCED: (Severity, Level, Level) = (Severity::Warn, Level::None, Level::High);

fn told(releases: &[(&str, &str)], announced: &[&str]) -> [String; 2] {
    let tags: Vec<String> = announced
        .iter()
        .map(|name| format!(r#""{name}":{{"commit":{}}}"#, commit('a')))
        .collect();
    let packages: Vec<String> = releases
        .iter()
        .map(|(name, time)| format!(r#""{name}":{{"published":"2026-03-01T{time}Z"}}"#))
        .collect();
    [
        listing("tag", NOW, &tags.join(",")),
        listing("npm", NOW, &packages.join(",")),
    ]
}

const BURST: [(&str, &str); 4] = [
    ("0.7.28", "01:00:00"),
    ("0.7.29", "12:15:00"),
    ("0.8.0", "12:16:00"),
    ("1.0.0", "13:15:00"),
];

#[test]
fn three_series_within_an_hour_are_found_on_each_release_of_them() {
    let told = told(&BURST, &["0.7.28"]);
    for version in ["0.7.29", "0.8.0", "1.0.0"] {
        the_one(&judge(POLICY, &told, &[version]), CODE, "npm", UNANNOUNCED);
    }
    none(&judge(POLICY, &told, &["0.7.28"]), CODE);
}

#[test]
fn an_announced_burst_is_a_little_suspicious_only() {
    let told = told(&BURST, &["0.7.28", "0.7.29", "0.8.0", "1.0.0"]);
    the_one(&judge(POLICY, &told, &["1.0.0"]), CODE, "npm", USUAL);
}

#[test]
fn more_than_an_hour_or_fewer_series_are_no_burst() {
    let mut slow = BURST;
    slow[3].1 = "13:15:01";
    none(&judge(POLICY, &told(&slow, &[]), &["1.0.0"]), CODE);
    let patches = [
        ("1.0.0", "12:00:00"),
        ("1.1.0", "12:01:00"),
        ("2.0.0", "12:02:00"),
    ];
    none(&judge(POLICY, &told(&patches, &[]), &["2.0.0"]), CODE);
}

#[test]
fn two_bursts_in_a_row_are_two() {
    let releases = [
        ("1.0.0", "01:00:00"),
        ("2.0.0", "01:00:00"),
        ("3.0.0", "01:00:00"),
        ("4.0.0", "05:00:00"),
        ("1.0.1", "09:00:00"),
        ("2.0.1", "09:30:00"),
        ("3.0.1", "10:00:00"),
    ];
    let all: Vec<&str> = releases.iter().map(|(name, _)| *name).collect();
    let findings = judge(POLICY, &told(&releases, &all), &all);
    assert_eq!(of(&findings, CODE).len(), 6);
}
