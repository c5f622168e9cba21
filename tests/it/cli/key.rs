//! `lockstep key`: files that only their owner reads, never written over, read by OpenSSL.

use std::process::Command;

use super::terminal::{AtTerminal, Seen};
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

/// What a person sees at a terminal who types these passwords, one at each prompt.
fn at_a_terminal(folder: &Folder, arguments: &[&str], passwords: &[&str]) -> Seen {
    let prompts = ["Password for k.key: ", "The same again for k.key: "];
    let typed = prompts.iter().zip(passwords);
    let terminal = AtTerminal::new(arguments, folder.path());
    let typing = |terminal: AtTerminal, (prompt, password): (&&str, &&str)| {
        terminal.secret(prompt, password)
    };
    typed.fold(terminal, typing).run()
}

#[test]
fn what_cannot_be_written_is_named_as_it_was_asked_for() {
    let folder = Folder::new();
    folder.file("file", "no folder");
    for (prefix, why) in [
        ("none/k", "there is no such folder"),
        ("file/k", "not a directory"),
    ] {
        let ran = generate(&folder, prefix, &["--unencrypted"]);
        ran.refuses(&[&format!("{prefix}.key: cannot be written: {why}")]);
        assert!(!ran.err.contains("tmp"), "{}", ran.err);
    }
}

#[cfg(unix)]
#[test]
fn at_a_terminal_the_password_is_asked_for_and_never_shown() {
    let folder = Folder::new();
    let generate = ["key", "generate", "--output-prefix", "k"];
    let seen = at_a_terminal(&folder, &generate, &["s3cret", "s3cert"]);
    assert_eq!(seen.code, 2, "{seen:?}");
    assert!(seen.text.contains("two passwords differ"), "{seen:?}");
    assert!(!folder.path().join("k.key").exists());
    let seen = at_a_terminal(&folder, &generate, &[""]);
    assert_eq!(seen.code, 2, "{seen:?}");
    let seen = at_a_terminal(&folder, &generate, &["s3cret", "s3cret"]);
    assert_eq!(seen.code, 0, "{seen:?}");
    assert!(!seen.text.contains("s3cret"), "{seen:?}");
    // What was typed is what protects it.
    let public = std::fs::read_to_string(folder.path().join("k.pub")).unwrap();
    let opened = Run::new(&["key", "public", "k.key"])
        .within(folder.path())
        .env("LOCKSTEP_KEY_PASSWORD", "s3cret")
        .run();
    assert_eq!(opened.out, public);
    let show = ["key", "public", "k.key"];
    let seen = at_a_terminal(&folder, &show, &["s3cret"]);
    assert_eq!(seen.code, 0, "{seen:?}");
    assert!(seen.text.contains("BEGIN PUBLIC KEY"), "{seen:?}");
    let seen = at_a_terminal(&folder, &show, &["gu3ss"]);
    assert_eq!(seen.code, 2, "{seen:?}");
    assert!(!seen.text.contains("gu3ss"), "{seen:?}");
    // Whoever presses Ctrl-C has given no password.
    let empty = Folder::new();
    for (folder, arguments) in [(&folder, &show[..]), (&empty, &generate)] {
        let seen = at_a_terminal(folder, arguments, &["\u{3}"]);
        assert_eq!(seen.code, 130, "{seen:?}");
        assert!(seen.text.contains("interrupted"), "{seen:?}");
    }
    assert!(!empty.path().join("k.key").exists());
    // A job that looks like a terminal has nobody who answers.
    let in_ci = AtTerminal::new(&show, folder.path())
        .env("CI", "true")
        .run();
    assert_eq!(in_ci.code, 2, "{in_ci:?}");
    assert!(in_ci.text.contains("there is no password"), "{in_ci:?}");
}
