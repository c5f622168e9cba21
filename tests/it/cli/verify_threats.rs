//! `lockstep verify` against the classes of bugs that verifiers have had, by their number in
//! `docs/threats.md`.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Run;
use super::verify::{COMMIT, IDENTITY, ISSUER, Scene, TIME, denies, provenance, proves};
use super::verify_faults::ends_badly;
use crate::authority::{Authority, Claims, Key, Kind, Logged, Options, Sct, Version, pep_740};

#[test]
fn row_24_nothing_of_the_artifacts_folder_is_read_but_its_bundle() {
    let scene = Scene::new();
    let evil = scene.authority.trusted_root_json();
    let settings = "trusted-root = \"root.json\"\nkey = \"key.pub\"\nunsafe-no-log = true\n";
    for name in [
        "trusted_root.json",
        "root.json",
        ".sigstore/trusted_root.json",
        ".sigstore/root/trusted_root.json",
        ".sigstore/root/tuf-repo-cdn.sigstore.dev/targets/trusted_root.json",
        ".local/share/lockstep/trust/sigstore.json",
        "lockstep/trust/sigstore.json",
        "trust/sigstore.json",
        "sigstore.json",
    ] {
        scene.folder.file(name, &evil);
    }
    for name in [
        "lockstep.toml",
        ".lockstep.toml",
        ".config/lockstep.toml",
        ".env",
    ] {
        scene.folder.file(name, settings);
    }
    scene.folder.file("cosign.pub", scene.key.pem());
    let signer = [
        "verify",
        "--certificate-identity",
        IDENTITY,
        "--certificate-oidc-issuer",
        ISSUER,
    ];
    let here = [&signer[..], &["a.zip"]].concat();
    denies(
        &Run::new(&here).within(scene.folder.path()).run(),
        &["not verified"],
    );
    let path = scene.folder.path().join("a.zip");
    let elsewhere = [&signer[..], &[path.to_str().unwrap()]].concat();
    denies(&Run::new(&elsewhere).run(), &["not verified"]);
}

/// Every option about signer, source, build and trust: with one value it is accepted, with another
/// one, or without it, it is not.
#[test]
fn row_25_every_option_of_verify_decides_something() {
    let scene = Scene::new();
    let said = scene.said(&provenance());
    let claims = Claims::github("acme/api", "refs/tags/v1.2.3", COMMIT);
    let file = |name: &str, options: Options| {
        let bundle = scene.authority.sign(&said, &claims, &options);
        scene.folder.file(name, bundle);
    };
    let unlogged = Options {
        sct: Sct::Good,
        ..Options::unlogged_at(TIME)
    };
    file("unlogged.json", unlogged);
    let promised = Options {
        version: Version::V0_1,
        logged: Logged::PromiseOnly(Kind::Dsse),
        ..Options::at(TIME)
    };
    file("promised.json", promised);
    let uncertified = Options {
        sct: Sct::Missing,
        ..Options::at(TIME)
    };
    file("no-sct.json", uncertified);
    let by_key = scene
        .authority
        .sign_with(&scene.key, &said, &Options::at(TIME));
    scene.folder.file("by-key.json", by_key);
    scene.folder.file("other.pub", Key::p256("other").pem());
    let other_root = Authority::new("other").trusted_root_json();
    scene.folder.file("other.json", other_root);
    let (root, issuer) = (
        ["--trusted-root", "root.json"],
        ["--certificate-oidc-issuer", ISSUER],
    );
    let identity = ["--certificate-identity", IDENTITY];
    let us = [&root[..], &issuer, &identity].concat();
    let mut decided = BTreeSet::new();
    // What comes before, the option with the value that is accepted, and one that is not; empty
    // where the option is left away.
    let mut decides = |before: &[&str], accepted: &[&str], refused: &[&str], subject: &[&str]| {
        let run = |option: &[&str]| {
            let all = [&["verify"][..], before, option, subject].concat();
            Run::new(&all).within(scene.folder.path()).run()
        };
        proves(&run(accepted));
        ends_badly(&run(refused), &format!("{refused:?}"));
        decided.insert(accepted[0].to_owned());
    };
    let own = &["a.zip"][..];
    for (option, accepted, refused) in [
        (
            "--source-repository",
            "https://github.com/acme/api",
            "https://github.com/acme/ap",
        ),
        ("--source-repository-id", "1000", "100"),
        ("--source-ref", "refs/tags/v1.2.3", "refs/heads/v1.2.3"),
        ("--source-tag", "v1.2.3", "v1.2"),
        ("--source-versioned-tag", "v1.2", "v1.2.4"),
        (
            "--source-commit",
            COMMIT,
            "1111111111111111111111111111111111111111",
        ),
        ("--workflow", ".github/workflows/release.yml", "release.yml"),
        ("--runner-environment", "github-hosted", "self-hosted"),
        ("--builder", IDENTITY, "https://github.com/acme/api"),
        (
            "--build-type",
            "https://actions.github.io/buildtypes/workflow/v1",
            "https://actions.github.io/buildtypes/workflow",
        ),
        ("--trigger", "push", "release"),
        ("--predicate-type", "slsa", "publish"),
    ] {
        decides(&us, &[option, accepted], &[option, refused], own);
    }
    let (by_root, by_issuer) = (
        [&root[..], &identity].concat(),
        [&root[..], &issuer].concat(),
    );
    for (before, option, accepted, refused) in [
        (&by_issuer, "--certificate-identity", IDENTITY, ".*"),
        (
            &by_issuer,
            "--certificate-identity-regexp",
            "https://.*",
            "https://",
        ),
        (
            &by_root,
            "--certificate-oidc-issuer",
            ISSUER,
            "https://gitlab.com",
        ),
        (
            &by_root,
            "--certificate-oidc-issuer-regexp",
            "https://token.*",
            "https",
        ),
    ] {
        decides(before, &[option, accepted], &[option, refused], own);
    }
    decides(&root, &["--unsafe-any-identity"], &[], own);
    let signer = [&issuer[..], &identity].concat();
    let [option, value] = root;
    decides(&signer, &[option, value], &[option, "other.json"], own);
    decides(
        &root,
        &["--key", "key.pub"],
        &["--key", "other.pub"],
        &["--bundle", "by-key.json", "a.zip"],
    );
    for (option, bundle) in [
        ("--unsafe-no-log", "unlogged.json"),
        ("--unsafe-set-only", "promised.json"),
        ("--unsafe-no-sct", "no-sct.json"),
    ] {
        decides(&us, &[option], &[], &["--bundle", bundle, "a.zip"]);
    }
    let self_hosted = Claims {
        runner_environment: Some("self-hosted".to_owned()),
        ..Claims::github("acme/api", "refs/tags/v1.2.3", COMMIT)
    };
    let mut predicate = provenance();
    predicate["buildDefinition"]["internalParameters"] = json!({});
    let own_runner =
        scene
            .authority
            .sign(&scene.said(&predicate), &self_hosted, &Options::at(TIME));
    scene.folder.file("self-hosted.json", own_runner);
    proves(&scene.by_us(&["--bundle", "self-hosted.json", "a.zip"]));
    let deny = "--deny-self-hosted-runners";
    denies(
        &scene.by_us(&[deny, "--bundle", "self-hosted.json", "a.zip"]),
        &["self-hosted"],
    );
    proves(&scene.by_us(&[deny, "a.zip"]));
    decided.insert(deny.to_owned());
    let help = Run::new(&["verify", "--help"]).run().out;
    let (_, deciding) = help.split_once("\nSigner:").unwrap();
    let documented = deciding
        .lines()
        .filter(|line| !line.starts_with("       "))
        .filter_map(|line| line.trim_start().strip_prefix("--"))
        .map(|line| format!("--{}", line.split([' ', ',']).next().unwrap()));
    // How a result is written decides nothing; what decides about summaries is shown in `vsa.rs`.
    for option in documented.filter(|it| it != "--format" && !it.starts_with("--vsa")) {
        assert!(
            decided.contains(&option),
            "nothing shows what {option} does"
        );
    }
}

