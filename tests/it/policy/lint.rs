//! What is right and still worth a word.

use lockstep::policy::{lint, render_diagnostics};

use super::valid::SMALL;
use super::{CODES, Folder};

fn warnings(text: &str, now: &str) -> String {
    let folder = Folder::of(&[("p.toml", text)]);
    let paths = [folder.path("p.toml")];
    let results = lint(&paths, now.parse().unwrap(), CODES);
    let loaded = results[0].1.as_ref().unwrap();
    let text = render_diagnostics(&loaded.warnings, &loaded.sources, false);
    folder.without_folder(&text)
}

const WAIVER: &str = r#"[[waiver]]
code = "version-missing"
version = "1.0.0"
reason = "r"
approved-by = "a"
expires = 2026-03-01
"#;

#[test]
fn an_expired_waiver_is_a_warning_at_lint_only() {
    let text = format!("{SMALL}{WAIVER}");
    insta::assert_snapshot!(warnings(&text, "2026-03-01"), @r#"
    warning: this waiver expired at 2026-03-01T00:00:00Z
      --> p.toml:14:1
       |
    14 | [[waiver]]
       | ^^^^^^^^^^ it is 2026-03-01T00:00:00Z
       |
       = hint: remove it, or have it approved again
    "#);
    assert_eq!(warnings(&text, "2026-02-28T23:59:59Z"), "");
    assert_eq!(super::loaded(&text).warnings, []);
}

/// It can be read with `check --local` only. What is warned about stays in the policy: a channel
/// that fell out would be one less to agree.
#[test]
fn a_manifest_without_a_repository_is_a_warning_and_stays() {
    let text = SMALL
        .lines()
        .filter(|line| !line.starts_with("source"))
        .map(|line| match line {
            "kind = \"github-release\"" => "kind = \"git-tag\"\npath = \".\"".to_owned(),
            line => line.to_owned(),
        })
        .chain(["[channel.declared]\nkind = \"manifest\"\nfile = \"Cargo.toml\"\nkey = \"package.version\"".to_owned()])
        .collect::<Vec<_>>()
        .join("\n");
    insta::assert_snapshot!(warnings(&text, "2026-01-01"), @"
    warning: [channel.declared] has no repository to read the file in
      --> p.toml:14:1
       |
    14 | [channel.declared]
       | ^^^^^^^^^^^^^^^^^^
       |
       = hint: give `source` in [component], or `path` here for a local repository; only `check --local` does without
    ");
    let loaded = super::loaded(&text);
    let channels = &loaded.components[0].policy.channels;
    assert!(
        channels.iter().any(|it| it.name.as_str() == "declared"),
        "{channels:?}"
    );
}

#[test]
fn a_line_that_no_channel_carries_and_an_environment_without_follower_are_warnings() {
    let text = SMALL
        .replace(
            "tag = \"v{version}\"",
            "tag = \"v{version}\"\nlines = [\"release\"]",
        )
        .replace("kind = \"pypi\"", "kind = \"pypi\"\nlines = [\"release\"]")
        + "[line.development]\nscheme = \"dev-build\"\n[environment.production]\nrequires = [\"release\"]\n";
    insta::assert_snapshot!(warnings(&text, "2026-01-01"), @r#"
    warning: no channel carries line `development`
      --> p.toml:16:7
       |
    16 | [line.development]
       |       ^^^^^^^^^^^
       |
       = hint: name it in `lines` of a channel, or take it out

    warning: [environment.production] requires no channel beside the leading one
      --> p.toml:18:1
       |
    18 | [environment.production]
       | ^^^^^^^^^^^^^^^^^^^^^^^^
       |
       = hint: nothing can be compared, so nothing is ever allowed: name a follower
    "#);
}

#[test]
fn a_lone_leader_is_a_warning() {
    let text = SMALL.replace("[channel.pypi]\nkind = \"pypi\"\n", "");
    insta::assert_snapshot!(warnings(&text, "2026-01-01"), @r#"
    warning: there is nothing to compare the leading channel with
     --> p.toml:1:1
      |
    1 | [component]
      | ^^^^^^^^^^^
      |
      = hint: add a second channel, such as `manifest` for the version that the source declares
    "#);
}

#[test]
fn each_file_has_its_own_result() {
    let folder = Folder::of(&[("good.toml", SMALL), ("bad.toml", "x = 1")]);
    let paths = [folder.path("bad.toml"), folder.path("good.toml")];
    let results = lint(&paths, "2026-01-01".parse().unwrap(), CODES);
    assert_eq!(
        results.iter().map(|(_, r)| r.is_ok()).collect::<Vec<_>>(),
        [false, true]
    );
}
