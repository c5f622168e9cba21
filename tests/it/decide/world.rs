//! What these tests put together: a policy, observations of a few rounds, and the verdict on them.

use lockstep::decide::{Question, Which, evaluate, explain};
use lockstep::model::{Evidence, Finding, Level, Severity, Time, Verdict};
use lockstep::verify::{Origin, check};

/// The policy of a text, through a file as a user has one.
pub(super) fn load(text: &str) -> lockstep::model::Policy {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("policy.toml");
    std::fs::write(&path, text).unwrap();
    let loaded = lockstep::policy::load(&path, &lockstep::decide::codes());
    let mut loaded = loaded.unwrap_or_else(|errors| panic!("{}", errors.render(false)));
    loaded.components.remove(0).policy
}

/// Judges releases that are named; without names, the newest.
pub(super) fn judge(policy: &str, observations: &[String], versions: &[&str]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for version in versions {
        findings.extend(verdict(policy, observations, Some(version)).findings);
    }
    if versions.is_empty() {
        findings = verdict(policy, observations, None).findings;
    }
    findings
}

/// The verdict on one release, or on the newest.
pub(super) fn verdict(policy: &str, observations: &[String], version: Option<&str>) -> Verdict {
    decided(policy, observations, question(version, None), LATER)
}

/// A question about one release, or the newest, for an environment or for everything declared.
pub(super) fn question(version: Option<&str>, environment: Option<&str>) -> Question {
    Question {
        which: version.map_or(Which::Newest, |version| {
            Which::Named(vec![version.to_owned()])
        }),
        environment: environment.map(|name| name.parse().unwrap()),
        fail_on: Default::default(),
    }
}

/// The verdict at a time.
pub(super) fn decided(
    policy: &str,
    observations: &[String],
    question: Question,
    decided_at: &str,
) -> Verdict {
    let policy = load(policy);
    let text = format!(
        r#"{{"schema":"lockstep-evidence/1","component":"{}","decided-at":"{decided_at}","observations":[{}]}}"#,
        policy.component.name,
        observations.join(","),
    );
    let evidence = Evidence::read_all(&text).unwrap().remove(0);
    let now: Time = evidence.decided_at;
    let checked = check(evidence, Origin::Asked, &policy.trust).unwrap();
    evaluate(&policy, &checked, &question, now).unwrap()
}

/// A complete listing that a channel answered in a round.
pub(super) fn listing(channel: &str, round: &str, entries: &str) -> String {
    seen(
        channel,
        round,
        r#""listing""#,
        &format!(r#"{{"listing":{{"entries":{{{entries}}}}}}}"#),
    )
}

/// What a channel answered about one name.
pub(super) fn entry(channel: &str, round: &str, name: &str, entry: &str) -> String {
    seen(
        channel,
        round,
        &format!(r#"{{"entry":"{name}"}}"#),
        &format!(r#"{{"entry":{entry}}}"#),
    )
}

/// What a channel said about the project.
pub(super) fn project(channel: &str, round: &str, project: &str) -> String {
    seen(
        channel,
        round,
        r#""project""#,
        &format!(r#"{{"project":{project}}}"#),
    )
}

/// A question (`"listing"`, `{"entry":"…"}`) that got no answer, for a reason of this kind.
pub(super) fn failed(channel: &str, round: &str, query: &str, kind: &str) -> String {
    format!(
        r#"{{"at":"{round}","round":"{round}","channel":"{channel}","credential":"anonymous",
        "endpoint":"https://example.com/","query":{query},
        "answer":{{"failed":{{"why":{{"kind":"{kind}","detail":"HTTP"}}}}}}}}"#
    )
}

/// The same listing, broken off after what it shows.
pub(super) fn broken_off(listing: &str) -> String {
    let partial = r#""coverage":{"partial":{"stopped-at":"page 2","why":{"kind":"timeout","detail":"page 2"}}}"#;
    listing.replace(r#""coverage":"complete""#, partial)
}

/// The same observation, made at another time of its round.
pub(super) fn asked_at(observation: &str, at: &str) -> String {
    let (_, rest) = observation.split_once(r#","round""#).unwrap();
    format!(r#"{{"at":"{at}","round"{rest}"#)
}

fn seen(channel: &str, round: &str, query: &str, facts: &str) -> String {
    format!(
        r#"{{"at":"{round}","round":"{round}","channel":"{channel}","credential":"anonymous",
        "endpoint":"https://example.com/","query":{query},
        "answer":{{"seen":{{"facts":{facts},"coverage":"complete"}}}}}}"#
    )
}

/// A SHA-256 digest of one repeated digit, as JSON.
pub(super) fn digest(digit: char) -> String {
    format!(r#""sha256:{}""#, String::from(digit).repeat(64))
}

/// A commit of one repeated digit, as JSON.
pub(super) fn commit(digit: char) -> String {
    format!(r#""{}""#, String::from(digit).repeat(40))
}

/// The findings of one code; each has the severity and levels that the code fixes, unless a test
/// says otherwise.
pub(super) fn of<'f>(findings: &'f [Finding], code: &str) -> Vec<&'f Finding> {
    assert!(explain(code).is_some(), "no rule owns {code}");
    findings
        .iter()
        .filter(|it| it.code.as_str() == code)
        .collect()
}

/// Asserts that there is one finding of a code, in this channel, as grave as the documentation says.
#[track_caller]
pub(super) fn the_one<'f>(
    findings: &'f [Finding],
    code: &str,
    channel: &str,
    (severity, mismatch, suspicion): (Severity, Level, Level),
) -> &'f Finding {
    let found = of(findings, code);
    let [one] = found.as_slice() else {
        panic!("{} findings of {code}: {findings:#?}", found.len());
    };
    assert_eq!(one.channel.as_ref().map(|it| it.as_str()), Some(channel));
    assert_eq!(
        (one.severity, one.mismatch, one.suspicion),
        (severity, mismatch, suspicion)
    );
    assert!(!one.because.is_empty(), "{code} rests on nothing");
    one
}

/// Asserts that a code was not found.
#[track_caller]
pub(super) fn none(findings: &[Finding], code: &str) {
    let found = of(findings, code);
    assert!(found.is_empty(), "{found:#?}");
}

/// Asserts that there is one finding of a code about a release as a whole, or about all of them.
#[track_caller]
pub(super) fn the_one_anywhere<'f>(
    findings: &'f [Finding],
    code: &str,
    (severity, mismatch, suspicion): (Severity, Level, Level),
) -> &'f Finding {
    let found = of(findings, code);
    let [one] = found.as_slice() else {
        panic!("{} findings of {code}: {findings:#?}", found.len());
    };
    assert_eq!(one.channel, None);
    assert_eq!(
        (one.severity, one.mismatch, one.suspicion),
        (severity, mismatch, suspicion)
    );
    one
}

/// Long after all of it, when these tests decide.
pub(super) const LATER: &str = "2030-01-01T00:00:00Z";
/// Before, between and now: three rounds.
pub(super) const FIRST: &str = "2026-03-02T08:00:00Z";
/// See [`FIRST`].
pub(super) const SECOND: &str = "2026-03-03T08:00:00Z";
/// See [`FIRST`].
pub(super) const NOW: &str = "2026-03-04T08:00:00Z";
