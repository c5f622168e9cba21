//! `lockstep verify --vsa` on summaries that others wrote: whose word counts, and for how long.

use lockstep::model::Digest;
use serde_json::{Value, json};

use super::vsa::{GATE, SUMMARY, denies};
use super::{Folder, Run};
use crate::authority::{Authority, Claims, Key, Options, statement};

/// Summaries that others write, by certificate: whatever is not as expected denies.
#[test]
fn a_summary_counts_from_the_expected_identity_as_long_as_it_is_fresh() {
    let folder = Folder::new();
    let authority = Authority::new("summaries");
    folder.file("root.json", authority.trusted_root_json());
    let now = lockstep::observe::now();
    let predicate = |result: &str, time: &str| {
        json!({"verifier": {"id": GATE}, "timeVerified": time, "resourceUri": "pkg:generic/a@1",
            "policy": {}, "verificationResult": result, "verifiedLevels": ["FAILED"]})
    };
    let at = |ago: u64| {
        now.minus(lockstep::model::Duration::from_seconds(ago))
            .to_string()
    };
    let signed = |name: &str, kind: &str, repository: &str, predicate: &Value| {
        let said = statement("a.zip", Digest::of(b"artifact"), kind, predicate);
        let claims = Claims::github(repository, "refs/heads/main", &"a".repeat(40));
        let options = Options::at(1_750_000_000);
        folder.file(name, authority.sign(&said, &claims, &options));
    };
    let passed = predicate("PASSED", &at(60));
    signed("good.json", SUMMARY, "acme/gate", &passed);
    signed("eve.json", SUMMARY, "eve/gate", &passed);
    signed(
        "failed.json",
        SUMMARY,
        "acme/gate",
        &predicate("FAILED", &at(60)),
    );
    signed(
        "lower.json",
        SUMMARY,
        "acme/gate",
        &predicate("passed", &at(60)),
    );
    signed(
        "stale.json",
        SUMMARY,
        "acme/gate",
        &predicate("PASSED", &at(90_000)),
    );
    let future = now
        .plus(lockstep::model::Duration::from_hours(1))
        .to_string();
    signed(
        "future.json",
        SUMMARY,
        "acme/gate",
        &predicate("PASSED", &future),
    );
    signed(
        "no-time.json",
        SUMMARY,
        "acme/gate",
        &predicate("PASSED", "today"),
    );
    signed(
        "kind.json",
        "https://slsa.dev/verification_summary/v0.2",
        "acme/gate",
        &passed,
    );
    signed("empty.json", SUMMARY, "acme/gate", &json!({}));
    let key = Key::p256("gate");
    let said = statement("a.zip", Digest::of(b"artifact"), SUMMARY, &passed);
    folder.file(
        "key.json",
        authority.sign_with(&key, &said, &Options::at(1_750_000_000)),
    );

    let digest = Digest::of(b"artifact").to_string();
    let signer = [
        "--certificate-oidc-issuer",
        "https://token.actions.githubusercontent.com",
        "--source-repository",
        "https://github.com/acme/gate",
    ];
    let verify = |bundle: &str, more: &[&str]| {
        let head = [
            "verify",
            "--trusted-root",
            "root.json",
            "--vsa",
            "--vsa-verifier",
            GATE,
        ];
        let tail = ["--bundle", bundle, "--vsa-max-age", "24h", &digest];
        Run::new(&[&head[..], more, &tail].concat())
            .within(folder.path())
            .run()
    };
    let ran = verify("good.json", &signer);
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    for (bundle, words) in [
        ("eve.json", &["source-repository", "eve/gate"][..]),
        ("failed.json", &["verificationResult is `FAILED`"]),
        ("lower.json", &["verificationResult is `passed`"]),
        ("stale.json", &["longer ago than 1d"]),
        ("future.json", &["after"]),
        ("no-time.json", &["no time"]),
        ("kind.json", &["predicate-type"]),
        ("empty.json", &["no verification summary"]),
        ("key.json", &[]),
    ] {
        denies(&verify(bundle, &signer), words);
    }
    // Whose word it is must be said.
    verify("good.json", &[]).refuses(&["whose signature counts"]);
    verify("good.json", &["--unsafe-any-identity"]).refuses(&["--unsafe-any-identity"]);
    let without = ["verify", "--vsa", "--key", "k", &digest];
    Run::new(&without).run().refuses(&["--vsa-verifier"]);
}
