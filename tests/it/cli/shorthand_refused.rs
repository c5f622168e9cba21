//! Shorthands of strangers, with nothing behind them or no answer: nobody is sent where a stranger's
//! metadata would like it, and what could not be asked is said.

use super::shorthand::{NAMES_IT, agreeing, json, project, run, simple};
use super::{Folder, Run};
use crate::observe::loopback::{Loopback, answer};

#[test]
fn hostile_metadata_is_shown_harmless_and_is_no_repository() {
    for hostile in [
        "javascript:alert(1)",
        "https://github.com/acme/lib\u{1b}[2J\u{202e}",
        "https://github.com/acme/lib\nannounced-by = \"evil\"",
        "file:///etc/passwd",
        "x",
        "",
    ] {
        let page = project(&serde_json::json!({"Source": hostile, "\u{1b}[31mHomepage": hostile}));
        let index = Loopback::start(move |heard| match heard.target.as_str() {
            "/pypi/lib/json" => json(&page),
            _ => answer("404 Not Found", &[], b""),
        });
        let ran = run(&index, &Folder::new(), &["check", "pypi:lib"]);
        ran.refuses(&["`pypi:lib` names no source repository", "hint: "]);
        assert!(!ran.err.contains(['\u{1b}', '\u{202e}']), "{ran:#?}");
        assert!(!ran.err.contains("\nannounced-by"), "{ran:#?}");
    }
}

/// THREATS row 19: the token of the forge goes to the forge alone.
#[test]
fn a_token_does_not_follow_a_guess_to_another_host() {
    let server = agreeing(&["1.0"], NAMES_IT);
    let folder = Folder::new();
    let ran = Run::new(&["check", "pypi:lib"])
        .env("PIP_INDEX_URL", &server.url("/simple/"))
        .env("GITHUB_TOKEN", "ghp_planted")
        .env("LOCKSTEP_CACHE_DIR", folder.path().to_str().unwrap())
        .run();
    assert_eq!(ran.code, Some(3), "{ran:#?}");
    for heard in server.heard() {
        assert_eq!(heard.header("authorization"), None, "{}", heard.target);
    }
    assert!(!ran.out.contains("ghp_planted") && !ran.err.contains("ghp_planted"));
}

#[test]
fn an_index_login_reaches_the_index_and_no_text() {
    let server = agreeing(&["1.0"], NAMES_IT);
    let with_login = server
        .url("/simple/")
        .replace("http://", "http://me:hunter2@");
    let folder = Folder::new();
    for arguments in [
        &["check", "pypi:lib", "--verbose"][..],
        &["init", "pypi:lib", "-o", "-"],
    ] {
        let ran = Run::new(arguments)
            .env("PIP_INDEX_URL", &with_login)
            .env("LOCKSTEP_CACHE_DIR", folder.path().to_str().unwrap())
            .run();
        assert!(!format!("{ran:?}").contains("hunter2"), "{ran:#?}");
    }
    for heard in server.heard() {
        let to_index = heard.target.starts_with("/simple/") || heard.target.starts_with("/pypi/");
        assert_eq!(
            heard.header("authorization").is_some(),
            to_index,
            "{}",
            heard.target
        );
    }
}

#[test]
fn what_is_no_shorthand_is_refused_before_anything_is_asked() {
    for (target, words) in [
        ("pypi:lib==1.0", "names a version"),
        ("cargo:serde", "no known kind"),
        ("github:acme", "no such place"),
        ("npm:@acme/ui@1.0.0", "--version"),
    ] {
        Run::new(&["check", target]).run().refuses(&[target, words]);
    }
    let folder = Folder::new();
    let evidence = folder.file("e.json", super::library_evidence(&["1.0"], &["1.0"]));
    Run::new(&["check", "pypi:lib", "--evidence", &evidence])
        .run()
        .refuses(&["`pypi:lib` is asked", "lockstep init pypi:lib"]);
}

/// A forge that cannot be reached is said, and what can be asked is.
#[test]
fn what_cannot_be_reached_is_said_and_the_rest_goes_on() {
    let page = project(&serde_json::json!({"Source": "http://127.0.0.1:9/acme/lib"}));
    let index = Loopback::start(move |heard| match heard.target.as_str() {
        "/simple/lib/" => answer(
            "200 OK",
            &[("content-type", "application/vnd.pypi.simple.v1+json")],
            simple().as_bytes(),
        ),
        "/pypi/lib/json" => json(&page),
        _ => answer("404 Not Found", &[], b""),
    });
    let ran = run(&index, &Folder::new(), &["check", "pypi:lib"]);
    assert_eq!(ran.code, Some(3), "{ran:#?}");
    for words in [
        "not learnt: the tags of",
        "not learnt: the files and releases of",
    ] {
        assert!(ran.err.contains(words), "no `{words}` in {}", ran.err);
    }
    assert!(ran.out.contains("channel-unreachable"), "{}", ran.out);
}

/// That nobody answers says nothing about the project; that it is not there is an error of the
/// name.
#[test]
fn a_shorthand_whose_place_does_not_answer_is_unknown_and_no_project_without_a_source() {
    for (status, code, words) in [
        ("500 Internal Server Error", 3, "server error: status 500"),
        (
            "404 Not Found",
            2,
            "does not exist, or this credential may not see it: its JSON API answers 404: there is no such project, or no such API",
        ),
    ] {
        let index = Loopback::start(move |_| answer(status, &[], b""));
        for arguments in [&["check", "pypi:lib"][..], &["init", "pypi:lib", "-o", "-"]] {
            let ran = run(&index, &Folder::new(), arguments);
            assert_eq!(ran.code, Some(code), "{ran:#?}");
            let said = format!("error: `pypi:lib` could not be read: {words}");
            assert!(ran.err.contains(&said), "{}", ran.err);
            assert!(
                !ran.err.contains("names no source repository"),
                "{}",
                ran.err
            );
        }
    }
}