/// A key needs no `--trusted-root` of its own: the roots that are known have the logs.
#[test]
fn row_25_a_key_is_verified_against_the_logs_that_are_known() {
    let scene = Scene::new();
    scene.sign_with_key("ours.json");
    let arguments = [
        "verify",
        "--key",
        "key.pub",
        "--bundle",
        "ours.json",
        "a.zip",
    ];
    let ran = Run::new(&arguments).within(scene.folder.path()).run();
    // Our log is none of the known ones: that is the reason, and not a usage error.
    denies(&ran, &["log"]);
    let bare = Options {
        logged: Logged::Nowhere,
        ..Options::at(TIME)
    };
    let said = scene.said(&provenance());
    let bare = scene.authority.sign_with(&scene.key, &said, &bare);
    scene.folder.file("bare.json", bare);
    let arguments = [
        "verify",
        "--key",
        "key.pub",
        "--bundle",
        "bare.json",
        "a.zip",
    ];
    let run = |more: &[&str]| {
        let all = [&arguments[..], more].concat();
        Run::new(&all).within(scene.folder.path()).run()
    };
    denies(&run(&[]), &["transparency log"]);
    proves(&run(&["--unsafe-no-log"]));
}

/// Row 4: the type of the predicate, in every format that can carry a statement.
#[test]
fn row_4_the_predicate_type_is_enforced_in_every_format() {
    let scene = Scene::new();
    let bundle: Value = serde_json::from_str(&scene.signed(&scene.said(&provenance()))).unwrap();
    let pep_740 = pep_740(&bundle);
    let formats = [
        ("bundle", bundle.clone()),
        ("pep-740", pep_740.clone()),
        (
            "pypi",
            json!({"attestation_bundles": [{"attestations": [pep_740]}]}),
        ),
        ("github", json!({"attestations": [{"bundle": bundle}]})),
        ("list", json!([bundle])),
    ];
    for (name, document) in formats {
        let file = scene
            .folder
            .file(&format!("{name}.json"), document.to_string());
        proves(&scene.by_us(&["--bundle", &file, "a.zip"]));
        for other in ["publish", "signature", "https://slsa.dev/provenance/v0.2"] {
            let arguments = ["--predicate-type", other, "--bundle", &file, "a.zip"];
            denies(&scene.by_us(&arguments), &["predicate-type"]);
        }
    }
}
