//! `lockstep verify`: every option with what meets it and what does not.

use serde_json::{Value, json};

use super::{Folder, Ran, Run};
use crate::authority::{Authority, Claims, Key, Options, statement};
use lockstep::model::Digest;

pub(super) const TIME: i64 = 1_750_000_000;
pub(super) const COMMIT: &str = "08802efe1f8e5fec4ad842d6b8ce97656092ee72";
pub(super) const OTHER: &str = "1111111111111111111111111111111111111111";
pub(super) const ISSUER: &str = "https://token.actions.githubusercontent.com";
pub(super) const IDENTITY: &str =
    "https://github.com/acme/api/.github/workflows/release.yml@refs/tags/v1.2.3";
pub(super) const BUILD_TYPE: &str = "https://actions.github.io/buildtypes/workflow/v1";
const SLSA: &str = "https://slsa.dev/provenance/v1";

pub(super) fn provenance() -> Value {
    json!({
        "buildDefinition": {
            "buildType": BUILD_TYPE,
            "externalParameters": {"workflow": {"ref": "refs/tags/v1.2.3", "repository": "https://github.com/acme/api", "path": ".github/workflows/release.yml"}},
            "internalParameters": {"github": {"event_name": "push", "repository_id": "1000", "runner_environment": "github-hosted"}},
            "resolvedDependencies": [{"uri": "git+https://github.com/acme/api@refs/tags/v1.2.3", "digest": {"gitCommit": COMMIT}}],
        },
        "runDetails": {"builder": {"id": IDENTITY}},
    })
}

/// A folder with an artifact, its bundle beside it, the trusted root and a key.
pub(super) struct Scene {
    pub(super) folder: Folder,
    pub(super) authority: Authority,
    pub(super) key: Key,
}

impl Scene {
    pub(super) fn new() -> Self {
        let scene = Self {
            folder: Folder::new(),
            authority: Authority::new("verify"),
            key: Key::p256("verify key"),
        };
        scene.folder.file("a.zip", "artifact");
        scene
            .folder
            .file("root.json", scene.authority.trusted_root_json());
        scene.folder.file("key.pub", scene.key.pem());
        scene.folder.file(
            "a.zip.sigstore.json",
            scene.signed(&scene.said(&provenance())),
        );
        scene
    }

    pub(super) fn said(&self, predicate: &Value) -> String {
        statement("a.zip", Digest::of(b"artifact"), SLSA, predicate)
    }

    pub(super) fn signed(&self, statement: &str) -> String {
        let claims = Claims::github("acme/api", "refs/tags/v1.2.3", COMMIT);
        self.authority.sign(statement, &claims, &Options::at(TIME))
    }

    /// Runs with the trusted root of the authority.
    pub(super) fn verify(&self, arguments: &[&str]) -> Ran {
        let head = ["verify", "--trusted-root", "root.json"];
        let all: Vec<&str> = head.iter().chain(arguments).copied().collect();
        Run::new(&all).within(self.folder.path()).run()
    }

    /// The same, and says whose signature counts.
    pub(super) fn by_us(&self, arguments: &[&str]) -> Ran {
        let all: Vec<&str> = BY_US.iter().chain(arguments).copied().collect();
        Run::new(&all).within(self.folder.path()).run()
    }

    /// Signs the usual provenance with the key, to this file.
    pub(super) fn sign_with_key(&self, file: &str) {
        let (said, options) = (self.said(&provenance()), Options::at(TIME));
        let signed = self.authority.sign_with(&self.key, &said, &options);
        self.folder.file(file, signed);
    }
}

/// What says the trusted root of the authority and whose signature counts.
pub(super) const BY_US: [&str; 7] = [
    "verify",
    "--trusted-root",
    "root.json",
    "--certificate-identity",
    IDENTITY,
    "--certificate-oidc-issuer",
    ISSUER,
];

#[track_caller]
pub(super) fn proves(ran: &Ran) {
    assert_eq!(ran.code, Some(0), "{ran:#?}");
}

#[track_caller]
pub(super) fn denies(ran: &Ran, words: &[&str]) {
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    assert!(
        !ran.out.contains("verified: a") || ran.out.contains("not verified"),
        "{ran:#?}"
    );
    let flat = ran.out.split_whitespace().collect::<Vec<_>>().join(" ");
    for word in words {
        assert!(flat.contains(word), "no `{word}` in {ran:#?}");
    }
}

