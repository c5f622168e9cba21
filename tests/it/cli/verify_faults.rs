//! `lockstep verify` and `check` with a fault in each of their files: never exit code 0 (row 3 of
//! `docs/threats.md`).

use std::fs;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::verify::{BY_US, Scene, proves};
use super::{Folder, LIBRARY, Ran, Run, library_evidence};
use crate::authority::{Authority, Key};

/// Judges the evidence of the folder.
const CHECK: [&str; 4] = ["check", "lib.toml", "--evidence", "evidence.json"];

#[track_caller]
pub(super) fn ends_badly(ran: &Ran, step: &str) {
    assert!(matches!(ran.code, Some(1..=3)), "{step}: {ran:#?}");
    assert!(!ran.err.contains("panicked"), "{step}: {ran:#?}");
    if let Ok(document) = serde_json::from_str::<Value>(&ran.out) {
        assert_ne!(document["verified"], true, "{step}");
        assert_ne!(document["outcome"], "allow", "{step}");
    }
}

/// What may stand in the place of a file.
fn faults(whole: &[u8]) -> Vec<Vec<u8>> {
    let mut all: Vec<Vec<u8>> = (0..8)
        .map(|it| whole[..whole.len() * it / 8].to_vec())
        .collect();
    all.push(whole[..whole.len() - 1].to_vec());
    for other in [&b"null"[..], b"[]", b"{}", b"0", b"\"x\""] {
        all.push(other.to_vec());
    }
    for (before, after) in [("\u{feff}", ""), ("", "x"), ("", "\0"), ("{", "")] {
        all.push([before.as_bytes(), whole, after.as_bytes()].concat());
    }
    all.push([&[0xff], whole].concat());
    all
}

/// Runs with each fault in a file, then without the file, then with a folder in its place.
fn with_faults(folder: &Folder, name: &str, run: &dyn Fn() -> Ran) {
    let path = folder.path().join(name);
    let whole = fs::read(&path).unwrap();
    proves(&run());
    for (number, fault) in faults(&whole).into_iter().enumerate() {
        fs::write(&path, fault).unwrap();
        ends_badly(&run(), &format!("{name}, fault {number}"));
    }
    fs::remove_file(&path).unwrap();
    ends_badly(&run(), &format!("without {name}"));
    fs::create_dir(&path).unwrap();
    ends_badly(&run(), &format!("a folder in place of {name}"));
    fs::remove_dir(&path).unwrap();
    fs::write(&path, &whole).unwrap();
    proves(&run());
}

#[test]
fn row_3_no_fault_in_any_file_of_verify_ends_with_0() {
    let scene = Scene::new();
    let by_identity = || scene.by_us(&["--format", "json", "a.zip"]);
    for name in ["a.zip", "a.zip.sigstore.json", "root.json"] {
        with_faults(&scene.folder, name, &by_identity);
    }
    scene.sign_with_key("ours.json");
    let arguments = [
        "--key",
        "key.pub",
        "--bundle",
        "ours.json",
        "--format",
        "json",
        "a.zip",
    ];
    let by_key = || scene.verify(&arguments);
    proves(&by_key());
    let path = scene.folder.path().join("key.pub");
    let whole = fs::read_to_string(&path).unwrap();
    for part in 0..4 {
        fs::write(&path, &whole[..whole.len() * part / 4]).unwrap();
        ends_badly(&by_key(), &format!("{part} quarters of the key"));
    }
    for other in [Key::p256("other").pem(), whole.replace("PUBLIC", "PRIVATE")] {
        fs::write(&path, &other).unwrap();
        ends_badly(&by_key(), &other);
    }
}

#[test]
fn row_3_no_root_that_lacks_an_authority_ends_with_0() {
    let scene = Scene::new();
    let root: Value = serde_json::from_str(&scene.authority.trusted_root_json()).unwrap();
    let other: Value = serde_json::from_str(&Authority::new("other").trusted_root_json()).unwrap();
    for name in ["tlogs", "certificateAuthorities", "ctlogs"] {
        for value in [json!([]), Value::Null, json!({}), other[name].clone()] {
            let mut broken = root.clone();
            broken[name] = value;
            scene.folder.file("root.json", broken.to_string());
            ends_badly(&scene.by_us(&["--format", "json", "a.zip"]), name);
        }
    }
}

/// Runs with a standard output that takes nothing.
fn into_nothing(arguments: &[&str], folder: &Folder) -> Option<i32> {
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    Command::new(env!("CARGO_BIN_EXE_lockstep"))
        .env_clear()
        .args(arguments)
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(full)
        .stderr(Stdio::null())
        .status()
        .unwrap()
        .code()
}

#[cfg(target_os = "linux")]
#[test]
fn row_3_a_result_that_nobody_could_read_does_not_end_with_0() {
    let scene = Scene::new();
    for format in ["human", "json"] {
        let arguments = [&BY_US[..], &["--format", format, "a.zip"]].concat();
        assert_eq!(into_nothing(&arguments, &scene.folder), Some(2), "{format}");
    }
    scene.folder.file("lib.toml", LIBRARY);
    let evidence = library_evidence(&["1.0"], &["1.0"]);
    scene.folder.file("evidence.json", evidence);
    for format in ["human", "json", "sarif", "junit", "csv", "markdown"] {
        let arguments = [&CHECK[..], &["--format", format]].concat();
        assert_eq!(into_nothing(&arguments, &scene.folder), Some(2), "{format}");
    }
}

#[test]
fn row_3_no_fault_in_any_file_of_check_ends_with_0() {
    let folder = Folder::new();
    folder.file("lib.toml", LIBRARY);
    folder.file("evidence.json", library_evidence(&["1.0"], &["1.0"]));
    let run = || {
        let arguments = [&CHECK[..], &["--format", "json"]].concat();
        Run::new(&arguments).within(folder.path()).run()
    };
    with_faults(&folder, "evidence.json", &run);
    let path = folder.path().join("lib.toml");
    for cut in (0..LIBRARY.trim_end().len()).step_by(9) {
        fs::write(&path, &LIBRARY[..cut]).unwrap();
        ends_badly(&run(), &format!("the policy cut at {cut}"));
    }
}
