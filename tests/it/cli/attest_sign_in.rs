//! `lockstep attest` at a terminal where nothing gives an identity: a person signs in by a browser.
//! The terminal and the browser are real ones; the identity provider and the instance are on loopback.

#![cfg(unix)]

use std::path::PathBuf;

use lockstep::model::TrustMaterial;
use serde_json::json;

use super::terminal::{AtTerminal, Seen};
use super::{Folder, Run};
use crate::attest::identity_provider::{CODE, Fault, IdentityProvider, PERSON};
use crate::attest::keyless_authority::{Instance, Lie};
use crate::observe::loopback::{Loopback, answer};

const ASKED: &str = "Continue? [y/N] ";

struct World {
    folder: Folder,
    instance: Instance,
    provider: IdentityProvider,
}

impl World {
    fn with(fault: Fault) -> Self {
        let (folder, instance) = (Folder::new(), Instance::with(Lie::None, false));
        let TrustMaterial::TrustedRoot(root) = &instance.trust.material else {
            panic!("no trusted root");
        };
        folder.file("root.json", root.as_bytes());
        folder.file("app", "app");
        Self {
            folder,
            instance,
            provider: IdentityProvider::with(fault),
        }
    }

    fn arguments(&self, more: &[&str]) -> Vec<String> {
        let services = self.instance.server.url("/");
        let issuer = self.provider.issuer();
        let head = [
            "attest",
            "app",
            "--builder-id",
            "https://builder.example/desk",
            "--trusted-root",
            "root.json",
            "--fulcio-url",
            &services,
            "--rekor-url",
            &services,
            "--oidc-issuer",
            &issuer,
        ];
        let all = head.iter().chain(more);
        all.map(|it| (*it).to_owned()).collect()
    }

    fn at_terminal(&self, more: &[&str]) -> AtTerminal {
        let arguments = self.arguments(more);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        AtTerminal::new(&arguments, self.folder.path()).env("LOCKSTEP_SIGN_IN_TIMEOUT", "20s")
    }

    /// As a person with a browser here.
    fn attest(&self, more: &[&str]) -> AtTerminal {
        self.at_terminal(more).browser(&self.pages(), "once")
    }

    fn pages(&self) -> PathBuf {
        self.folder.path().join("pages")
    }

    fn seen_in_browser(&self) -> String {
        std::fs::read_to_string(self.pages()).unwrap_or_default()
    }

    /// It ended so, said this, and nobody read a secret, in the terminal as in the browser.
    #[track_caller]
    fn said(&self, seen: &Seen, code: i64, words: &[&str]) {
        assert_eq!(seen.code, code, "{seen:#?}");
        for word in words {
            assert!(seen.text.contains(word), "no `{word}` in {seen:#?}");
        }
        let pages = self.seen_in_browser();
        for secret in self.provider.secrets() {
            assert!(!seen.text.contains(&secret), "{secret} in {seen:#?}");
            assert!(!pages.contains(&secret), "{secret} in {pages}");
        }
        assert!(!seen.text.contains(CODE), "{seen:#?}");
        assert!(!seen.text.contains("panicked"), "{seen:#?}");
    }

    /// It was refused for this, and no certificate was asked for.
    #[track_caller]
    fn refused(&self, seen: &Seen, code: i64, words: &[&str]) {
        self.said(seen, code, words);
        assert!(self.instance.server.heard().is_empty());
        assert!(!self.folder.path().join("app.sigstore.json").exists());
    }

    fn verifies_for(&self, identity: &str) -> Option<i32> {
        let issuer = self.provider.issuer();
        let arguments = [
            "verify",
            "app",
            "--trusted-root",
            "root.json",
            "--certificate-oidc-issuer",
            &issuer,
            "--certificate-identity",
            identity,
        ];
        Run::new(&arguments).within(self.folder.path()).run().code
    }
}

#[test]
fn who_signs_in_and_agrees_signs_and_verifiers_see_the_mail_address() {
    let world = World::with(Fault::None);
    let seen = world.attest(&["--verbose"]).answer(ASKED, "y\n").run();
    let notice = format!("`{PERSON}` goes into a certificate and a transparency log");
    world.said(&seen, 0, &["/id/authorize?response_type=code", &notice]);
    assert_eq!(world.verifies_for(PERSON), Some(0));
    assert_eq!(world.verifies_for("you@example.com"), Some(1));
    // The redirect leads to the loopback address, and the page says nothing of what it got.
    let asked = world.provider.asked();
    assert_eq!(asked.len(), 1);
    assert!(asked[0]["redirect_uri"].starts_with("http://127.0.0.1:"));
    assert!(asked[0]["redirect_uri"].ends_with("/auth/callback"));
    assert_eq!(asked[0]["client_id"], "sigstore");
    let pages = world.seen_in_browser();
    assert!(
        pages.contains("200 ") && pages.contains("default-src 'none'"),
        "{pages}"
    );
    assert!(
        !pages.contains("<script") && !pages.contains(&asked[0]["state"]),
        "{pages}"
    );
    assert!(world.provider.refused().is_empty());
}

