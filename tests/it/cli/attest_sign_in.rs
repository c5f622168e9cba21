//! `lockstep attest` at a terminal where nothing gives an identity: a person signs in by a browser.
//! The terminal and the browser are real ones; the identity provider and the instance are on loopback.

#![cfg(unix)]

use std::path::PathBuf;

use lockstep::model::TrustMaterial;

use super::live::live;
use super::terminal::{AtTerminal, Seen};
use super::{Folder, LIBRARY, Run, library_evidence};
use crate::attest::identity_provider::{CODE, Fault, IdentityProvider, PERSON};
use crate::attest::keyless_authority::{Instance, Lie};

const ASKED: &str = "Continue? [y/N] ";

pub(super) struct World {
    folder: Folder,
    instance: Instance,
    pub(super) provider: IdentityProvider,
}

impl World {
    pub(super) fn with(fault: Fault) -> Self {
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
        let build = [
            "attest",
            "app",
            "--builder-id",
            "https://builder.example/desk",
        ];
        let build = build.map(str::to_owned).into_iter();
        let more = more.iter().map(|it| (*it).to_owned());
        build.chain(self.services()).chain(more).collect()
    }

    /// Where to sign.
    fn services(&self) -> Vec<String> {
        let services = self.instance.server.url("/");
        let issuer = self.provider.issuer();
        let named = [
            "--trusted-root",
            "root.json",
            "--fulcio-url",
            &services,
            "--rekor-url",
            &services,
            "--oidc-issuer",
            &issuer,
        ];
        named.map(str::to_owned).to_vec()
    }

    pub(super) fn at_terminal(&self, more: &[&str]) -> AtTerminal {
        let arguments = self.arguments(more);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        AtTerminal::new(&arguments, self.folder.path()).env("LOCKSTEP_SIGN_IN_TIMEOUT", "20s")
    }

    /// As a person with a browser here.
    pub(super) fn attest(&self, more: &[&str]) -> AtTerminal {
        self.at_terminal(more).browser(&self.pages(), "once")
    }

    pub(super) fn pages(&self) -> PathBuf {
        self.folder.path().join("pages")
    }

    pub(super) fn seen_in_browser(&self) -> String {
        std::fs::read_to_string(self.pages()).unwrap_or_default()
    }

    /// It ended so, said this, and nobody read a secret, in the terminal as in the browser.
    #[track_caller]
    pub(super) fn said(&self, seen: &Seen, code: i64, words: &[&str]) {
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
    pub(super) fn refused(&self, seen: &Seen, code: i64, words: &[&str]) {
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
        let mut run = world.at_terminal(options).secret(typed, "CODE");
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
    let seen = run.secret(typed, "c0de-s3cr3t-guessed").run();
    world.refused(&seen, 2, &["invalid_grant", "codes are good once"]);
    assert_eq!(world.provider.refused(), ["code"]);
    let run = world.at_terminal(&["--no-browser"]);
    world.refused(&run.secret(typed, "").run(), 2, &["no code"]);
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

#[test]
fn a_person_signs_a_verdict_as_they_sign_an_attestation() {
    let world = World::with(Fault::None);
    world.folder.file("lib.toml", LIBRARY);
    let evidence = library_evidence(&["1.0"], &["1.0"]);
    world.folder.file("seen.json", evidence);
    let verdict = [
        "check",
        "lib.toml",
        "--version",
        "1.0",
        "--evidence",
        "seen.json",
        "--unsafe-unsigned-evidence",
        "--emit-vsa",
        "vsa.json",
        "--vsa-verifier",
        "https://example.com/desk",
    ];
    let services = world.services();
    let services: Vec<&str> = services.iter().map(String::as_str).collect();
    let arguments = [&verdict[..], &services].concat();
    let summary = world.folder.path().join("vsa.json");
    let run = || {
        let run = AtTerminal::new(&arguments, world.folder.path());
        run.browser(&world.pages(), "once")
    };
    let seen = run().answer(ASKED, "n\n").run();
    world.refused(&seen, 2, &["nothing was signed"]);
    assert!(!summary.exists());
    let seen = run().answer(ASKED, "y\n").run();
    world.said(&seen, 0, &[&format!("signed by {PERSON}")]);
    assert!(summary.exists());
}

/// What listens for interrupts while channels are asked must not be deaf to them afterwards.
#[test]
fn an_interrupt_while_somebody_signs_in_ends_it_and_leaves_no_summary() {
    let world = World::with(Fault::None);
    let live = live("2026-01-01T00:00:00Z".to_owned());
    live.git(&["-C", "repository", "tag", "1.0"]);
    let verdict = [
        "check",
        &live.policy,
        "--version",
        "1.0",
        "--emit-vsa",
        "vsa.json",
        "--vsa-verifier",
        "https://example.com/desk",
    ];
    let services = world.services();
    let services: Vec<&str> = services.iter().map(String::as_str).collect();
    let run = |more: &[&str]| {
        let arguments = [&verdict[..], &services, more].concat();
        let cache = live.folder.path().join("cache");
        AtTerminal::new(&arguments, world.folder.path())
            .env("PATH", &std::env::var("PATH").unwrap())
            .env("LOCKSTEP_CACHE_DIR", cache.to_str().unwrap())
    };
    let interrupt = "\u{3}";
    // A browser that opens, in which nobody signs in; a code that nobody types; no answer.
    let waiting = run(&[]).env("BROWSER", "true %s");
    let typing = run(&["--no-browser"]);
    let asked = run(&[]).browser(&world.pages(), "once");
    for seen in [
        waiting.answer("Sign in", interrupt),
        typing.secret_key("not shown here", interrupt),
        asked.answer(ASKED, interrupt),
    ] {
        let seen = seen.run();
        world.refused(&seen, 130, &["the verdict was told", "interrupted"]);
        assert!(!world.folder.path().join("vsa.json").exists());
        assert!(seen.echoes, "the terminal is left mute: {seen:#?}");
    }
}
