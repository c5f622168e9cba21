//! The house: a file imports only from floors below its own, says what it is for, and is short.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The floors of `docs/ARCHITECTURE.md`, the lowest first.
const FLOORS: [&[&str]; 6] = [
    &["model"],
    &["observe", "verify"],
    &["decide", "policy"],
    &["check", "store", "report", "attest"],
    &["serve"],
    &["cli"],
];

/// The most lines of a file.
const LINES: usize = 400;

fn floor(room: &str) -> Option<usize> {
    FLOORS.iter().position(|rooms| rooms.contains(&room))
}

/// The text without comments and without what stands in string literals.
fn code_of(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if rest.starts_with("//") {
            rest = &rest[rest.find('\n').unwrap_or(rest.len())..];
        } else if rest.starts_with("/*") {
            rest = rest.find("*/").map_or("", |end| &rest[end + 2..]);
        } else if let Some(hashes) = raw_string(rest) {
            let end = format!("\"{}", "#".repeat(hashes));
            let body = &rest[hashes + 2..];
            rest = body.find(&end).map_or("", |at| &body[at + end.len()..]);
            code.push_str("\"\"");
        } else if first == '"' {
            let mut escaped = false;
            let end = rest[1..].find(|character| {
                let ends = character == '"' && !escaped;
                escaped = character == '\\' && !escaped;
                ends
            });
            rest = end.map_or("", |end| &rest[end + 2..]);
            code.push_str("\"\"");
        } else if let Some(literal) = ["'\"'", "'\\''", "'\\\"'"]
            .iter()
            .find(|it| rest.starts_with(**it))
        {
            rest = &rest[literal.len()..];
        } else {
            code.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    code
}

/// How many hashes a raw string has that begins here.
fn raw_string(text: &str) -> Option<usize> {
    let after = text.strip_prefix('r')?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    after[hashes..].starts_with('"').then_some(hashes)
}

/// The rooms that code names by a path from the crate's root; `depth` is how many modules deep it
/// stands below the root, so that enough `super::` reach the root too.
fn rooms_named(code: &str, depth: usize) -> BTreeSet<String> {
    let squeezed: String = code.split_whitespace().collect::<Vec<_>>().join(" ");
    let squeezed = squeezed.replace(" ::", "::").replace(":: ", "::");
    let mut named = BTreeSet::new();
    let mut from = 0;
    while let Some(at) = squeezed[from..].find("crate::") {
        let at = from + at;
        from = at + "crate::".len();
        let before = squeezed[..at].chars().next_back();
        if before.is_some_and(|it| it.is_alphanumeric() || it == '_') {
            continue;
        }
        first_words(&squeezed[from..], &mut named);
    }
    // Inside `mod tests` of a room the same words name the room's own things: only rooms count.
    let escape = "super::".repeat(depth);
    let mut escaped = BTreeSet::new();
    let mut from = 0;
    while let Some(at) = squeezed[from..].find(&escape) {
        from += at + escape.len();
        first_words(&squeezed[from..], &mut escaped);
    }
    named.extend(escaped.into_iter().filter(|it| floor(it).is_some()));
    named
}

/// The first word of each path that stands here: one, or those of a group.
fn first_words(text: &str, named: &mut BTreeSet<String>) {
    let word = |text: &str| -> String {
        text.trim_start()
            .chars()
            .take_while(|it| it.is_alphanumeric() || *it == '_')
            .collect()
    };
    let Some(group) = text.trim_start().strip_prefix('{') else {
        named.insert(word(text));
        return;
    };
    let mut depth = 0_usize;
    let mut begins = true;
    for (at, character) in group.char_indices() {
        if begins && !character.is_whitespace() {
            named.insert(word(&group[at..]));
            begins = false;
        }
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => begins = true,
            _ => {}
        }
    }
}

/// What is wrong with one file; `path` is relative to `src`.
fn faults(path: &str, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let sentence = text.lines().next().and_then(|it| it.strip_prefix("//! "));
    if sentence.is_none_or(|it| it.trim().len() <= 10) {
        faults.push(format!("{path}: its first line is no `//!` sentence"));
    }
    let lines = text.lines().count();
    if lines > LINES {
        faults.push(format!("{path}: {lines} lines"));
    }
    if path == "lib.rs" || path == "main.rs" {
        return faults;
    }
    let parts: Vec<&str> = path.trim_end_matches(".rs").split('/').collect();
    let room = parts[0];
    let Some(own) = floor(room) else {
        faults.push(format!("{path}: the room `{room}` has no floor"));
        return faults;
    };
    let is_root = parts.last() == Some(&"mod") || parts.len() == 1;
    let modules = if is_root && parts.len() > 1 {
        parts.len() - 1
    } else {
        parts.len()
    };
    let code = code_of(text);
    let mut named = rooms_named(&code, modules);
    // One module deeper: `mod tests` and other modules inside a file.
    if code.contains("mod ") {
        let deeper = rooms_named(&code, modules + 1);
        named.extend(deeper);
    }
    for other in named {
        let Some(others) = floor(&other) else {
            // A grandparent's item reached by `super::super::`, or the crate's own name.
            if other.is_empty() || other == "self" || other == "*" {
                faults.push(format!("{path}: names the whole crate"));
            }
            continue;
        };
        if other != room && others >= own {
            faults.push(format!(
                "{path}: floor {own} names `{other}` of floor {others}"
            ));
        }
    }
    faults
}

fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders: Vec<PathBuf> = vec![root.clone()];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") {
                let name = path.strip_prefix(&root).unwrap();
                let name = name.to_str().unwrap().replace('\\', "/");
                found.push((name, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn every_file_keeps_to_its_floor_says_what_it_is_for_and_is_short() {
    let sources = sources();
    assert!(sources.len() > 50, "{} files were read", sources.len());
    let faults: Vec<String> = sources
        .iter()
        .flat_map(|(path, text)| faults(path, text))
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn imports_are_found_in_the_sources() {
    let count = |room: &str| {
        let naming = |(path, text): &&(String, String)| {
            !path.starts_with(room) && rooms_named(&code_of(text), 9).contains(room)
        };
        sources().iter().filter(naming).count()
    };
    assert!(count("model") > 20, "the reader of imports finds too few");
    assert!(count("verify") > 1, "the reader of imports finds too few");
}

#[test]
fn the_floors_are_those_of_the_documentation() {
    let text = include_str!("../../docs/ARCHITECTURE.md");
    for (number, rooms) in FLOORS.iter().enumerate() {
        let start = format!("| {number} | ");
        let row = text.lines().find(|line| line.starts_with(&start));
        let row = row.unwrap_or_else(|| panic!("no row for floor {number}"));
        let cell = row.split('|').nth(2).unwrap();
        let named: Vec<&str> = cell
            .split(',')
            .map(|it| it.trim().trim_matches('`'))
            .collect();
        assert_eq!(&named, rooms, "floor {number}");
    }
}

#[track_caller]
fn wrong(path: &str, code: &str, words: &str) {
    let text = format!("//! What this file is for, in a sentence.\n{code}\n");
    let faults = faults(path, &text);
    assert!(
        faults.iter().any(|fault| fault.contains(words)),
        "{code}: {faults:?}"
    );
}

#[test]
fn the_checker_finds_what_is_planted() {
    wrong("model/time.rs", "use crate::decide::Question;", "`decide`");
    wrong("observe/a.rs", "use crate::verify::check;", "`verify`");
    wrong(
        "verify/mod.rs",
        "use crate::{model::Time, observe::Ask};",
        "`observe`",
    );
    wrong(
        "decide/rules/a.rs",
        "use crate::{\n    model::{Time, Name},\n    policy::load,\n};",
        "`policy`",
    );
    wrong(
        "report/a.rs",
        "fn a() { let _ = crate::check::read(); }",
        "`check`",
    );
    wrong(
        "report/a.rs",
        "fn a() { let _ = crate :: cli :: run; }",
        "`cli`",
    );
    wrong("model/a.rs", "use super::super::decide::Rule;", "`decide`");
    wrong("model/mod.rs", "use super::verify::check;", "`verify`");
    wrong(
        "model/version/a.rs",
        "use super::super::super::decide::Rule;",
        "`decide`",
    );
    wrong(
        "model/a.rs",
        "mod tests { use super::super::super::decide::Rule; }",
        "`decide`",
    );
    wrong(
        "model/a.rs",
        "/* a */ pub use crate::report as other;",
        "`report`",
    );
    wrong("model/a.rs", "use crate::*;", "whole crate");
    wrong("model/a.rs", "use crate::{self, model};", "whole crate");
    wrong("attic/a.rs", "", "no floor");
    wrong("model/a.rs", &"\n".repeat(LINES), "lines");
    assert!(!faults("model/a.rs", "use std::fmt;\n").is_empty());
    assert!(!faults("model/a.rs", "//!\nuse std::fmt;\n").is_empty());
}

#[test]
fn the_checker_is_calm_where_nothing_is_wrong() {
    let code = r##"//! What this file is for, in a sentence.
use crate::model::{self, Time};
use crate::verify::check;
use super::rule::Rule;
// crate::cli is only spoken of
const A: &str = "crate::cli::run";
const B: &str = r#"crate::"cli::run"#;
pub(crate) fn a(quote: char) -> bool { quote == '"' && $crate::model::b() }
"##;
    assert_eq!(faults("decide/rules/a.rs", code), Vec::<String>::new());
}
