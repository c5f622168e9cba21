//! `release-window`.

use lockstep::model::{Finding, Level, Severity};

use crate::decide::world::{NOW, judge, listing, none, the_one};

const CODE: &str = "release-window";
const USUAL: (Severity, Level, Level) = (Severity::Warn, Level::None, Level::Low);
const UNANNOUNCED: (Severity, Level, Level) = (Severity::Warn, Level::None, Level::High);

fn judged(hours: &str, published: &str, announced: bool) -> Vec<Finding> {
    let policy = format!(
        r#"
        line.release = {{ scheme = "semver" }}
        channel.release = {{ kind = "github-release", tag = "v{{version}}" }}
        channel.npm = {{ kind = "npm" }}
        [component]
        name = "api"
        source = "https://github.com/acme/api"
        [component.release-hours]
        {hours}
        "#
    );
    let entry = format!(r#"{{"published":"{published}"}}"#);
    let release = if announced {
        format!(r#""v1.0.0":{entry}"#)
    } else {
        String::new()
    };
    let told = [
        listing("release", NOW, &release),
        listing("npm", NOW, &format!(r#""1.0.0":{entry}"#)),
    ];
    judge(&policy, &told, &["1.0.0"])
}

const PARIS: &str = r#"days = ["mon", "tue"]
hours = "08:00-18:00"
zone = "Europe/Paris""#;

#[test]
fn hours_are_those_of_the_zone_with_its_summer_time() {
    // 2 March 2026 is a Monday; Paris is one hour ahead of UTC then, two on 30 March.
    none(&judged(PARIS, "2026-03-02T16:59:59Z", true), CODE);
    the_one(
        &judged(PARIS, "2026-03-02T17:00:00Z", true),
        CODE,
        "release",
        USUAL,
    );
    the_one(
        &judged(PARIS, "2026-03-02T06:59:00Z", true),
        CODE,
        "release",
        USUAL,
    );
    none(&judged(PARIS, "2026-03-30T06:00:00Z", true), CODE);
    the_one(
        &judged(PARIS, "2026-03-30T16:00:00Z", true),
        CODE,
        "release",
        USUAL,
    );
}

#[test]
fn another_day_is_outside() {
    the_one(
        &judged(PARIS, "2026-03-01T10:00:00Z", true),
        CODE,
        "release",
        USUAL,
    );
}

#[test]
fn a_span_over_midnight_belongs_to_the_day_on_which_it_begins() {
    let night = "days = [\"mon\"]\nhours = \"22:00-02:00\"\nzone = \"UTC\"";
    none(&judged(night, "2026-03-02T23:00:00Z", true), CODE);
    none(&judged(night, "2026-03-03T01:59:00Z", true), CODE);
    the_one(
        &judged(night, "2026-03-02T01:00:00Z", true),
        CODE,
        "release",
        USUAL,
    );
    the_one(
        &judged(night, "2026-03-03T02:00:00Z", true),
        CODE,
        "release",
        USUAL,
    );
}

#[test]
fn a_version_that_nobody_announced_is_suspicious() {
    the_one(
        &judged(PARIS, "2026-03-02T20:00:00Z", false),
        CODE,
        "npm",
        UNANNOUNCED,
    );
}
