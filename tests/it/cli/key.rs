//! `lockstep key`: files that only their owner reads, never written over, read by OpenSSL.

use std::process::Command;

use super::{Folder, Run};

fn generate(folder: &Folder, prefix: &str, more: &[&str]) -> super::Ran {
    let mut arguments = vec!["key", "generate", "--output-prefix", prefix];
    arguments.extend(more);
    Run::new(&arguments)
        .within(folder.path())
        .env("LOCKSTEP_KEY_PASSWORD", "s3cret")
        .run()
}

#[test]
fn openssl_reads_what_is_written_and_the_public_key_is_the_same() {
    let folder = Folder::new();
    for (prefix, options) in [
        ("a", &["--format", "pkcs8"][..]),
        ("b", &["--format", "pkcs8", "--algorithm", "ed25519"]),
        ("c", &["--unencrypted"]),
        ("d", &["--unencrypted", "--algorithm", "ed25519"]),
    ] {
        let ran = generate(&folder, prefix, options);
        assert_eq!(ran.code, Some(0), "{ran:#?}");
        let told = Command::new("openssl")
            .args(["pkey", "-pubout", "-passin", "pass:s3cret", "-in"])
            .arg(folder.path().join(format!("{prefix}.key")))
            .output()
            .expect("openssl is needed by this test");
        let public = std::fs::read(folder.path().join(format!("{prefix}.pub"))).unwrap();
        assert_eq!(
            String::from_utf8(told.stdout),
            String::from_utf8(public),
            "{prefix}"
        );
    }
}

#[test]
fn the_private_key_is_for_its_owner_alone_and_never_written_over() {
    let folder = Folder::new();
    assert_eq!(generate(&folder, "k", &[]).code, Some(0));
    let file = folder.path().join("k.key");
    let before = std::fs::read(&file).unwrap();
    assert!(before.starts_with(b"-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    generate(&folder, "k", &[]).refuses(&["is there already", "never written over"]);
    assert_eq!(std::fs::read(&file).unwrap(), before);
}

#[test]
fn a_wrong_password_is_told_and_not_shown_and_none_is_no_empty_one() {
    let folder = Folder::new();
    assert_eq!(generate(&folder, "k", &[]).code, Some(0));
    let public = |password: Option<&str>| {
        let run = Run::new(&["key", "public", "k.key"]).within(folder.path());
        match password {
            Some(password) => run.env("COSIGN_PASSWORD", password).run(),
            None => run.run(),
        }
    };
    let shown = std::fs::read_to_string(folder.path().join("k.pub")).unwrap();
    assert_eq!(public(Some("s3cret")).out, shown);
    let wrong = public(Some("gu3ss"));
    wrong.refuses(&["k.key", "cannot be decrypted"]);
    assert!(!wrong.err.contains("gu3ss"));
    public(None).refuses(&["there is no password"]);
    Run::new(&["key", "generate"])
        .within(folder.path())
        .run()
        .refuses(&["no password to protect", "--unencrypted"]);
}

/// Types answers into a terminal of its own, and gives what was shown and how the program ended.
const TERMINAL: &str = r#"
import json, os, pty, sys, termios, time
asked = json.load(sys.stdin)
child, terminal = pty.fork()
if child == 0:
    os.chdir(asked["folder"])
    os.execve(asked["program"], ["lockstep"] + asked["arguments"], asked["environment"])
shown, answers = b"", list(asked["answers"])
while True:
    try:
        read = os.read(terminal, 4096)
    except OSError:
        break
    if not read:
        break
    shown += read
    if answers and shown.endswith(b": ") and not shown.endswith(b"error: "):
        # Nobody types before the terminal has stopped to echo.
        while termios.tcgetattr(terminal)[3] & termios.ECHO:
            time.sleep(0.01)
        os.write(terminal, answers.pop(0).encode() + b"\n")
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
print(json.dumps({"shown": shown.decode(), "code": status}))
"#;

pub(super) fn at_a_terminal(
    folder: &Folder,
    arguments: &[&str],
    answers: &[&str],
    environment: serde_json::Value,
) -> (i64, String) {
    let asked = serde_json::json!({"program": env!("CARGO_BIN_EXE_lockstep"),
        "folder": folder.path(), "arguments": arguments, "answers": answers,
        "environment": environment});
    let told = super::python(TERMINAL, &asked.to_string());
    let shown = told["shown"].as_str().unwrap().to_owned();
    (told["code"].as_i64().unwrap(), shown)
}

#[cfg(unix)]
#[test]
fn at_a_terminal_the_password_is_asked_for_and_never_shown() {
    let folder = Folder::new();
    let generate = ["key", "generate", "--output-prefix", "k"];
    let none = serde_json::json!({});
    let (code, shown) = at_a_terminal(&folder, &generate, &["s3cret", "s3cert"], none.clone());
    assert_eq!(code, 2, "{shown}");
    assert!(shown.contains("two passwords differ"), "{shown}");
    assert!(!folder.path().join("k.key").exists());
    let (code, shown) = at_a_terminal(&folder, &generate, &[""], none.clone());
    assert_eq!(code, 2, "{shown}");
    let (code, shown) = at_a_terminal(&folder, &generate, &["s3cret", "s3cret"], none.clone());
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("Password for k.key: "), "{shown}");
    assert!(!shown.contains("s3cret"), "{shown}");
    // What was typed is what protects it.
    let public = std::fs::read_to_string(folder.path().join("k.pub")).unwrap();
    let opened = Run::new(&["key", "public", "k.key"])
        .within(folder.path())
        .env("LOCKSTEP_KEY_PASSWORD", "s3cret")
        .run();
    assert_eq!(opened.out, public);
    let show = ["key", "public", "k.key"];
    let (code, shown) = at_a_terminal(&folder, &show, &["s3cret"], none.clone());
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("BEGIN PUBLIC KEY"), "{shown}");
    let (code, shown) = at_a_terminal(&folder, &show, &["gu3ss"], none);
    assert_eq!(code, 2, "{shown}");
    assert!(!shown.contains("gu3ss"), "{shown}");
    // A job that looks like a terminal has nobody who answers.
    let in_ci = serde_json::json!({"CI": "true"});
    let (code, shown) = at_a_terminal(&folder, &show, &["s3cret"], in_ci);
    assert_eq!(code, 2, "{shown}");
    assert!(shown.contains("there is no password"), "{shown}");
}
