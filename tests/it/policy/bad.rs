//! Policies with mistakes: the whole text that a person reads.

use super::errors;
use super::valid::SMALL;

/// The small policy with one change.
fn changed(from: &str, to: &str) -> String {
    assert!(SMALL.contains(from), "{from}");
    errors(&SMALL.replacen(from, to, 1))
}

/// The small policy and more.
fn with(more: &str) -> String {
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
fn a_bad_waiver_is_refused_with_everything_that_is_wrong() {
    let more = r#"[[waiver]]
code = "version-unanounced"
version = "v1.4.2"
digests = ["sha256:abc"]
reason = " "
approved-by = ""
expires = "next year"
"#;
    insta::assert_snapshot!(with(more), @r#"
    error: there is no code `version-unanounced`
      --> p.toml:15:8
       |
    15 | code = "version-unanounced"
       |        ^^^^^^^^^^^^^^^^^^^^
       |
       = hint: did you mean `version-unannounced`?

    error: `v1.4.2` is a version of no line of this policy
      --> p.toml:16:11
       |
    16 | version = "v1.4.2"
       |           ^^^^^^^^ line `release`: `v1.4.2` has no SemVer form: it begins with `v`; a template such as `v{version}` carries that
       |
       = hint: write it as the line writes it: `1.4.2`, not the tag `v1.4.2`

    error: `sha256:abc` is no digest
      --> p.toml:17:12
       |
    17 | digests = ["sha256:abc"]
       |            ^^^^^^^^^^^^
       |
       = hint: `sha256:` and 64 hexadecimal digits, or `git:` and a whole commit

    error: `reason` of [[waiver]] is empty
      --> p.toml:18:10
       |
    18 | reason = " "
       |          ^^^
       |
       = hint: a waiver says why it holds and who approved it

    error: `approved-by` of [[waiver]] is empty
      --> p.toml:19:15
       |
    19 | approved-by = ""
       |               ^^
       |
       = hint: a waiver says why it holds and who approved it

    error: `expires` of [[waiver]]: `next year` is no date
      --> p.toml:20:11
       |
    20 | expires = "next year"
       |           ^^^^^^^^^^^
       |
       = hint: a date such as 2027-01-31, or a time with its offset such as 2027-01-31T12:00:00Z
    "#);
}

#[test]
fn a_template_needs_its_version_once() {
    insta::assert_snapshot!(changed("\"v{version}\"", "[\"v{version\", \"release\", \"{version}-{version}\"]"), @r#"
    error: `tag` of [channel.release]: `v{version` is not a template: a `{` is not closed
      --> p.toml:10:8
       |
    10 | tag = ["v{version", "release", "{version}-{version}"]
       |        ^^^^^^^^^^^

    error: `tag` of [channel.release]: `release` is not a template: it must hold `{version}`, as in `v{version}`
      --> p.toml:10:21
       |
    10 | tag = ["v{version", "release", "{version}-{version}"]
       |                     ^^^^^^^^^

    error: `tag` of [channel.release]: `{version}-{version}` is not a template: it must hold `{version}` only once
      --> p.toml:10:32
       |
    10 | tag = ["v{version", "release", "{version}-{version}"]
       |                                ^^^^^^^^^^^^^^^^^^^^^
    "#);
}

#[test]
fn a_template_stands_in_a_list_once() {
    insta::assert_snapshot!(changed("\"v{version}\"", "[\"v{version}\", \"v{version}\"]"), @r#"
    error: `v{version}` stands twice in [channel.release]
      --> p.toml:10:1
       |
    10 | tag = ["v{version}", "v{version}"]
       | ^^^
       |
       = hint: take one out
    "#);
}

#[test]
fn an_empty_list_of_templates_is_refused() {
    insta::assert_snapshot!(changed("\"v{version}\"", "[]"), @r#"
    error: [channel.release] has no template for the names of releases
      --> p.toml:10:1
       |
    10 | tag = []
       | ^^^
       |
       = hint: give one, as in `v{version}`
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

#[test]
fn agreements_need_two_channels_of_one_nature() {
    let more = r#"[channel.hub]
kind = "oci"
image = "docker.io/acme/api"
tag = "{version}"

[[agree]]
channels = ["pypi"]

[[agree]]
channels = ["hub", "pypi"]

[[agree]]
channels = ["release", "hub"]
on = "same-files"

[[agree]]
channels = ["pypi", "pypi"]
"#;
    insta::assert_snapshot!(with(more), @r#"
    error: [[agree]] needs at least two channels
      --> p.toml:19:1
       |
    19 | [[agree]]
       | ^^^^^^^^^
       |
       = hint: one channel always agrees with itself

    error: `pypi` and an image have no digest in common
      --> p.toml:23:20
       |
    23 | channels = ["hub", "pypi"]
       |                    ^^^^^^
       |
       = hint: use `same-commit` for images and files together

    error: `hub` is of kind `oci`, which cannot agree on `same-files`
      --> p.toml:26:24
       |
    26 | channels = ["release", "hub"]
       |                        ^^^^^
       |
       = hint: channels with files are `github-release`, `pypi`, `npm` and `files`; use `same-commit` for images and files together

    error: `pypi` stands twice in `channels` of [[agree]]
      --> p.toml:30:21
       |
    30 | channels = ["pypi", "pypi"]
       |                     ^^^^^^
       |
      ::: p.toml:30:13
       |
    30 | channels = ["pypi", "pypi"]
       |             ------ first here
    "#);
}

#[test]
fn provenance_is_for_artifacts_and_full_references() {
    let more = r#"[channel.declared]
kind = "manifest"
file = "../Cargo.toml"
pattern = "(a)(b"

[[provenance]]
channels = ["tag", "release"]
kind = "built"
issuer = "http://token.example"
workflows = ["release.yml@main"]
ref = "v{version}"
since = "1.5"

[channel.tag]
kind = "git-tag"
tag = "v{version}"
"#;
    insta::assert_snapshot!(with(more), @r#"
    error: several channels can announce releases: `release`, `tag`
     --> p.toml:1:1
      |
    1 | [component]
      | ^^^^^^^^^^^
      |
      = hint: say which one, as in `announced-by = "release"`

    error: `file` of [channel.declared]: `../Cargo.toml` leads out of the repository
      --> p.toml:16:8
       |
    16 | file = "../Cargo.toml"
       |        ^^^^^^^^^^^^^^^
       |
       = hint: a path in the repository, as in `pyproject.toml`

    error: `pattern` of [channel.declared] is no regular expression: unclosed group
      --> p.toml:17:11
       |
    17 | pattern = "(a)(b"
       |           ^^^^^^^

    error: `tag` is of kind `git-tag`, which has no artifacts to attest
      --> p.toml:20:13
       |
    20 | channels = ["tag", "release"]
       |             ^^^^^
       |
       = hint: name channels with images, files or objects

    error: `built` is no value for `kind`
      --> p.toml:21:8
       |
    21 | kind = "built"
       |        ^^^^^^^
       |
       = hint: did you mean `build`?

    error: `issuer` of [[provenance]]: plain http is for loopback hosts only: write https
      --> p.toml:22:10
       |
    22 | issuer = "http://token.example"
       |          ^^^^^^^^^^^^^^^^^^^^^^

    error: `release.yml@main` is no workflow file
      --> p.toml:23:14
       |
    23 | workflows = ["release.yml@main"]
       |              ^^^^^^^^^^^^^^^^^^
       |
       = hint: the file's name or path without a reference, as in `release.yml`

    error: `ref` of [[provenance]] takes a full git reference
      --> p.toml:24:7
       |
    24 | ref = "v{version}"
       |       ^^^^^^^^^^^^
       |
       = hint: as in `refs/tags/v{version}` or `refs/heads/main`

    error: `since` of [[provenance]]: `1.5` has no SemVer form: SemVer has exactly three numbers
      --> p.toml:25:9
       |
    25 | since = "1.5"
       |         ^^^^^
       |
       = hint: write a version as the line writes it, or a date such as 2026-01-31
    "#);
}

#[test]
fn a_policy_without_lines_shows_how_to_declare_one() {
    insta::assert_snapshot!(changed("[line.release]\nscheme = \"semver\"\n", ""), @r#"
    error: the policy has no `line`
     --> p.toml:1:1
      |
    1 | [component]
      | ^
      |
      = hint: `line`: release lines, at least one: `[line.release]` with `scheme = "semver"`
    "#);
    insta::assert_snapshot!(changed("[line.release]\nscheme = \"semver\"\n", "[line]\n"), @r#"
    error: the policy declares no release line
     --> p.toml:5:2
      |
    5 | [line]
      |  ^^^^
      |
      = hint: add one: `[line.release]` with `scheme = "semver"`
    "#);
}

#[test]
fn a_scheme_without_order_takes_a_date() {
    let to = "scheme = \"commit\"\njudge-since = \"0e58ed8\"";
    insta::assert_snapshot!(changed("scheme = \"semver\"", to), @r#"
    error: `judge-since` of [line.release]: `0e58ed8` is no date
     --> p.toml:7:15
      |
    7 | judge-since = "0e58ed8"
      |               ^^^^^^^^^
      |
      = hint: versions of this scheme have no order: write a date such as 2026-01-31

    error: `pypi` reads its names as pep440, which no version of line `release` (commit) can be
      --> p.toml:13:1
       |
    13 | [channel.pypi]
       | ^^^^^^^^^^^^^^
       |
       = hint: name in `lines` the lines that it carries
    "#);
}

#[test]
fn hours_days_and_zones_are_checked() {
    let to = "release-hours = { days = [\"mon\", \"tuesday\"], hours = \"9-5\", zone = \"Paris\" }\nbranches = [\"[\"]\n[line.release]";
    insta::assert_snapshot!(changed("[line.release]", to), @r#"
    error: `tuesday` is no day of the week
     --> p.toml:5:34
      |
    5 | release-hours = { days = ["mon", "tuesday"], hours = "9-5", zone = "Paris" }
      |                                  ^^^^^^^^^
      |
      = hint: one of: mon, tue, wed, thu, fri, sat, sun

    error: `9-5` is no span of hours
     --> p.toml:5:54
      |
    5 | release-hours = { days = ["mon", "tuesday"], hours = "9-5", zone = "Paris" }
      |                                                      ^^^^^
      |
      = hint: from and until on the 24-hour clock, as in `08:00-18:00`

    error: there is no time zone `Paris`
     --> p.toml:5:68
      |
    5 | release-hours = { days = ["mon", "tuesday"], hours = "9-5", zone = "Paris" }
      |                                                                    ^^^^^^^
      |
      = hint: an IANA name such as `Europe/Paris`, `America/New_York` or `UTC`

    error: `branches` of [component]: `[` is no glob: unclosed character class; missing ']'
     --> p.toml:6:13
      |
    6 | branches = ["["]
      |             ^^^
      |
      = hint: globs such as `main` or `release/*`
    "#);
}

#[test]
fn plain_http_is_for_this_machine_only() {
    let more = "[channel.npm]\nkind = \"npm\"\nregistry = \"http://npm.acme.example\"\n[channel.list]\nkind = \"files\"\nchecksums = \"http://dl.acme.example/{version}\"\n";
    insta::assert_snapshot!(with(more), @r#"
    error: `registry` of [channel.npm]: plain http is for loopback hosts only: write https
      --> p.toml:16:12
       |
    16 | registry = "http://npm.acme.example"
       |            ^^^^^^^^^^^^^^^^^^^^^^^^^
       |
       = hint: an address such as `https://npm.pkg.github.com`, or `npm`

    error: `checksums` of [channel.list]: plain http is for loopback hosts only: write https
      --> p.toml:19:13
       |
    19 | checksums = "http://dl.acme.example/{version}"
       |             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
       |
       = hint: an https address or a path
    "#);
}

#[test]
fn a_channel_that_can_never_name_a_line_says_so() {
    let more = "[line.development]\nscheme = \"dev-build\"\n";
    insta::assert_snapshot!(with(more), @r#"
    error: `pypi` reads its names as pep440, which no version of line `development` (dev-build) can be
      --> p.toml:12:1
       |
    12 | [channel.pypi]
       | ^^^^^^^^^^^^^^
       |
       = hint: name in `lines` the lines that it carries
    "#);
}

#[test]
fn names_are_one_or_many_and_each_once() {
    insta::assert_snapshot!(changed("name = \"api\"", "names = [\"a\", \"b\", \"a\"]\nname = \"c\""), @r#"
    error: `a` stands twice in `names`
     --> p.toml:2:20
      |
    2 | names = ["a", "b", "a"]
      |                    ^^^
      |
     ::: p.toml:2:10
      |
    2 | names = ["a", "b", "a"]
      |          --- first here

    error: [component] has both `name` and `names`
     --> p.toml:3:1
      |
    3 | name = "c"
      | ^^^^
      |
     ::: p.toml:2:1
      |
    2 | names = ["a", "b", "a"]
      | ----- the other is here
      |
      = hint: keep one of them
    "#);
    insta::assert_snapshot!(changed("name = \"api\"\n", ""), @r#"
    error: [component] has no `name`
     --> p.toml:1:1
      |
    1 | [component]
      | ^^^^^^^^^^^
      |
      = hint: give it one, as in `name = "api"`
    "#);
    insta::assert_snapshot!(changed("name = \"api\"", "names = []"), @r#"
    error: `names` names no component
     --> p.toml:2:1
      |
    2 | names = []
      | ^^^^^
      |
      = hint: name at least one, as in `names = ["@acme/core", "@acme/ui"]`
    "#);
}

#[test]
fn when_unreachable_is_a_word_or_a_span() {
    let more = r#"[environment.a]
requires = ["pypi"]
when-unreachable = "allow"
[environment.b]
requires = ["pypi"]
when-unreachable = { last-known-good = "0s" }
[environment.c]
requires = ["pypi"]
when-unreachable = true
"#;
    insta::assert_snapshot!(with(more), @r#"
    error: `allow` is no value for `when-unreachable`
      --> p.toml:16:20
       |
    16 | when-unreachable = "allow"
       |                    ^^^^^^^
       |
       = hint: one of: `indeterminate`

    error: `last-known-good` takes a span above 0
      --> p.toml:19:40
       |
    19 | when-unreachable = { last-known-good = "0s" }
       |                                        ^^^^
       |
       = hint: `when-unreachable = "indeterminate"` approves nothing

    error: `when-unreachable` takes "indeterminate" or a table
      --> p.toml:22:20
       |
    22 | when-unreachable = true
       |                    ^^^^ this is a boolean
       |
       = hint: as in `when-unreachable = { last-known-good = "24h" }`
    "#);
}

#[test]
fn a_table_where_a_value_belongs_and_the_reverse_are_refused() {
    let more = "[agree]\nchannels = [\"release\", \"pypi\"]\n[channel.x.kind]\ny = 1\n[environment]\nproduction = 1\n";
    insta::assert_snapshot!(with(more), @r#"
    error: `agree` takes tables under headers `[[agree]]`
      --> p.toml:14:1
       |
    14 | [agree]
       | ^^^^^^^ this is a table

    error: `kind` of [channel.x] takes a string
      --> p.toml:16:1
       |
    16 | [channel.x.kind]
       | ^^^^^^^^^^^^^^^^ this is a table
       |
       = hint: one of: `git-tag`, `github-release`, `pypi`, `npm`, `oci`, `files`, `manifest`, `lambda`, `s3`

    error: `environment.production` takes a table
      --> p.toml:19:14
       |
    19 | production = 1
       |              ^ this is a whole number
       |
       = hint: write it under a header `[environment.NAME]`
    "#);
}
