//! What kinds of values the variables of CI systems hold: each has one strict shape, so that no
//! credential fits where none belongs. What does not fit is left out, never mended by guessing.

use url::Url;

use crate::model::{Time, visible};

/// The longest value in characters.
const LENGTH: usize = 2_000;

/// A kind of value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// An address of the web. User information, query and fragment are taken out.
    Address,
    /// A URI that stands for somebody: an address, in which a version or reference may follow an
    /// `@`, or one without authority, such as `urn:`.
    Uri,
    /// A repository of git, by address or as `user@host:path`; written as `git+…`.
    Repository,
    /// A branch, a tag or a full reference, by the rules of `git check-ref-format`: it may hold an
    /// `@` and never a colon, so that user and password do not fit.
    Reference,
    /// Decimal digits.
    Number,
    /// Letters, digits, `.`, `-`, `_`, `+`, and `/` between such: ids, slugs, words of a fixed list.
    Identifier,
    /// What people call a job or a machine: anything visible, but nothing that is read as an
    /// address or as a user at a host.
    Name,
    /// A container image by tag, by digest or both.
    Image,
    /// A file that describes a pipeline, with the reference or the project that it is taken from.
    Definition,
    /// A name of Amazon's: `arn:…`.
    ResourceName,
    /// A moment, written in UTC.
    Moment,
}

impl Kind {
    /// What a predicate may hold of this text: nothing where it is too long, holds characters that
    /// steer a terminal, or does not have the shape of its kind.
    pub(super) fn read(self, text: &str) -> Option<String> {
        if text.is_empty() || visible(text, LENGTH) != text {
            return None;
        }
        let fits = match self {
            Self::Address => return read_address(text, false),
            Self::Uri if text.contains("://") => return read_address(text, true),
            Self::Uri => Url::parse(text).is_ok() && !text.contains(['@', '?', '#']),
            Self::Repository => return read_repository(text),
            Self::Moment => return text.parse::<Time>().ok().map(|it| it.to_string()),
            Self::Reference => is_reference(text),
            Self::Number => text.len() <= 20 && text.bytes().all(|it| it.is_ascii_digit()),
            Self::Identifier => text.split('/').all(is_word),
            Self::Name => is_name(text),
            Self::Image => is_image(text),
            Self::Definition if text.contains("://") => return read_address(text, false),
            Self::Definition => is_definition(text),
            Self::ResourceName => {
                let allowed = |it: char| it.is_ascii_alphanumeric() || ":/_.+=,-".contains(it);
                text.starts_with("arn:") && text.chars().all(allowed)
            }
        };
        fits.then(|| text.to_owned())
    }
}

/// An address without its user information, query and fragment; `marked` allows an `@` in the path
/// where a version or a full reference follows.
fn read_address(text: &str, marked: bool) -> Option<String> {
    let (scheme, rest) = text.split_once("://")?;
    // What parsers of addresses mend each in its own way.
    let is_odd = |it: char| it == '\\' || it.is_whitespace();
    if !matches!(scheme, "http" | "https") || rest.starts_with('/') || rest.contains(is_odd) {
        return None;
    }
    anonymous(text, rest, marked)
}

/// An address whose authority follows its scheme at once, anonymous.
fn anonymous(text: &str, rest: &str, marked: bool) -> Option<String> {
    let end = rest.find(['?', '#']).unwrap_or(rest.len());
    let start = rest[..end].find('/').unwrap_or(end);
    if !may_hold(&rest[start..end], marked) {
        return None;
    }
    let mut url = Url::parse(text).ok()?;
    if end == rest.len() && !rest[..start].contains('@') {
        return Some(text.to_owned());
    }
    url.set_query(None);
    url.set_fragment(None);
    let stripped = url.set_username("").is_ok() && url.set_password(None).is_ok();
    stripped.then(|| url.to_string())
}

/// Whether a path holds no `@`, or only one that begins a version or a full reference, as in
/// `…/build.yml@refs/tags/v1` and `…/Worker@v0.2`.
fn may_hold(path: &str, marked: bool) -> bool {
    let Some((before, after)) = path.split_once('@') else {
        return true;
    };
    let version = after.strip_prefix('v').unwrap_or(after);
    let is_version = version.starts_with(|it: char| it.is_ascii_digit()) && is_word(version);
    let is_mark = is_version || (after.starts_with("refs/") && is_reference(after));
    marked && is_mark && !before.contains(':')
}

