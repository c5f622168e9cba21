//! What names that others chose do to reports: nothing, in any format (THREATS rows 23 and 28).

use super::formats::CSV;
use super::{Folder, LIBRARY, Ran, Run, library_evidence, python};

/// Names of versions that an index might show.
const NAMES: [&str; 9] = [
    "2.0\n::stop-commands::pwned\n",
    "2.0 ::error::pwned",
    "2.0 ##[stop-commands]pwned",
    "2.0 | </td><img src=x onerror=pwned()> `<b>` @octocat #1 https://evil.example/x",
    "2.0 =cmd|' /C calc'!A0",
    "2.0]]>&<!ENTITY x \"y\">\u{0}\u{fffe}\u{1b}[2J",
    "2.0[text](https://evil.example/)",
    "2.0%0A::error::pwned",
    "2.0\u{202e}\u{2028}evil,file=x,title=y:z",
];

/// A check of an index that shows this name beside a release.
fn checked(name: &str, format: &str) -> Ran {
    let folder = Folder::new();
    let policy = folder.file("lib.toml", LIBRARY);
    let evidence = library_evidence(&["1.0"], &["1.0", name]);
    let evidence = folder.file("evidence.json", evidence);
    let arguments = [
        "check",
        &policy,
        "--evidence",
        &evidence,
        "--all",
        "--format",
        format,
    ];
    let ran = Run::new(&arguments).env("GITHUB_ACTIONS", "true").run();
    assert_eq!(ran.code, Some(3), "{ran:#?}");
    ran
}

/// As the runner of GitHub's workflows reads a line: a command behind white space, or the older
/// form anywhere.
fn commands(text: &str) -> Vec<&str> {
    let lines = text.split(['\n', '\r']);
    lines
        .filter(|line| line.trim_start().starts_with("::") || line.contains("##["))
        .collect()
}

#[test]
fn every_name_reaches_the_reports() {
    for name in NAMES {
        let words: Vec<&str> = name.split(|it: char| !it.is_ascii_alphanumeric()).collect();
        let longest = words.into_iter().max_by_key(|word| word.len()).unwrap();
        for format in ["human", "json", "markdown", "sarif", "junit", "csv"] {
            let ran = checked(name, format);
            assert!(ran.out.contains(longest), "{longest} is not in {}", ran.out);
        }
    }
}

#[test]
fn no_line_of_any_format_is_a_command_to_a_runner() {
    for name in NAMES {
        for format in ["human", "json", "markdown", "sarif", "junit", "csv"] {
            let ran = checked(name, format);
            let found = commands(&ran.out);
            assert!(found.is_empty(), "{format}: {found:#?}");
            assert!(!ran.out.contains('\u{1b}'), "{format}");
            assert!(format == "human" || ran.err.is_empty(), "{ran:#?}");
        }
    }
}

#[test]
fn annotations_are_errors_warnings_and_notices_and_nothing_else() {
    for name in NAMES {
        let ran = checked(name, "human");
        let found = commands(&ran.err);
        assert_eq!(found.len(), 1, "{ran:#?}");
        let rest = found[0].strip_prefix("::").unwrap();
        let (head, _) = rest.split_once("::").unwrap();
        let (command, properties) = head.split_once(' ').unwrap();
        assert_eq!(command, "warning");
        let keys: Vec<&str> = properties
            .split(',')
            .map(|it| it.split_once('=').unwrap().0)
            .collect();
        assert_eq!(keys, ["file", "line", "title"], "{rest}");
    }
}

#[test]
fn annotations_are_at_most_ten_of_each_type() {
    let many: Vec<String> = (0..40).map(|at| format!("1.{at}")).collect();
    let versions: Vec<&str> = many.iter().map(String::as_str).collect();
    let folder = Folder::new();
    let policy = folder.file("a,b%c.toml", LIBRARY);
    let evidence = folder.file("evidence.json", library_evidence(&["1.0"], &versions));
    let arguments = ["check", &policy, "--evidence", &evidence, "--all"];
    let ran = Run::new(&arguments).env("GITHUB_ACTIONS", "true").run();
    let errors = ran.err.lines().filter(|line| line.starts_with("::error "));
    let errors: Vec<&str> = errors.collect();
    assert_eq!(errors.len(), 10, "{}", ran.err);
    assert!(errors[0].contains("a%2Cb%25c.toml,line="), "{}", errors[0]);
    assert!(
        ran.err.contains("29 more findings are in the report"),
        "{}",
        ran.err
    );
    let quiet = Run::new(&arguments).run();
    assert_eq!(quiet.err, "", "outside of Actions nobody reads commands");
}

#[test]
fn the_top_of_the_checkout_is_where_annotations_name_files_from() {
    let folder = Folder::new();
    folder.file("deploy/lib.toml", LIBRARY);
    folder.file("deploy/evidence.json", library_evidence(&["1.0"], &["1.1"]));
    let ran = Run::new(&["check", "./lib.toml", "--evidence", "evidence.json"])
        .within(&folder.path().join("deploy"))
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_WORKSPACE", folder.path().to_str().unwrap())
        .run();
    assert!(
        ran.err.contains("::error file=deploy/lib.toml,line="),
        "{}",
        ran.err
    );
}

#[test]
fn xml_and_tables_are_read_back_whole() {
    let names = "
import json, sys, xml.etree.ElementTree as tree
top = tree.fromstring(sys.stdin.buffer.read())
print(json.dumps([it.get('message') or '' for it in top.iter() if it.tag in ('error', 'failure')]
    + [it.text or '' for it in top.iter()]))
";
    for name in NAMES {
        let read = python(names, &checked(name, "junit").out).to_string();
        assert!(read.contains("version-incomparable"), "{read}");
        let rows = python(CSV, &checked(name, "csv").out);
        for row in rows.as_array().unwrap() {
            for (column, value) in row.as_object().unwrap() {
                let value = value.as_str().unwrap();
                let formula = value.starts_with(['=', '+', '-', '@', '|']);
                assert!(!formula, "{column}: {value}");
            }
        }
    }
}

#[test]
fn markdown_keeps_markup_links_and_mentions_out() {
    for name in NAMES {
        let text = checked(name, "markdown").out;
        for markup in [
            "<img",
            "<b>",
            "</td>",
            "@octocat",
            "(https://evil",
            " https://evil",
            " #1",
            "](http",
        ] {
            assert!(!text.contains(markup), "{markup} in {text}");
        }
        let allowed = ["<details>", "<summary>", "</summary>", "</details>"];
        let ours: usize = allowed.iter().map(|tag| text.matches(tag).count()).sum();
        assert_eq!(text.matches('<').count(), ours, "{text}");
        for row in text.lines().filter(|line| line.starts_with('|')) {
            let cells = row.replace("\\|", "").matches('|').count();
            assert_eq!(cells, 4, "{row}");
        }
    }
}
