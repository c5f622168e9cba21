//! `lockstep verify`: where bundles come from, and several subjects in one run.

use lockstep::model::Digest;
use serde_json::json;

use super::Run;
use super::verify::{BY_US, ISSUER, Scene, denies, provenance, proves};
use crate::authority::statement;

#[test]
fn bundles_come_from_beside_the_file_from_files_and_from_standard_input() {
    let scene = Scene::new();
    let digest = Digest::of(b"artifact").to_string();
    let bundle = std::fs::read_to_string(scene.folder.path().join("a.zip.sigstore.json")).unwrap();
    proves(&scene.by_us(&["--bundle", "a.zip.sigstore.json", "a.zip", &digest]));
    let arguments = [&BY_US[..], &["--bundle", "-", &digest]].concat();
    let ran = Run::new(&arguments)
        .within(scene.folder.path())
        .input(bundle.clone())
        .run();
    proves(&ran);
    scene.folder.file(
        "lines.jsonl",
        format!("{}\n{bundle}", scene.signed(&scene.said(&provenance()))),
    );
    let ran = scene.by_us(&["--bundle", "lines.jsonl", "--format", "json", "a.zip"]);
    assert_eq!(
        ran.json()["subjects"][0]["proofs"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    // The shorter name is second, and anything else of the folder is never read.
    scene.folder.file("b.zip", "artifact");
    scene.folder.file("b.zip.json", &bundle);
    scene.by_us(&["b.zip"]).refuses(&["b.zip.sigstore.json"]);
    scene.folder.file("b.zip.sigstore", &bundle);
    proves(&scene.by_us(&["b.zip"]));
    scene.folder.file("b.zip.sigstore.json", "{}");
    denies(&scene.by_us(&["b.zip"]), &["no format"]);
}

#[test]
fn one_subject_that_is_not_verified_denies_all() {
    let scene = Scene::new();
    scene.folder.file("b.zip", "another artifact");
    let ran = scene.by_us(&[
        "--bundle",
        "a.zip.sigstore.json",
        "--format",
        "json",
        "a.zip",
        "b.zip",
    ]);
    assert_eq!(ran.code, Some(1));
    let document = ran.json();
    assert_eq!(document["verified"], false);
    assert_eq!(document["subjects"][0]["verified"], true);
    let rejection = &document["subjects"][1]["rejections"][0];
    assert_eq!(rejection["fault"], "subject");
    // With both values: what was asked about, and what it is about.
    let message = rejection["message"].as_str().unwrap();
    let (asked, about) = (Digest::of(b"another artifact"), Digest::of(b"artifact"));
    let words = format!("is {asked}: it is about `a.zip` {about}");
    assert!(message.contains(&words), "{message}");
    assert!(
        rejection["hint"]
            .as_str()
            .unwrap()
            .contains("not the one that was signed")
    );
}

#[test]
fn a_type_is_named_as_it_was_when_it_was_attested() {
    let scene = Scene::new();
    let said = |kind: &str| statement("a.zip", Digest::of(b"artifact"), kind, &json!({"a": 1}));
    for (written, kind) in [
        ("spdxjson", "https://spdx.dev/Document"),
        ("cyclonedx", "https://cyclonedx.org/bom"),
        ("urn:example:tests", "urn:example:tests"),
    ] {
        let bundle = scene.signed(&said(kind));
        scene.folder.file("a.zip.sigstore.json", bundle);
        proves(&scene.by_us(&["--type", written, "a.zip"]));
        denies(&scene.by_us(&["--type", "vuln", "a.zip"]), &[kind]);
    }
    let ran = scene.by_us(&["--type", "sbom", "a.zip"]);
    ran.refuses(&["`sbom` is no type", "spdxjson"]);
}

#[test]
fn what_is_expected_in_the_wrong_way_is_told_what_is_the_right_one() {
    let scene = Scene::new();
    let issuer = ["--certificate-oidc-issuer", ISSUER, "a.zip"];
    let signer = |option, value| scene.verify(&[&issuer[..], &[option, value]].concat());
    let part = signer("--certificate-identity-regexp", "github.com/acme/");
    denies(&part, &["hint: the pattern matches a part", "`.*`"]);
    let ran = signer("--certificate-identity-regexp", "a(");
    ran.refuses(&["`a(` is no regular expression: unclosed group"]);
    assert!(!ran.err.contains("\\u{a}"), "{ran:#?}");
    let ran = signer("--source-repository-id", "acme/api");
    ran.refuses(&["--source-repository-id: `acme/api` is no number"]);
}