/// An address of a repository in the form `git+…`; `host:path` is one of SSH, whose user says
/// nothing.
fn read_repository(text: &str) -> Option<String> {
    let text = text.strip_prefix("git+").unwrap_or(text);
    if text.contains(|it: char| it == '\\' || it.is_whitespace()) {
        return None;
    }
    if let Some((scheme, rest)) = text.split_once("://") {
        let is_local = scheme == "file" && rest.starts_with('/');
        let is_remote =
            matches!(scheme, "http" | "https" | "ssh" | "git") && !rest.starts_with('/');
        return (is_local || is_remote)
            .then(|| anonymous(text, rest, false))?
            .map(|it| format!("git+{it}"));
    }
    let text = text.rsplit_once('@').map_or(text, |(_, rest)| rest);
    let (host, path) = text.split_once(':')?;
    let path = path.trim_start_matches('/');
    let fits = is_word(host) && !path.is_empty() && !path.contains(['?', '#', ':']);
    fits.then(|| format!("git+ssh://{host}/{path}"))
}

fn is_word(text: &str) -> bool {
    let allowed = |it: char| it.is_ascii_alphanumeric() || ".-_+".contains(it);
    !text.is_empty() && text.chars().all(allowed)
}

/// <https://git-scm.com/docs/git-check-ref-format>
fn is_reference(text: &str) -> bool {
    let forbidden = |it: char| it.is_whitespace() || "~^:?*[\\".contains(it);
    let is_odd = text.contains(forbidden) || text.contains("..") || text.contains("@{");
    !is_odd && text.split('/').all(|part| !part.is_empty())
}

/// No address; an `@` begins a word, but for opening brackets and quotation marks.
fn is_name(text: &str) -> bool {
    let opens = |before: &str| before.chars().all(|it| "([{\"'".contains(it));
    let mut words = text.split_whitespace();
    !text.contains("://")
        && words.all(|word| {
            word.rsplit_once('@')
                .is_none_or(|(before, _)| opens(before))
        })
}

/// `host:port/path:tag@sha256:…`
fn is_image(text: &str) -> bool {
    let (name, digest) = match text.split_once('@') {
        Some((name, digest)) => (name, Some(digest)),
        None => (text, None),
    };
    let is_digest = |digest: &str| {
        let hex = digest.strip_prefix("sha256:").unwrap_or_default();
        let lower = |it: u8| it.is_ascii_digit() || (b'a'..=b'f').contains(&it);
        hex.len() == 64 && hex.bytes().all(lower)
    };
    name.split(['/', ':']).all(is_word) && digest.is_none_or(is_digest)
}

