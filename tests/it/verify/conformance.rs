//! Every `bundle-verify` case of sigstore-conformance, by path and by digest.

#![allow(clippy::print_stdout, reason = "what is left out is said")]

use std::path::{Path, PathBuf};
use std::{env, fs};

use lockstep::model::Digest;

use super::client;

const IDENTITY: &str = "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main";
const ISSUER: &str = "https://token.actions.githubusercontent.com";

/// The folder with the cases, or nothing where it is not there, which is said and, with
/// `LOCKSTEP_CONFORMANCE_REQUIRED=1`, is a failure.
pub(crate) fn cases() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/sigstore-conformance");
    let folder = env::var_os("LOCKSTEP_CONFORMANCE_DATA").map_or(beside, PathBuf::from);
    let cases = folder.join("bundle-verify");
    if cases.is_dir() {
        return Some(cases);
    }
    let required = env::var("LOCKSTEP_CONFORMANCE_REQUIRED").is_ok_and(|value| value == "1");
    assert!(
        !required,
        "no sigstore-conformance cases at {}",
        cases.display()
    );
    println!(
        "left out: no sigstore-conformance cases at {}",
        cases.display()
    );
    None
}

fn arguments(cases: &Path, case: &Path, subject: String) -> Vec<String> {
    let text = |name: &str, default: &str| {
        fs::read_to_string(case.join(name)).map_or(default.to_owned(), |it| it.trim().to_owned())
    };
    let path = |path: PathBuf| path.to_str().unwrap().to_owned();
    let mut given = vec!["verify-bundle".to_owned(), "--bundle".to_owned()];
    given.push(path(case.join("bundle.sigstore.json")));
    if case.join("key.pub").is_file() {
        given.extend(["--key".to_owned(), path(case.join("key.pub"))]);
    } else {
        given.extend([
            "--certificate-identity".to_owned(),
            text("identity", IDENTITY),
        ]);
        given.extend([
            "--certificate-oidc-issuer".to_owned(),
            text("issuer", ISSUER),
        ]);
    }
    let own_root = case.join("trusted_root.json");
    let root = match own_root.is_file() {
        true => own_root,
        false => cases.join("../trusted_root.production.json"),
    };
    given.extend(["--trusted-root".to_owned(), path(root), subject]);
    given
}

#[test]
fn every_conformance_case_is_judged_as_its_name_says() {
    let Some(cases) = cases() else { return };
    let mut judged = 0;
    let mut wrong = Vec::new();
    for entry in fs::read_dir(&cases).unwrap() {
        let case = entry.unwrap().path();
        if !case.is_dir() {
            continue;
        }
        let own = case.join("artifact");
        let artifact = match own.is_file() {
            true => own,
            false => cases.join("a.txt"),
        };
        let digest = Digest::of(&fs::read(&artifact).unwrap()).to_string();
        let name = case.file_name().unwrap().to_str().unwrap().to_owned();
        let must_fail = name.ends_with("_fail");
        for subject in [artifact.to_str().unwrap().to_owned(), digest] {
            let given = arguments(&cases, &case, subject.clone());
            let result = client::verify_bundle(given.into_iter());
            let said = result
                .as_ref()
                .map_or_else(ToString::to_string, |()| "ok".to_owned());
            println!("{name}: {said}");
            if result.is_err() != must_fail {
                wrong.push(format!("{name} ({subject}): {said}"));
            }
        }
        judged += 1;
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(judged >= 70, "only {judged} cases at {}", cases.display());
}
