//! Shell completions, manual pages, help.

use super::{Folder, Run};

#[test]
fn completions_name_every_verb_for_every_shell() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ran = Run::new(&["completions", shell]).run();
        assert_eq!(ran.code, Some(0), "{shell}");
        for verb in [
            "check", "replay", "explain", "policy", "version", "waive", "attest", "key", "verify",
            "inspect", "download", "trust", "generate", "public", "update",
        ] {
            assert!(ran.out.contains(verb), "{shell} lacks {verb}");
        }
    }
}

#[test]
fn manual_pages_are_roff() {
    let ran = Run::new(&["man"]).run();
    assert!(ran.out.contains(".TH lockstep"), "{}", ran.out);
    let folder = Folder::new();
    let ran = Run::new(&["man", "--folder", folder.path().to_str().unwrap()]).run();
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    for page in [
        "check",
        "attest",
        "key",
        "key-generate",
        "key-public",
        "verify",
        "inspect",
        "download",
        "trust",
        "trust-update",
        "trust-show",
    ] {
        let page = folder.path().join(format!("lockstep-{page}.1"));
        assert!(page.is_file(), "{}", page.display());
    }
}

#[test]
fn help_tells_the_exit_codes() {
    let ran = Run::new(&["--help"]).run();
    assert_eq!(ran.code, Some(0));
    assert!(ran.out.contains("0 allow, 1 deny, 2 usage"), "{}", ran.out);
    assert_eq!(Run::new(&[]).run().code, Some(2));
    Run::new(&["chekc"]).run().refuses(&["chekc"]);
}