#[test]
fn every_expectation_is_met_or_denies_with_both_values() {
    let scene = Scene::new();
    for (option, met, not_met, found) in [
        (
            "--source-repository",
            "https://github.com/acme/api",
            "https://github.com/evil/api",
            "acme/api",
        ),
        (
            "--source-uri",
            "git+https://github.com/Acme/api.git",
            "https://github.com/acme/api2",
            "acme/api",
        ),
        ("--source-repository-id", "1000", "1001", "1000"),
        (
            "--source-ref",
            "refs/tags/v1.2.3",
            "refs/heads/v1.2.3",
            "refs/tags/v1.2.3",
        ),
        ("--source-tag", "v1.2.3", "v1.2", "v1.2.3"),
        ("--source-versioned-tag", "v1.2", "v1.3", "v1.2.3"),
        ("--source-commit", COMMIT, OTHER, COMMIT),
        ("--source-digest", COMMIT, OTHER, COMMIT),
        (
            "--workflow",
            ".github/workflows/release.yml",
            ".github/workflows/other.yml",
            "release.yml",
        ),
        (
            "--workflow",
            ".github/workflows/release.yml@refs/tags/v1.2.3",
            ".github/workflows/release.yml@refs/heads/main",
            "release.yml",
        ),
        (
            "--runner-environment",
            "github-hosted",
            "self-hosted",
            "github-hosted",
        ),
        (
            "--builder",
            IDENTITY,
            "https://github.com/acme/api/.github/workflows/release.yml@refs/tags/v1",
            "release.yml",
        ),
        (
            "--builder-id",
            "https://github.com/acme/api/.github/workflows/release.yml",
            "https://github.com/acme/api/.github/workflows/release",
            "release.yml",
        ),
        (
            "--build-type",
            BUILD_TYPE,
            "https://example.com/build/v1",
            BUILD_TYPE,
        ),
        (
            "--predicate-type",
            SLSA,
            "https://slsa.dev/provenance/v0.2",
            SLSA,
        ),
        ("--predicate-type", "slsa", "publish", SLSA),
        ("--type", "any", "signature", SLSA),
        ("--trigger", "push", "release", "push"),
    ] {
        proves(&scene.by_us(&[option, met, "a.zip"]));
        denies(
            &scene.by_us(&[option, not_met, "a.zip"]),
            &[found, not_met, "hint:"],
        );
    }
}

#[test]
fn every_way_to_name_the_signer_is_met_or_denies() {
    let scene = Scene::new();
    let issuer = ["--certificate-oidc-issuer", ISSUER];
    for (option, met, not_met) in [
        (
            "--certificate-identity",
            IDENTITY,
            "https://github.com/evil/api/.github/workflows/release.yml@refs/tags/v1.2.3",
        ),
        ("--certificate-identity", IDENTITY, ".*"),
        (
            "--certificate-identity-regexp",
            "https://github[.]com/acme/.*",
            "https://github[.]com/acme/",
        ),
        ("--certificate-identity-regexp", "x|.*", "acme|evil"),
        ("--cert-identity-regex", ".*", "github"),
    ] {
        proves(&scene.verify(&[&issuer[..], &[option, met, "a.zip"]].concat()));
        denies(
            &scene.verify(&[&issuer[..], &[option, not_met, "a.zip"]].concat()),
            &["certificate-identity: expected", IDENTITY],
        );
    }
    let identity = ["--certificate-identity", IDENTITY];
    for (option, met, not_met) in [
        ("--certificate-oidc-issuer", ISSUER, "https://gitlab.com"),
        (
            "--certificate-oidc-issuer-regexp",
            "https://token.*",
            "token",
        ),
    ] {
        proves(&scene.verify(&[&identity[..], &[option, met, "a.zip"]].concat()));
        denies(
            &scene.verify(&[&identity[..], &[option, not_met, "a.zip"]].concat()),
            &[not_met, ISSUER],
        );
    }
}

#[test]
fn whose_signature_counts_must_be_said() {
    let scene = Scene::new();
    for arguments in [
        &["a.zip"][..],
        &["--certificate-identity", IDENTITY, "a.zip"],
        &["--certificate-oidc-issuer", ISSUER, "a.zip"],
        &[
            "--source-repository",
            "https://github.com/acme/api",
            "a.zip",
        ],
        &[
            "--source-commit",
            COMMIT,
            "--certificate-oidc-issuer",
            ISSUER,
            "a.zip",
        ],
    ] {
        scene
            .verify(arguments)
            .refuses(&["whose signature counts", "hint:"]);
    }
    let source = [
        "--source-repository",
        "https://github.com/acme/api",
        "--certificate-oidc-issuer",
        ISSUER,
    ];
    proves(&scene.verify(&[&source[..], &["a.zip"]].concat()));
    let anybody = scene.verify(&["--unsafe-any-identity", "a.zip"]);
    proves(&anybody);
    assert!(anybody.out.contains("unsafe"), "{anybody:#?}");
}

