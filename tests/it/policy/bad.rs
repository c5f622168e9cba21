//! Policies with mistakes: the whole text that a person reads.

use super::errors;
use super::valid::SMALL;

/// The small policy with one change.
pub(super) fn changed(from: &str, to: &str) -> String {
    assert!(SMALL.contains(from), "{from}");
    errors(&SMALL.replacen(from, to, 1))
}

/// The small policy and more.
pub(super) fn with(more: &str) -> String {
    errors(&format!("{SMALL}{more}"))
}

#[test]
fn an_unknown_key_is_an_error_with_a_suggestion() {
    insta::assert_snapshot!(changed("source =", "sorce ="), @r#"
    error: unknown key `sorce` in [component]
     --> p.toml:3:1
      |
    3 | sorce = "https://github.com/acme/api"
      | ^^^^^ not a key here
      |
      = hint: did you mean `source`?

    error: a `github-release` channel needs a repository
     --> p.toml:8:1
      |
    8 | [channel.release]
      | ^^^^^^^^^^^^^^^^^
      |
      = hint: give `source` in [component], as in `https://github.com/acme/api`
    "#);
}

#[test]
fn a_missing_key_says_what_it_is_for() {
    insta::assert_snapshot!(changed("scheme = \"semver\"\n", ""), @r#"
    error: [line.release] has no `scheme`
     --> p.toml:5:1
      |
    5 | [line.release]
      | ^^^^^^^^^^^^^^
      |
      = hint: `scheme`: how the versions of this line are written and when two of them are the same
    "#);
}

#[test]
fn a_wrong_type_says_what_is_taken_and_what_is_there() {
    insta::assert_snapshot!(changed("kind = \"pypi\"", "kind = \"pypi\"\nmay-lag = 45"), @r#"
    error: `may-lag` of [channel.pypi] takes a string
      --> p.toml:14:11
       |
    14 | may-lag = 45
       |           ^^ this is a whole number
    "#);
}

#[test]
fn all_errors_of_a_file_are_shown_at_once_in_its_order() {
    let text = r#"[component]
name = "a b"
source = "git@github.com:acme/api.git"
repository-id = -1

[line.release]
scheme = "semvr"

[channel.hub]
kind = "oci"
image = "acme/api:1.0"
tag = ["v{version}", "v{version}", "{versoin}"]
floating = ["{minor}"]
may-lag = "soon"

[channel.x]
kind = "dockerhub"
"#;
    insta::assert_snapshot!(errors(text), @r#"
    error: `name` of [component]: `a b` is not a name: use 1 to 128 of A-Z a-z 0-9 . _ - / @
     --> p.toml:2:8
      |
    2 | name = "a b"
      |        ^^^^^

    error: `source` of [component]: only https addresses are asked, not ssh or git: write https://host/owner/repository
     --> p.toml:3:10
      |
    3 | source = "git@github.com:acme/api.git"
      |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = hint: write the https address of the repository; for a local one, give `path` to a `git-tag` channel

    error: `repository-id` of [component] takes a whole number that is not negative
     --> p.toml:4:17
      |
    4 | repository-id = -1
      |                 ^^ this is a whole number

    error: `semvr` is no value for `scheme`
     --> p.toml:7:10
      |
    7 | scheme = "semvr"
      |          ^^^^^^^
      |
      = hint: did you mean `semver`?

    error: `image` of [channel.hub]: `acme/api:1.0` names no host
      --> p.toml:11:9
       |
    11 | image = "acme/api:1.0"
       |         ^^^^^^^^^^^^^^
       |
       = hint: Docker Hub's images begin with `docker.io/`, official ones with `docker.io/library/`

    error: `tag` of [channel.hub]: `{versoin}` is not a template: there is no `{versoin}`; did you mean `{version}`?
      --> p.toml:12:36
       |
    12 | tag = ["v{version}", "v{version}", "{versoin}"]
       |                                    ^^^^^^^^^^^

    error: `floating` of [channel.hub]: `{minor}` is not a template: `{minor}` needs `{major}` beside it
      --> p.toml:13:13
       |
    13 | floating = ["{minor}"]
       |             ^^^^^^^^^

    error: `may-lag` of [channel.hub]: `soon` is not a duration such as 90s, 45m, 24h or 7d
      --> p.toml:14:11
       |
    14 | may-lag = "soon"
       |           ^^^^^^

    error: `dockerhub` is no kind of channel
      --> p.toml:17:8
       |
    17 | kind = "dockerhub"
       |        ^^^^^^^^^^^
       |
       = hint: one of: `git-tag`, `github-release`, `pypi`, `npm`, `oci`, `files`, `manifest`, `lambda`, `s3`
    "#);
}

#[test]
fn what_is_not_toml_is_shown_where_it_breaks() {
    insta::assert_snapshot!(changed("scheme = \"semver\"", "scheme = semver"), @r#"
    error: this is not TOML: string values must be quoted, expected literal string
     --> p.toml:6:10
      |
    6 | scheme = semver
      |          ^^^^^^
    "#);
}

#[test]
fn a_channel_stands_once() {
    insta::assert_snapshot!(with("[channel.pypi]\nkind = \"pypi\"\n"), @r#"
    error: this is not TOML: duplicate key
      --> p.toml:14:10
       |
    14 | [channel.pypi]
       |          ^^^^
       |
       = hint: each key and each `[table.NAME]` stands once in a file
    "#);
}

#[test]
fn two_channels_that_could_lead_need_a_decision() {
    insta::assert_snapshot!(with("[channel.tag]\nkind = \"git-tag\"\ntag = \"v{version}\"\n"), @r#"
    error: several channels can announce releases: `release`, `tag`
     --> p.toml:1:1
      |
    1 | [component]
      | ^^^^^^^^^^^
      |
      = hint: say which one, as in `announced-by = "release"`
    "#);
}

#[test]
fn a_policy_without_a_leading_channel_is_refused() {
    let leader = "[channel.release]\nkind = \"github-release\"\ntag = \"v{version}\"";
    insta::assert_snapshot!(changed(leader, "[channel.ui]\nkind = \"npm\""), @r#"
    error: no channel can announce releases
     --> p.toml:1:1
      |
    1 | [component]
      | ^^^^^^^^^^^
      |
      = hint: add a channel of kind `git-tag` or `github-release`: releases are announced where the source is
    "#);
}

#[test]
fn a_channel_that_cannot_lead_is_refused_as_leader() {
    let to = "[line.release]";
    insta::assert_snapshot!(changed(to, "announced-by = \"pypi\"\n[line.release]"), @r#"
    error: `pypi` is of kind `pypi`, which cannot announce releases
     --> p.toml:5:16
      |
    5 | announced-by = "pypi"
      |                ^^^^^^
      |
      = hint: these can: `release`
    "#);
}

#[test]
fn a_reference_to_nothing_is_an_error_with_a_suggestion() {
    let more = r#"[environment.production]
requires = ["pypy", "docker"]
lines = ["relase"]
"#;
    insta::assert_snapshot!(with(more), @r#"
    error: there is no channel `pypy`
      --> p.toml:15:13
       |
    15 | requires = ["pypy", "docker"]
       |             ^^^^^^ not a channel of this policy
       |
       = hint: did you mean `pypi`?

    error: there is no channel `docker`
      --> p.toml:15:21
       |
    15 | requires = ["pypy", "docker"]
       |                     ^^^^^^^^ not a channel of this policy
       |
       = hint: the policy declares `release`, `pypi`

    error: there is no line `relase`
      --> p.toml:16:10
       |
    16 | lines = ["relase"]
       |          ^^^^^^^^ not a line of this policy
       |
       = hint: did you mean `release`?
    "#);
}

#[test]
fn control_characters_of_the_file_never_reach_the_terminal() {
    let shown =
        with("[environment.\"pro\\u001b[2J\"]\n\"re\\u202equires\" = [\"\\u001b]0;x\\u0007\"]\n");
    assert!(
        !shown.contains('\u{1b}') && !shown.contains('\u{202e}'),
        "{shown:?}"
    );
    insta::assert_snapshot!(shown, @r#"
    error: `pro\u{1b}[2J` is not a name: use 1 to 128 of A-Z a-z 0-9 . _ - / @
      --> p.toml:14:14
       |
    14 | [environment."pro\u001b[2J"]
       |              ^^^^^^^^^^^^^^
    "#);
    // A raw one: TOML refuses C0 controls, but not direction overrides.
    let shown = changed("scheme = \"semver\"", "scheme = \"\u{202e}revmes\u{9b}\"");
    assert!(!shown.contains(['\u{202e}', '\u{9b}']), "{shown:?}");
    insta::assert_snapshot!(shown, @r#"
    error: `\u{202e}revmes\u{9b}` is no value for `scheme`
     --> p.toml:6:10
      |
    6 | scheme = "\u{202e}revmes\u{9b}"
      |          ^^^^^^^^^^^^^^^^^^^^^^
      |
      = hint: one of: `semver`, `pep440`, `calver`, `dev-build`, `commit`, `opaque`
    "#);
    let shown = changed("scheme = \"semver\"", "scheme = \u{1b}[31m");
    assert!(!shown.contains('\u{1b}'), "{shown:?}");
}

#[test]
fn a_password_in_an_address_is_refused_and_hidden() {
    let shown = changed("https://github.com", "https://me:hunter2@github.com");
    assert!(!shown.contains("hunter2"), "{shown}");
    insta::assert_snapshot!(shown, @r#"
    error: `source` of [component]: an address holds no user name or password: credentials come from the usual places
     --> p.toml:3:10
      |
    3 | source = "https://**********@github.com/acme/api"
      |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = hint: write the https address of the repository; for a local one, give `path` to a `git-tag` channel
    "#);
}

#[test]
fn a_long_line_is_cut_around_the_mistake() {
    let branches = "\"release/*\", ".repeat(60);
    let shown = changed(
        "[line.release]",
        &format!("branches = [{branches}\"[\", {branches}]\n[line.release]"),
    );
    insta::assert_snapshot!(shown, @r#"
    error: `branches` of [component]: `[` is no glob: unclosed character class; missing ']'
     --> p.toml:5:62
      |
    5 | …ase/*", "release/*", "release/*", "release/*", "release/*", "[", "release/*", "release/*", "release/*", "release/*", "release/*", "release/*", "release/*", "rel…
      |                                                              ^^^
      |
      = hint: globs such as `main` or `release/*`

    error: more than 64 globs in `branches`
     --> p.toml:5:62
      |
    5 | …", "release/*", "[", "release/*", "release/*", "release/*", "release/*", "release/*", "release/*", "release/*", "release/*", "release/*", "release/*", "release/…
      |                                                              ^^^^^^^^^^^
    "#);
}