#[test]
fn nothing_is_published_before_the_person_agrees_or_says_yes_beforehand() {
    let world = World::with(Fault::None);
    for no in ["n\n", "\n", "yeah\n"] {
        let seen = world.attest(&[]).answer(ASKED, no).run();
        world.refused(&seen, 2, &["nothing was signed", "--yes"]);
    }
    let seen = world.attest(&["--yes", "--quiet"]).run();
    world.said(&seen, 0, &[PERSON]);
    assert!(!seen.text.contains(ASKED), "{seen:#?}");
    assert_eq!(world.verifies_for(PERSON), Some(0));
}

#[test]
fn a_second_run_finds_what_is_signed_and_publishes_nothing() {
    let world = World::with(Fault::None);
    world.said(&world.attest(&["-y"]).run(), 0, &[]);
    let heard = world.instance.server.heard().len();
    let seen = world.attest(&[]).run();
    world.said(&seen, 0, &["already"]);
    assert_eq!(world.instance.server.heard().len(), heard);
}

#[test]
fn without_a_browser_here_the_code_is_typed_and_not_shown() {
    let typed = "The code that the page shows";
    for (options, browser) in [
        (
            &["--no-browser", "--yes", "--oidc-client-id", "desk"][..],
            None,
        ),
        // One that cannot be started, and one that fails.
        (&["--yes"], Some("/nowhere/browser:false")),
        // No screen.
        (&["--yes"], None),
    ] {
        let world = World::with(Fault::None);
        let mut run = world.at_terminal(options).answer(typed, "CODE");
        if let Some(browser) = browser {
            run = run.env("BROWSER", browser).env("PATH", "/usr/bin:/bin");
        }
        let seen = run.run();
        world.said(&seen, 0, &["Open this in a browser anywhere"]);
        assert_eq!(world.verifies_for(PERSON), Some(0));
        let asked = &world.provider.asked()[0];
        assert_eq!(asked["redirect_uri"], "urn:ietf:wg:oauth:2.0:oob");
        let client = options.contains(&"desk").then_some("desk");
        assert_eq!(asked["client_id"], client.unwrap_or("sigstore"));
    }
    let world = World::with(Fault::None);
    let run = world.at_terminal(&["--no-browser"]);
    let seen = run.answer(typed, "c0de-s3cr3t-guessed\n").run();
    world.refused(&seen, 2, &["invalid_grant", "codes are good once"]);
    assert_eq!(world.provider.refused(), ["code"]);
    let run = world.at_terminal(&["--no-browser"]);
    world.refused(&run.answer(typed, "\n").run(), 2, &["no code"]);
}

#[test]
fn the_issuer_and_the_client_may_be_variables() {
    let world = World::with(Fault::None);
    let arguments = world.arguments(&["-y"]);
    let at = arguments
        .iter()
        .position(|it| it == "--oidc-issuer")
        .unwrap();
    let mut arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let issuer = arguments.drain(at..at + 2).nth(1).unwrap();
    let run = || {
        let run = AtTerminal::new(&arguments, world.folder.path());
        run.browser(&world.pages(), "once")
    };
    // That of the public instance is not taken for a private one.
    let words = ["not where people sign in", "--oidc-issuer"];
    world.refused(&run().run(), 2, &words);
    let with = run().env("SIGSTORE_OIDC_ISSUER", issuer);
    let seen = with.env("SIGSTORE_OIDC_CLIENT_ID", "desk").run();
    world.said(&seen, 0, &[PERSON]);
    assert_eq!(world.provider.asked()[0]["client_id"], "desk");
    let seen = run()
        .env("SIGSTORE_OIDC_ISSUER", "http://me:s3cr3t@id.example")
        .run();
    assert!(seen.code == 2 && !seen.text.contains("s3cr3t"), "{seen:#?}");
}

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
    let run = world.attest(&[]).env("LOCKSTEP_SIGN_IN_TIMEOUT", "3s");
    let words = [
        "nobody signed in within 3 s",
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

#[test]
fn nobody_is_asked_in_ci_without_a_terminal_or_beside_an_identity() {
    let world = World::with(Fault::None);
    let none = "there is no identity to sign with";
    for (name, value) in [("CI", "true"), ("JENKINS_URL", "https://ci.example")] {
        let seen = world.attest(&[]).env(name, value).run();
        world.refused(&seen, 2, &[none, "SIGSTORE_ID_TOKEN"]);
    }
    let seen = world.attest(&[]).env("GITLAB_CI", "true").run();
    world.refused(&seen, 2, &["--oidc-issuer: nobody signs in"]);
    let arguments = world.arguments(&[]);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let piped = Run::new(&arguments).within(world.folder.path()).run();
    piped.refuses(&[none, "--identity-token"]);
    Run::new(&[&arguments[..], &["--no-browser", "--identity-token", "x"]].concat())
        .within(world.folder.path())
        .run()
        .refuses(&["cannot be used with"]);
    assert!(world.provider.server.heard().is_empty());
}

#[test]
fn nobody_is_sent_to_a_browser_for_what_cannot_be_said() {
    let world = World::with(Fault::None);
    let arguments = world.arguments(&[]);
    let at = arguments
        .iter()
        .position(|it| it == "--builder-id")
        .unwrap();
    let mut arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    arguments.drain(at..at + 2);
    let run = AtTerminal::new(&arguments, world.folder.path());
    let seen = run.browser(&world.pages(), "once").run();
    world.refused(&seen, 2, &["--builder-id"]);
    assert!(world.provider.server.heard().is_empty());
}
