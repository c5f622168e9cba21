//! `lockstep verify`: where bundles come from, and several subjects in one run.

use lockstep::model::Digest;

use super::Run;
use super::verify::{BY_US, Scene, denies, provenance, proves};

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
    assert_eq!(document["subjects"][1]["rejections"][0]["fault"], "subject");
}
