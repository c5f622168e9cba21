//! Policies whose tables contradict themselves or say what cannot be: the whole text that a person
//! reads.

use super::bad::{changed, with};

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
