//! Waivers: what one matches, and what it cannot.

use lockstep::model::{Disposition, Outcome};

use crate::decide::world::{
    FIRST, LATER, NOW, commit, decided, digest, failed, listing, none, of, question, verdict,
};

const POLICY: &str = r#"
    component = { name = "api", source = "https://github.com/acme/api" }
    line.release = { scheme = "semver" }
    channel.tag = { kind = "git-tag", tag = "v{version}" }
    channel.npm = { kind = "npm" }
"#;
const UNANNOUNCED: &str = "version-unannounced";
const MISSING: &str = "version-missing";

fn waiving(code: &str, version: &str, digests: &[char]) -> String {
    let digests: Vec<String> = digests.iter().map(|it| digest(*it)).collect();
    format!(
        r#"{POLICY}
        [[waiver]]
        code = "{code}"
        version = "{version}"
        digests = [{}]
        reason = "cut by hand"
        approved-by = "release team"
        expires = "2031-01-01"
        "#,
        digests.join(", ")
    )
}

/// A package with these files that no tag announces.
fn unannounced(files: &[char]) -> [String; 2] {
    let files: Vec<String> = files
        .iter()
        .map(|it| format!(r#""{it}.tgz":{{"digest":{}}}"#, digest(*it)))
        .collect();
    [
        listing("tag", NOW, ""),
        listing(
            "npm",
            NOW,
            &format!(r#""1.0.0":{{"files":{{{}}}}}"#, files.join(",")),
        ),
    ]
}

/// A tag without its package.
fn missing() -> [String; 2] {
    let tag = format!(r#""v1.0.0":{{"commit":{}}}"#, commit('a'));
    [listing("tag", NOW, &tag), listing("npm", NOW, "")]
}

#[test]
fn code_version_and_all_digests_close_a_finding() {
    let policy = waiving(UNANNOUNCED, "1.0.0", &['a', 'b']);
    let verdict = verdict(&policy, &unannounced(&['a', 'b']), Some("1.0.0"));
    let found = of(&verdict.findings, UNANNOUNCED);
    assert_eq!(found.len(), 1);
    let Disposition::Waived {
        reason,
        approved_by,
        ..
    } = &found[0].disposition
    else {
        panic!("{found:#?}");
    };
    assert_eq!(
        (reason.as_str(), approved_by.as_str()),
        ("cut by hand", "release team")
    );
    none(&verdict.findings, "waiver-unused");
    assert_eq!(verdict.outcome, Outcome::Allow, "{:#?}", verdict.findings);
    assert_eq!(
        verdict.mismatch,
        lockstep::model::Level::None,
        "it scores no more"
    );
}

#[test]
fn a_new_file_fires_again() {
    let policy = waiving(UNANNOUNCED, "1.0.0", &['a', 'b']);
    for (files, outcome) in [
        (&['a', 'b', 'c'][..], Outcome::Deny),
        (&['c'], Outcome::Deny),
        (&['a'], Outcome::Allow),
    ] {
        let verdict = verdict(&policy, &unannounced(files), Some("1.0.0"));
        assert_eq!(verdict.outcome, outcome, "{files:?}");
    }
}

#[test]
fn another_code_or_version_waives_nothing() {
    for policy in [
        waiving(UNANNOUNCED, "1.0.1", &['a']),
        waiving("release-yanked", "1.0.0", &['a']),
        waiving(UNANNOUNCED, "1.0.0", &[]),
    ] {
        let verdict = verdict(&policy, &unannounced(&['a']), Some("1.0.0"));
        assert!(of(&verdict.findings, UNANNOUNCED)[0].is_open());
        assert_eq!(verdict.outcome, Outcome::Deny);
    }
}

#[test]
fn a_finding_without_digests_needs_a_waiver_without() {
    let with = waiving(MISSING, "1.0.0", &['a']);
    let with = verdict(&with, &missing(), Some("1.0.0"));
    assert!(of(&with.findings, MISSING)[0].is_open());
    assert_eq!(with.outcome, Outcome::Deny);
}

#[test]
fn a_follower_whose_absence_is_waived_is_excused_and_confirms_nothing() {
    let policy = waiving(MISSING, "1.0.0", &[]);
    let verdict = verdict(&policy, &missing(), Some("1.0.0"));
    assert!(!of(&verdict.findings, MISSING)[0].is_open());
    assert_eq!(of(&verdict.findings, "nothing-to-compare").len(), 1);
    assert_eq!(verdict.outcome, Outcome::Indeterminate);
}

#[test]
fn a_waiver_of_something_else_makes_no_release_of_what_is_nowhere() {
    let environments = r#"
        environment.production = { requires = ["npm"], lines = ["next"] }
        line.next = { scheme = "calver" }
    "#;
    let policy = waiving("line-not-accepted", "1.0.0", &[])
        .replace("\"git-tag\"", "\"git-tag\", lines = [\"release\"]")
        .replace("\"npm\"", "\"npm\", lines = [\"release\"]")
        .replace("[[waiver]]", &format!("{environments}[[waiver]]"));
    let nowhere = [listing("tag", NOW, ""), listing("npm", NOW, "")];
    let production = question(Some("1.0.0"), Some("production"));
    let verdict = decided(&policy, &nowhere, production, LATER);
    assert!(!of(&verdict.findings, "line-not-accepted")[0].is_open());
    assert_eq!(of(&verdict.findings, "nothing-to-compare").len(), 1);
    assert_eq!(verdict.outcome, Outcome::Indeterminate);
}

#[test]
fn an_indeterminate_cannot_be_waived() {
    let mut pending = missing();
    pending[0] = listing(
        "tag",
        NOW,
        &format!(r#""v1.0.0":{{"commit":{}}}"#, commit('a')),
    );
    let told = [
        listing("tag", FIRST, r#""v0.9.0":{}"#),
        pending[0].clone(),
        pending[1].clone(),
    ];
    let policy = waiving("version-pending", "1.0.0", &[]);
    let waived = verdict(&policy, &told, Some("1.0.0"));
    assert!(of(&waived.findings, "version-pending")[0].is_open());
    assert_eq!(waived.outcome, Outcome::Indeterminate);

    let unreachable = [
        missing()[0].clone(),
        failed("npm", NOW, r#""listing""#, "timeout"),
    ];
    let policy = waiving("channel-unreachable", "1.0.0", &[]);
    let waived = verdict(&policy, &unreachable, Some("1.0.0"));
    assert_eq!(waived.outcome, Outcome::Indeterminate);
}
