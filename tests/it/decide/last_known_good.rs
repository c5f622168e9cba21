//! `when-unreachable = { last-known-good = … }`: what an unreachable channel approves again.

use lockstep::model::{Disposition, Outcome, Verdict};

use crate::decide::world::{
    FIRST, NOW, SECOND, commit, decided, digest, failed, listing, of, question,
};

const CODE: &str = "channel-unreachable";
/// Shortly after the present round.
const SOON: &str = "2026-03-04T08:05:00Z";

fn judged(when_unreachable: &str, told: &[[String; 3]]) -> Verdict {
    let policy = format!(
        r#"
        component = {{ name = "api", source = "https://github.com/acme/api" }}
        line.release = {{ scheme = "semver" }}
        channel.tag = {{ kind = "git-tag", tag = "v{{version}}" }}
        channel.npm = {{ kind = "npm" }}
        channel.image = {{ kind = "oci", tag = "{{version}}", image = "docker.io/acme/api" }}
        [environment.production]
        requires = ["npm", "image"]
        {when_unreachable}
        "#
    );
    let production = question(Some("1.0.0"), Some("production"));
    decided(&policy, &told.concat(), production, SOON)
}

fn within(span: &str) -> String {
    format!(r#"when-unreachable = {{ last-known-good = "{span}" }}"#)
}

fn npm(at: &str, files: &[char], yanked: bool) -> String {
    let files: Vec<String> = files
        .iter()
        .map(|it| {
            format!(
                r#""{it}.tgz":{{"digest":{},"yanked":{yanked}}}"#,
                digest(*it)
            )
        })
        .collect();
    let entry = format!(r#""1.0.0":{{"files":{{{}}}}}"#, files.join(","));
    listing("npm", at, &entry)
}

fn tag(at: &str) -> String {
    listing(
        "tag",
        at,
        &format!(r#""v1.0.0":{{"commit":{}}}"#, commit('a')),
    )
}

/// A round in which everything agrees.
fn good(at: &str) -> [String; 3] {
    let image = format!(r#""1.0.0":{{"digest":{}}}"#, digest('d'));
    [
        tag(at),
        npm(at, &['f'], false),
        listing("image", at, &image),
    ]
}

/// A round in which one channel did not answer.
fn unreachable(at: &str) -> [String; 3] {
    let image = failed("image", at, r#""listing""#, "server-error");
    [tag(at), npm(at, &['f'], false), image]
}

#[test]
fn what_an_earlier_round_allowed_is_allowed_again() {
    let verdict = judged(&within("48h"), &[good(SECOND), unreachable(NOW)]);
    assert_eq!(verdict.outcome, Outcome::Allow, "{:#?}", verdict.findings);
    let expected = [
        format!("git:{}", "a".repeat(40)),
        format!("sha256:{}", "d".repeat(64)),
        format!("sha256:{}", "f".repeat(64)),
    ];
    assert_eq!(verdict.digests, expected, "those of the earlier round");
    let round = SECOND.parse().unwrap();
    assert_eq!(
        of(&verdict.findings, CODE)[0].disposition,
        Disposition::LastKnownGood { round }
    );
}

#[test]
fn without_the_setting_unreachable_is_indeterminate() {
    for setting in ["", r#"when-unreachable = "indeterminate""#] {
        let verdict = judged(setting, &[good(SECOND), unreachable(NOW)]);
        assert_eq!(verdict.outcome, Outcome::Indeterminate);
        assert!(verdict.digests.is_empty());
    }
}

#[test]
fn what_is_older_than_the_span_is_not_known_any_more() {
    // The round before began 24 hours and five minutes before the decision.
    for (span, outcome) in [
        ("24h", Outcome::Indeterminate),
        ("1445m", Outcome::Allow),
        ("1444m", Outcome::Indeterminate),
    ] {
        let verdict = judged(&within(span), &[good(SECOND), unreachable(NOW)]);
        assert_eq!(verdict.outcome, outcome, "{span}");
    }
    let alone = judged(&within("48h"), &[unreachable(NOW)]);
    assert_eq!(alone.outcome, Outcome::Indeterminate);
}

#[test]
fn a_digest_that_was_not_approved_then_stops_it() {
    let mut now = unreachable(NOW);
    now[1] = npm(NOW, &['f', 'e'], false);
    let verdict = judged(&within("48h"), &[good(SECOND), now]);
    assert_eq!(verdict.outcome, Outcome::Indeterminate);
    assert!(of(&verdict.findings, CODE)[0].is_open());
}

#[test]
fn a_round_that_denied_since_stops_it_and_one_that_could_not_say_does_not() {
    let mut denied = good(SECOND);
    denied[1] = npm(SECOND, &['f'], true);
    let verdict = judged(&within("72h"), &[good(FIRST), denied, unreachable(NOW)]);
    assert_eq!(verdict.outcome, Outcome::Indeterminate);

    let rounds = [good(FIRST), unreachable(SECOND), unreachable(NOW)];
    let verdict = judged(&within("72h"), &rounds);
    assert_eq!(verdict.outcome, Outcome::Allow, "{:#?}", verdict.findings);
}

#[test]
fn it_excuses_nothing_but_an_unreachable_channel() {
    let mut denied = unreachable(NOW);
    denied[1] = npm(NOW, &['f'], true);
    let verdict = judged(&within("48h"), &[good(SECOND), denied]);
    assert_eq!(verdict.outcome, Outcome::Deny);

    let mut hidden = unreachable(NOW);
    hidden[2] = failed("image", NOW, r#""listing""#, "not-found");
    let verdict = judged(&within("48h"), &[good(SECOND), hidden]);
    assert_eq!(verdict.outcome, Outcome::Indeterminate);
}
