//! Wrong, empty, huge, binary and unreadable input: exit code 2, where and why, nothing half-done.

use super::{Folder, LIBRARY, Run, library_evidence};

fn policy_of(bytes: &[u8]) -> (Folder, String) {
    let folder = Folder::new();
    let path = folder.file("p.toml", bytes);
    (folder, path)
}

#[test]
fn bad_policies_are_refused_before_anything_is_asked() {
    for (bytes, words) in [
        (&b""[..], "the file is empty"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"[component\n", "p.toml:1"),
        (b"\x1b[2J = 1\n", "p.toml:1"),
        (b"[component]\nname = 3\n", "p.toml:2"),
    ] {
        let (_folder, path) = policy_of(bytes);
        let ran = Run::new(&["check", &path]).run();
        ran.refuses(&["p.toml", words]);
        assert!(!ran.err.contains("\u{1b}[2J"), "{ran:?}");
    }
    let (_folder, path) = policy_of(&vec![b'#'; 2 * 1024 * 1024]);
    Run::new(&["check", &path]).run().refuses(&["p.toml"]);
    Run::new(&["check", "nowhere.toml"])
        .run()
        .refuses(&["nowhere.toml"]);
    let folder = Folder::new();
    Run::new(&["check", folder.path().to_str().unwrap()])
        .run()
        .refuses(&["no policy in it"]);
}

/// What cannot be read in a folder of policies is no policy that was judged: an allow of the others
/// would pass for one of all.
#[test]
fn a_policy_of_a_folder_that_leads_nowhere_is_refused_and_not_left_out() {
    let folder = Folder::new();
    folder.file("policies/lib.toml", LIBRARY);
    let evidence = folder.file("e.json", library_evidence(&["1.0"], &["1.0"]));
    let policies = folder.path().join("policies");
    let check = || Run::new(&["check", policies.to_str().unwrap(), "--evidence", &evidence]).run();
    let alone = check();
    assert_eq!(alone.code, Some(0), "{alone:#?}");
    std::fs::create_dir(policies.join("more.toml")).unwrap();
    assert_eq!(check().code, Some(0), "a folder is no policy");
    std::os::unix::fs::symlink("nowhere.toml", policies.join("other.toml")).unwrap();
    check().refuses(&["other.toml", "there is no such file"]);
}

#[test]
fn bad_evidence_is_refused_with_its_line() {
    let folder = Folder::new();
    let policy = folder.file("lib.toml", LIBRARY);
    let good = library_evidence(&["1.0"], &["1.0"]);
    for (text, words) in [
        (String::new(), "no evidence"),
        ("{".to_owned(), "e.json:1"),
        ("\n\n[]".to_owned(), "e.json:3"),
        (
            good.replace("lockstep-evidence/1", "lockstep-evidence/9"),
            "lockstep-evidence/9",
        ),
        (good.replace("\"query\"", "\"qeury\""), "qeury"),
        (good.replace("\"complete\"", "\"whole\""), "whole"),
        (
            good.replace("2026-01-01T00:00:10Z", "2025-01-01"),
            "after `decided-at`",
        ),
        ("[".repeat(100_000), "e.json:1"),
    ] {
        let path = folder.file("e.json", &text);
        let ran = Run::new(&["check", &policy, "--evidence", &path]).run();
        ran.refuses(&[words]);
    }
    let path = folder.file("e.json", b"\xff\x00");
    Run::new(&["check", &policy, "--evidence", &path])
        .run()
        .refuses(&["e.json:1", "UTF-8"]);
    Run::new(&["check", &policy, "--evidence", "nowhere.json"])
        .run()
        .refuses(&["nowhere.json"]);
    let here = folder.path().to_str().unwrap().to_owned();
    Run::new(&["check", &policy, "--evidence", &here])
        .run()
        .refuses(&["cannot be read"]);
}

#[test]
fn bad_arguments_are_refused() {
    for arguments in [
        &["check"][..],
        &["check", "x.toml", "--wait", "soon"],
        &["check", "x.toml", "--all", "--version", "1"],
        &["check", "x.toml", "--format", "xml"],
        &["check", "x.toml", "--as-of", "2026-01-01"],
        &["check", "x.toml", "--environment", "a b"],
        &["replay"],
        &["policy", "lint"],
        &["policy", "render", "x.toml"],
    ] {
        let ran = Run::new(arguments).run();
        assert_eq!(ran.code, Some(2), "{arguments:?}: {ran:#?}");
        assert!(!ran.err.is_empty(), "{arguments:?}");
    }
}

#[test]
fn evidence_that_cannot_be_saved_leaves_the_old_file_as_it_was() {
    let folder = Folder::new();
    let policy = LIBRARY.replace("[channel.tag]\n", "[channel.tag]\npath = \"nowhere\"\n");
    let policy = folder.file(
        "lib.toml",
        policy.replace("kind = \"pypi\"", "kind = \"files\"\npath = \"dist\""),
    );
    let target = folder.path().join("none/e.json");
    let ran = Run::new(&[
        "check",
        &policy,
        "--save-evidence",
        target.to_str().unwrap(),
    ])
    .run();
    assert_eq!(ran.code, Some(2), "{ran:#?}");
    assert!(ran.err.contains("cannot be written"), "{ran:#?}");
}