/// `path`, `path@refs/…` as GitHub writes it, `path.yml@project:reference` as GitLab does.
fn is_definition(text: &str) -> bool {
    let Some((path, whence)) = text.split_once('@') else {
        return !text.contains(':');
    };
    if path.contains(':') {
        return false;
    }
    if whence.starts_with("refs/") {
        return is_reference(whence);
    }
    let (project, reference) = match whence.split_once(':') {
        Some((project, reference)) => (project, Some(reference)),
        None => (whence, None),
    };
    let is_file = path.ends_with(".yml") || path.ends_with(".yaml");
    let is_plain = |it: &str| !it.contains('@') && is_reference(it);
    is_file && project.split('/').all(is_word) && reference.is_none_or(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: [Kind; 11] = [
        Kind::Address,
        Kind::Uri,
        Kind::Repository,
        Kind::Reference,
        Kind::Number,
        Kind::Identifier,
        Kind::Name,
        Kind::Image,
        Kind::Definition,
        Kind::ResourceName,
        Kind::Moment,
    ];

    #[test]
    fn no_kind_keeps_user_information_of_an_address() {
        for text in [
            "https://user:s3cret@git.example/acme/lib.git",
            "https://s3cret@git.example/acme/lib.git",
            "https:///s3cret@git.example/acme/lib.git",
            "https:\\\\user:s3cret@git.example/acme/lib.git",
            "https://git.example\\@s3cret/acme",
            "https://git.example/acme/lib.git?token=s3cret",
            "https://git.example/acme/lib.git#s3cret",
            "https://x/user:s3cret@git.example/acme/lib.git",
            "https://x/user:s3cret@v1",
            "ssh://s3cret@git.example/acme/lib.git",
            "git+https://s3cret@git.example/acme/lib.git",
            "svn://u:s3cret@git.example/acme/lib.git",
            "s3cret@git.example:acme/lib.git",
            "user:s3cret@git.example:acme/lib.git",
            "user:s3cret@git.example/acme/lib.git",
            "8:s3cret@git.example/a.git",
            "a.yml@user:s3cret@git.example/a.git",
            "build 8:s3cret@git.example",
        ] {
            for kind in KINDS {
                let read = kind.read(text);
                assert!(
                    !read.as_deref().unwrap_or_default().contains("s3cret"),
                    "{kind:?} of {text}: {read:?}"
                );
            }
        }
    }

    #[test]
    fn credentials_leave_every_form_of_a_repository() {
        for text in [
            "https://user:s3cret@git.example/acme/lib.git",
            "https://s3cret@git.example/acme/lib.git",
            "https://git.example/acme/lib.git?token=s3cret",
            "https://git.example/acme/lib.git#s3cret",
            "ssh://s3cret@git.example/acme/lib.git",
            "s3cret@git.example:acme/lib.git",
            "user:s3cret@git.example:acme/lib.git",
        ] {
            let read = Kind::Repository.read(text).unwrap();
            assert!(read.ends_with("//git.example/acme/lib.git"), "{read}");
        }
        let local = Kind::Repository.read("file:///srv/git/a.git").unwrap();
        assert_eq!(local, "git+file:///srv/git/a.git");
    }

    #[test]
    fn what_the_systems_write_is_kept_as_it_is() {
        let pinned = format!(
            "registry.example:5000/acme/ci:7.0@sha256:{}",
            "0a".repeat(32)
        );
        for (kind, text) in [
            (Kind::Address, "https://jenkins.example:8080/job/a%2Fb/17/"),
            (Kind::Uri, "https://ci.example/Worker@v0.2"),
            (
                Kind::Uri,
                "https://github.com/acme/ci/.github/workflows/a.yml@refs/tags/lib@1.0.0",
            ),
            (Kind::Uri, "urn:example:builder"),
            (Kind::Reference, "@acme/lib@1.2.3"),
            (Kind::Reference, "refs/heads/feature/#12"),
            (Kind::Number, "9000000001"),
            (Kind::Identifier, "linux/amd64"),
            (Kind::Name, "build: [@acme/lib, linux] @prod"),
            (Kind::Name, "org/repo/feature%2Fx"),
            (Kind::Image, "aws/codebuild/standard:7.0"),
            (Kind::Image, pinned.as_str()),
            (
                Kind::Definition,
                "acme/lib/.github/workflows/a.yml@refs/heads/main",
            ),
            (
                Kind::Definition,
                "acme/lib/dynamic/pages/deploy@refs/tags/lib@1.0.0",
            ),
            (Kind::Definition, ".gitlab-ci.yml@acme/ci:refs/heads/main"),
            (
                Kind::ResourceName,
                "arn:aws:codebuild:eu-central-1:1:build/api:b1e6",
            ),
            (Kind::Moment, "2026-01-02T03:04:05Z"),
        ] {
            assert_eq!(kind.read(text).as_deref(), Some(text), "{kind:?}");
        }
    }

    #[test]
    fn what_is_invisible_too_long_or_of_another_shape_is_left_out() {
        let long = "a".repeat(LENGTH + 1);
        for kind in KINDS {
            for text in ["", "a\nb", "a\u{202e}b", &long] {
                assert_eq!(kind.read(text), None, "{kind:?}");
            }
        }
        for (kind, text) in [
            (Kind::Address, "jenkins.example/job"),
            (Kind::Address, "ftp://jenkins.example/job"),
            (Kind::Address, "https://ci.example/Worker@v0.2"),
            (Kind::Reference, "a..b"),
            (Kind::Number, "8a"),
            (Kind::Identifier, "a b"),
            (Kind::Image, "name:tag@sha256:abc"),
            (Kind::ResourceName, "arn:aws:x@y"),
            (Kind::Moment, "yesterday"),
        ] {
            assert_eq!(kind.read(text), None, "{kind:?} of {text}");
        }
    }
}
