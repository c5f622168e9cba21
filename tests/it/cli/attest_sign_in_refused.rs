//! `lockstep attest` at a terminal where the sign-in goes wrong: nobody comes, somebody else does, or
//! the identity provider is not to be trusted. Nothing is signed, and no secret is shown.

#![cfg(unix)]

use serde_json::json;

use super::attest_sign_in::World;
use crate::attest::identity_provider::Fault;
use crate::observe::loopback::{Loopback, answer};

#[test]
fn a_foreign_answer_is_refused_and_does_not_end_the_wait() {
    let world = World::with(Fault::None);
    let run = world
        .at_terminal(&["--yes"])
        .browser(&world.pages(), "twice");
    world.said(&run.run(), 0, &[]);
    let pages = world.seen_in_browser();
    let statuses: Vec<&str> = pages.lines().filter_map(|it| it.get(..4)).collect();
    let of = |status: &str| statuses.iter().filter(|it| **it == status).count();
    assert_eq!((of("400 "), of("404 "), of("200 ")), (1, 1, 1), "{pages}");
    assert!(!pages.contains("evil"), "{pages}");

    let world = World::with(Fault::OtherState);
    let run = world.attest(&[]).env("LOCKSTEP_SIGN_IN_TIMEOUT", "6s");
    let words = [
        "nobody signed in within 6 s",
        "1 answers that are not to this sign-in",
    ];
    world.refused(&run.run(), 3, &words);
}

#[test]
fn who_never_signs_in_is_not_waited_for_forever() {
    let world = World::with(Fault::Silent);
    let run = world.attest(&[]).env("LOCKSTEP_SIGN_IN_TIMEOUT", "2s");
    let seen = run.run();
    world.refused(&seen, 3, &["nobody signed in within 2 s", "--no-browser"]);
    let run = world.attest(&[]).env("LOCKSTEP_SIGN_IN_TIMEOUT", "2h");
    world.refused(
        &run.run(),
        2,
        &["LOCKSTEP_SIGN_IN_TIMEOUT is `2h`", "from 1s to 1h"],
    );
}

#[test]
fn a_refusal_of_the_provider_is_told_without_its_escape_sequences() {
    let world = World::with(Fault::Denied);
    let seen = world.attest(&[]).run();
    let words = ["access_denied: The person", "said no", "nobody consented"];
    world.refused(&seen, 2, &words);
    assert!(!seen.text.contains("\u{1b}[2J"), "{seen:#?}");
}

#[test]
fn a_token_that_is_no_answer_to_this_sign_in_is_refused() {
    for (claim, value, words) in [
        ("nonce", json!("another"), "its nonce is another one"),
        ("nonce", json!(null), "its nonce is another one"),
        (
            "iss",
            json!("https://accounts.example"),
            "another issuer, `https://accounts.example`",
        ),
        ("aud", json!("another"), "not for the client `sigstore`"),
        ("azp", json!("another"), "not for the client `sigstore`"),
        ("exp", json!(1_000_000_000), "expired at 2001"),
    ] {
        let world = World::with(Fault::Claims(claim, value));
        world.refused(&world.attest(&["--yes"]).run(), 2, &[words]);
    }
}

#[test]
fn a_provider_that_cannot_be_trusted_with_a_code_is_not_opened() {
    for (fault, code, words) in [
        (
            Fault::OtherIssuer,
            2,
            "says that it is `https://accounts.example`",
        ),
        (
            Fault::PlainEndpoint,
            2,
            "`http://id.example/token`, to which nobody is sent",
        ),
        (Fault::NoChallenge, 2, "no PKCE with S256"),
        (Fault::Endless, 3, "longer than the cap of 262144 bytes"),
        (Fault::Slow, 3, "no whole answer within 2 s"),
    ] {
        let world = World::with(fault);
        let seen = world.attest(&["--yes"]).env("LOCKSTEP_TIMEOUT", "2s").run();
        world.refused(&seen, code, &[words]);
        assert!(world.provider.asked().is_empty() && world.seen_in_browser().is_empty());
    }
}

#[test]
fn the_code_follows_no_redirect_and_is_in_no_refusal() {
    let elsewhere = Loopback::start(|_| answer("200 OK", &[], b"{}"));
    let world = World::with(Fault::Redirects(elsewhere.url("/token")));
    let seen = world.attest(&["--yes", "--verbose"]).run();
    world.refused(&seen, 2, &["token service", "307"]);
    assert!(elsewhere.heard().is_empty());

    let world = World::with(Fault::Repeats);
    let seen = world.attest(&["--yes", "--verbose"]).run();
    world.refused(&seen, 2, &["invalid_grant: code … verifier …"]);
}
