//! `channel-unreachable`.

use lockstep::model::{CellState, Level, Outcome, Severity};

use crate::decide::world::{
    FIRST, LATER, NOW, broken_off, commit, decided, digest, entry, failed, listing, none, question,
    the_one, verdict,
};

const POLICY: &str = r#"
    component = { name = "api", source = "https://github.com/acme/api" }
    line.release = { scheme = "semver" }
    channel.tag = { kind = "git-tag", tag = "v{version}" }
    channel.npm = { kind = "npm" }
    channel.image = { kind = "oci", tag = "{version}", image = "docker.io/acme/api" }
    environment.production = { requires = ["npm"] }
"#;
const CODE: &str = "channel-unreachable";
const GRAVITY: (Severity, Level, Level) = (Severity::Indeterminate, Level::None, Level::None);
const LISTING: &str = r#""listing""#;

fn told(image: String) -> [String; 3] {
    let tag = format!(r#""v1.0.0":{{"commit":{}}}"#, commit('a'));
    [
        listing("tag", NOW, &tag),
        listing("npm", NOW, r#""1.0.0":{}"#),
        image,
    ]
}

fn image(name: &str) -> String {
    listing(
        "image",
        NOW,
        &format!(r#""{name}":{{"digest":{}}}"#, digest('d')),
    )
}

#[test]
fn no_answer_is_never_absence() {
    for kind in [
        "timeout",
        "connection",
        "tls",
        "unauthorized",
        "forbidden",
        "rate-limited",
        "server-error",
        "malformed",
    ] {
        for version in [Some("1.0.0"), None] {
            let verdict = verdict(POLICY, &told(failed("image", NOW, LISTING, kind)), version);
            let finding = the_one(&verdict.findings, CODE, "image", GRAVITY);
            assert_eq!(finding.because.len(), 1, "{kind}");
            none(&verdict.findings, "version-missing");
            assert_eq!(verdict.outcome, Outcome::Indeterminate, "{kind}");
            let cell = verdict
                .cells
                .iter()
                .find(|it| it.channel.as_str() == "image");
            let unknown = matches!(cell.unwrap().state, CellState::Unknown { .. });
            assert!(unknown, "{cell:?}");
        }
    }
}

#[test]
fn when_asking_again_makes_sense_is_handed_on() {
    let answer = failed("image", NOW, LISTING, "rate-limited").replace(
        r#""failed":{"#,
        r#""failed":{"retry-at":"2026-03-04T09:00:00Z","#,
    );
    let verdict = verdict(POLICY, &told(answer), Some("1.0.0"));
    let finding = the_one(&verdict.findings, CODE, "image", GRAVITY);
    assert_eq!(
        finding.retry_at,
        Some("2026-03-04T09:00:00Z".parse().unwrap())
    );
    assert_eq!(verdict.retry_at, finding.retry_at);
}

#[test]
fn an_earlier_answer_does_not_stand_in() {
    let before = image("1.0.0").replace(NOW, FIRST);
    let mut told = told(failed("image", NOW, LISTING, "timeout")).to_vec();
    told.push(before);
    let verdict = verdict(POLICY, &told, Some("1.0.0"));
    the_one(&verdict.findings, CODE, "image", GRAVITY);
    assert_eq!(verdict.outcome, Outcome::Indeterminate);
}

#[test]
fn a_listing_that_broke_off_confirms_nothing_even_of_what_it_shows() {
    // What it did not say may be another spelling of the release, with other content.
    for (shown, version) in [
        ("1.0.0", Some("1.0.0")),
        ("0.9.0", Some("1.0.0")),
        ("1.0.0", None),
    ] {
        let verdict = verdict(POLICY, &told(broken_off(&image(shown))), version);
        the_one(&verdict.findings, CODE, "image", GRAVITY);
        assert_eq!(verdict.outcome, Outcome::Indeterminate);
    }
}

#[test]
fn a_failed_question_about_another_name_counts_too() {
    let found = entry(
        "image",
        NOW,
        "1.0.0",
        &format!(r#"{{"digest":{}}}"#, digest('d')),
    );
    let mut told = told(found).to_vec();
    told.push(failed("image", NOW, r#"{"entry":"2.0.0"}"#, "timeout"));
    for version in ["1.0.0", "2.0.0"] {
        let verdict = verdict(POLICY, &told, Some(version));
        the_one(&verdict.findings, CODE, "image", GRAVITY);
        assert_eq!(verdict.outcome, Outcome::Indeterminate);
    }
}

#[test]
fn a_channel_that_is_not_required_may_be_silent() {
    let told = told(failed("image", NOW, LISTING, "timeout"));
    let production = question(Some("1.0.0"), Some("production"));
    let verdict = decided(POLICY, &told, production, LATER);
    none(&verdict.findings, CODE);
    assert_eq!(verdict.outcome, Outcome::Allow, "{:#?}", verdict.findings);
}
