//! Policies whose values cannot be: dates, hours, zones, addresses and names. The whole text that a
//! person reads.

use super::bad::{changed, with};

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
