//! `lockstep inspect`: what bundles claim, always called unverified.

use super::{Folder, Run, root};

fn fixture(name: &str) -> String {
    root()
        .join("fixtures/attestations")
        .join(name)
        .display()
        .to_string()
}

const SLSA: &str = "pypi_attestations-0.0.19.tar.gz.slsa.attestation";

#[test]
fn a_bundle_s_claims_are_shown_as_unverified_in_both_formats() {
    let ran = Run::new(&["inspect", &fixture(SLSA)]).run();
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    assert!(ran.out.starts_with("UNVERIFIED"), "{ran:#?}");
    for word in [
        "refs/tags/v0.0.19",
        "08802efe1f8e5fec4ad842d6b8ce97656092ee72",
        "https://slsa.dev/provenance/v1",
        "pypi_attestations-0.0.19.tar.gz",
        "has proof",
        "PEP 740 attestation",
    ] {
        let flat = ran.out.replace("\n    ", " ");
        assert!(flat.contains(word), "no `{word}` in {ran:#?}");
    }
    let ran = Run::new(&["inspect", "--format", "json", &fixture(SLSA)]).run();
    let document = ran.json();
    assert_eq!(document["schema"], "lockstep-inspection/1");
    assert_eq!(document["verified"], false);
    let unverified = &document["bundles"][0]["unverified"];
    assert_eq!(unverified["build"]["trigger"], "release");
    assert_eq!(
        unverified["signer"]["certificate"]["claims"]["source-repository-id"],
        "772247423"
    );
}

#[test]
fn what_verifies_nowhere_is_shown_all_the_same() {
    let folder = Folder::new();
    let text = std::fs::read_to_string(fixture(SLSA)).unwrap();
    let forged = text.replacen("\"signature\":\"ME", "\"signature\":\"MF", 1);
    assert_ne!(text, forged);
    folder.file("a.json", forged);
    let ran = Run::new(&["inspect", "a.json"]).within(folder.path()).run();
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    let ran = Run::new(&["inspect", "-"]).input(text).run();
    assert!(ran.out.contains("standard input"), "{ran:#?}");
}

#[test]
fn what_cannot_be_read_is_told() {
    let folder = Folder::new();
    folder.file("a.json", "{\"verificationMaterial\":{}}");
    let ran = Run::new(&["inspect", "a.json"]).within(folder.path()).run();
    assert_eq!(ran.code, Some(2), "{ran:#?}");
    assert!(ran.out.contains("cannot be read"), "{ran:#?}");
    folder.file("b.json", "nonsense");
    Run::new(&["inspect", "b.json"])
        .within(folder.path())
        .run()
        .refuses(&["b.json"]);
    Run::new(&["inspect", "missing.json"])
        .within(folder.path())
        .run()
        .refuses(&["missing.json"]);
}

#[test]
fn why_a_bundle_is_refused_is_said_with_its_class_and_what_to_do() {
    let folder = Folder::new();
    let text = std::fs::read_to_string(fixture(SLSA)).unwrap();
    let older = text.replace("\"dsse\"", "\"intoto\"");
    assert_ne!(text, older);
    folder.file("older.json", older);
    let ran = Run::new(&["inspect", "older.json"])
        .within(folder.path())
        .run();
    assert_eq!(ran.code, Some(2), "{ran:#?}");
    let flat = ran.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains("cannot be verified here"), "{ran:#?}");
    assert!(flat.contains("kind `intoto` version `0.0.1`"), "{ran:#?}");
    let both = format!(r#"{{"attestations":[{{"bundle":null}},{{"bundle":{text}}}]}}"#);
    folder.file("both.json", both);
    let ran = Run::new(&["inspect", "both.json", "--format", "json"])
        .within(folder.path())
        .run();
    let first = &ran.json()["bundles"][0];
    assert_eq!(first["fault"], "unsupported", "{ran:#?}");
    assert!(first["hint"].as_str().unwrap().contains("bundle_url"));
}
