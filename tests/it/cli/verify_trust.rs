//! `lockstep verify`: whom it trusts: keys, roots that are named, those that it carries, and what is
//! forgiven.

use serde_json::{Value, json};

use super::verify::{COMMIT, ISSUER, OTHER, Scene, TIME, denies, provenance, proves};
use super::{Run, root};
use crate::authority::{Authority, Claims, Key, Options};

#[test]
fn keys_verify_what_they_signed_and_nothing_else() {
    let scene = Scene::new();
    let said = scene.said(&provenance());
    let signed = |key: &Key, options: &Options| scene.authority.sign_with(key, &said, options);
    scene
        .folder
        .file("ours.json", signed(&scene.key, &Options::at(TIME)));
    scene
        .folder
        .file("theirs.json", signed(&Key::p256("eve"), &Options::at(TIME)));
    proves(&scene.verify(&["--key", "key.pub", "--bundle", "ours.json", "a.zip"]));
    denies(
        &scene.verify(&["--key", "key.pub", "--bundle", "theirs.json", "a.zip"]),
        &[],
    );
    denies(
        &scene.verify(&[
            "--key",
            "key.pub",
            "--source-commit",
            OTHER,
            "--bundle",
            "ours.json",
            "a.zip",
        ]),
        &[OTHER],
    );
    // A certificate's bundle is none of the key.
    denies(&scene.verify(&["--key", "key.pub", "a.zip"]), &[]);
    // And a key's none of a certificate.
    denies(&scene.by_us(&["--bundle", "ours.json", "a.zip"]), &[]);
    scene.folder.file("no.pub", "nonsense");
    scene
        .verify(&["--key", "no.pub", "--bundle", "ours.json", "a.zip"])
        .refuses(&["no.pub"]);
}

#[test]
fn what_is_forgiven_is_forgiven_only_when_said_and_shows() {
    let scene = Scene::new();
    let claims = Claims::github("acme/api", "refs/tags/v1.2.3", COMMIT);
    let said = scene.said(&provenance());
    let unlogged = scene
        .authority
        .sign(&said, &claims, &Options::unlogged_at(TIME));
    scene.folder.file("unlogged.json", unlogged);
    let arguments = ["--bundle", "unlogged.json", "--format", "json", "a.zip"];
    assert_eq!(scene.by_us(&arguments).code, Some(1));
    assert_eq!(
        scene
            .by_us(&[&["--unsafe-no-log"][..], &arguments].concat())
            .code,
        Some(1)
    );
    assert_eq!(
        scene
            .by_us(&[&["--unsafe-no-sct"][..], &arguments].concat())
            .code,
        Some(1)
    );
    let ran = scene.by_us(&[&["--unsafe-no-log", "--unsafe-no-sct"][..], &arguments].concat());
    proves(&ran);
    let document = ran.json();
    assert_eq!(
        document["unsafe-options"],
        json!(["unsafe-no-log", "unsafe-no-sct"])
    );
    let leniency = &document["subjects"][0]["proofs"][0]["signature"]["leniency"];
    assert_eq!(leniency["unsafe-no-log"], true);
}

#[test]
fn an_unknown_instance_is_not_trusted_by_default() {
    let scene = Scene::new();
    let arguments = ["verify", "--unsafe-any-identity", "a.zip"];
    let ran = Run::new(&arguments).within(scene.folder.path()).run();
    denies(&ran, &["not verified"]);
    scene.folder.file(
        "roots.jsonl",
        format!(
            "{}\n{}",
            one_line(&Authority::new("other").trusted_root_json()),
            one_line(&scene.authority.trusted_root_json())
        ),
    );
    let arguments = [
        "verify",
        "--unsafe-any-identity",
        "--trusted-root",
        "roots.jsonl",
        "a.zip",
    ];
    proves(&Run::new(&arguments).within(scene.folder.path()).run());
    scene.folder.file("no.json", "{}");
    let arguments = [
        "verify",
        "--unsafe-any-identity",
        "--trusted-root",
        "no.json",
        "a.zip",
    ];
    Run::new(&arguments)
        .within(scene.folder.path())
        .run()
        .refuses(&["no.json"]);
}

fn one_line(json: &str) -> String {
    serde_json::from_str::<Value>(json).unwrap().to_string()
}

#[test]
fn published_attestations_verify_without_any_option_about_trust() {
    let fixture = |name: &str| {
        root()
            .join("fixtures/attestations")
            .join(name)
            .display()
            .to_string()
    };
    let digest = "sha256:9bb1add04b1b4e182be6b0b80931593f7a291eb49d69b4fd728a5d4cbcdc4bd3";
    let source = [
        "verify",
        "--certificate-oidc-issuer",
        ISSUER,
        "--source-repository",
        "https://github.com/trailofbits/pypi-attestations",
    ];
    let slsa = fixture("pypi_attestations-0.0.19.tar.gz.slsa.attestation");
    let publish = fixture("pypi_attestations-0.0.19.tar.gz.provenance");
    let commit = [
        "--source-commit",
        "08802efe1f8e5fec4ad842d6b8ce97656092ee72",
    ];
    proves(&Run::new(&[&source[..], &commit, &["--bundle", &slsa, digest]].concat()).run());
    denies(
        &Run::new(&[&source[..], &["--bundle", &publish, digest]].concat()).run(),
        &["predicate-type"],
    );
    let kind = ["--predicate-type", "publish", "--bundle", &publish, digest];
    proves(&Run::new(&[&source[..], &kind].concat()).run());
    // A publish attestation says nothing about the commit that was built.
    denies(
        &Run::new(&[&source[..], &commit, &kind].concat()).run(),
        &["source-commit"],
    );
}
