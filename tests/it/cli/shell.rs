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

/// The overview, the verb's own help and its manual page say the same of every verb.
#[test]
fn a_verb_says_of_itself_what_the_overview_says_of_it() {
    let folder = Folder::new();
    let ran = Run::new(&["man", "--folder", folder.path().to_str().unwrap()]).run();
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    let overview = Run::new(&["--help"]).run().out;
    let commands = overview.split("Commands:\n").nth(1).unwrap();
    let commands = commands.split("\n\n").next().unwrap();
    let mut said: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in commands.lines() {
        let mut words = line.split_whitespace();
        match line.starts_with("   ") {
            true => said.last_mut().unwrap().1.extend(words),
            false => said.push((words.next().unwrap(), words.collect())),
        }
    }
    assert_eq!(said.len(), 16, "{overview}");
    for (verb, words) in said {
        for help in ["-h", "--help"] {
            let own = Run::new(&[verb, help]).run().out;
            let first = own.split("\n\n").next().unwrap();
            let first: Vec<&str> = first.trim_end_matches('.').split_whitespace().collect();
            assert_eq!(first, words, "{verb} {help}");
        }
        let page = folder.path().join(format!("lockstep-{verb}.1"));
        let page = std::fs::read_to_string(page).unwrap();
        let page = page.replace(r"\*(Aq", "'").replace('\\', "");
        assert!(page.contains(&words.join(" ")), "{page}");
    }
}