#[test]
fn a_person_s_word_about_a_repository_counts_only_with_their_identity() {
    let scene = Scene::new();
    let claims = Claims::person("eve@evil.example", "https://accounts.example");
    let options = Options::at(TIME);
    let bundle = scene
        .authority
        .sign(&scene.said(&provenance()), &claims, &options);
    scene.folder.file("eve.json", bundle);
    let issuer = [
        "--certificate-oidc-issuer",
        "https://accounts.example",
        "--bundle",
        "eve.json",
        "a.zip",
    ];
    let source = ["--source-repository", "https://github.com/acme/api"];
    denies(
        &scene.verify(&[&source[..], &issuer].concat()),
        &["names no source repository"],
    );
    let identity = ["--certificate-identity", "eve@evil.example"];
    proves(&scene.verify(&[&identity[..], &source, &issuer].concat()));
}

#[test]
fn bad_options_are_refused_before_anything_is_read() {
    let scene = Scene::new();
    for (arguments, words) in [
        (&["--source-commit", "abc", "a.zip"][..], "--source-commit"),
        (&["--source-ref", "main", "a.zip"], "--source-ref"),
        (
            &["--source-versioned-tag", "1", "a.zip"],
            "--source-versioned-tag",
        ),
        (
            &["--source-repository", "acme/api", "a.zip"],
            "--source-repository",
        ),
        (
            &["--predicate-type", "nonsense", "a.zip"],
            "--predicate-type",
        ),
        (&["--bundle", "missing.json", "a.zip"], "missing.json"),
        (&["--bundle", "a.zip", "a.zip"], "a.zip"),
        (&["missing.zip"], "missing.zip"),
        (
            &["--bundle", "a.zip.sigstore.json", "missing.zip"],
            "missing.zip",
        ),
        (&["--bundle", "a.zip.sigstore.json", "."], "folder"),
        (&["sha256:00"], "sha256:00"),
        (&[&format!("sha256:{}", "00".repeat(32))], "--bundle"),
    ] {
        scene.by_us(arguments).refuses(&[words]);
    }
    let pattern = [
        "--certificate-oidc-issuer",
        ISSUER,
        "--certificate-identity-regexp",
        "a)|(?:.*",
        "a.zip",
    ];
    scene
        .verify(&pattern)
        .refuses(&["--certificate-identity-regexp"]);
    let empty = [
        "--certificate-oidc-issuer",
        ISSUER,
        "--certificate-identity",
        "",
        "a.zip",
    ];
    scene.verify(&empty).refuses(&["--certificate-identity"]);
    scene
        .by_us(&["--key", "key.pub", "a.zip"])
        .refuses(&["--key"]);
}

#[test]
fn a_contradiction_between_certificate_and_predicate_denies() {
    let scene = Scene::new();
    let mut predicate = provenance();
    predicate["buildDefinition"]["resolvedDependencies"][0]["digest"]["gitCommit"] = OTHER.into();
    scene
        .folder
        .file("b.json", scene.signed(&scene.said(&predicate)));
    let ran = scene.by_us(&["--bundle", "b.json", "--predicate-type", "any", "a.zip"]);
    denies(&ran, &["contradict", OTHER, COMMIT]);
}

#[test]
fn text_of_a_bundle_never_reaches_the_terminal_as_it_is() {
    let scene = Scene::new();
    let mut claims = Claims::github("acme/api", "refs/tags/v1.2.3", COMMIT);
    claims.build_trigger = Some("push\u{1b}[2J\u{202e}".to_owned());
    let kind = "https://evil.example/\u{1b}[2J\u{202e}::error::x\n::error::y";
    let said = statement("a.zip", Digest::of(b"artifact"), kind, &Value::Null);
    let bundle = scene.authority.sign(&said, &claims, &Options::at(TIME));
    scene.folder.file("b.json", bundle);
    for format in ["human", "json"] {
        for arguments in [
            &[
                "--predicate-type",
                "any",
                "--bundle",
                "b.json",
                "--format",
                format,
                "a.zip",
            ][..],
            &["--bundle", "b.json", "--format", format, "a.zip"],
        ] {
            let ran = scene.by_us(arguments);
            assert!(ran.code.is_some_and(|code| code < 2), "{ran:#?}");
            assert!(!ran.out.contains(['\u{1b}', '\u{202e}']), "{ran:#?}");
            assert!(
                !ran.out.lines().any(|it| it.trim_start().starts_with("::")),
                "{ran:#?}"
            );
        }
        let ran = Run::new(&["inspect", "b.json", "--format", format])
            .within(scene.folder.path())
            .run();
        assert_eq!(ran.code, Some(0), "{ran:#?}");
        assert!(!ran.out.contains(['\u{1b}', '\u{202e}']), "{ran:#?}");
    }
}
