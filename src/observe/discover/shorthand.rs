//! Shorthands: one place, named in a word, from which the others are found.

use std::fmt;
use std::str::FromStr;

use crate::model::{Name, visible};

/// A place to begin from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shorthand {
    /// `pypi:NAME`, a project on the index that pip is configured with.
    PyPi(String),
    /// `npm:NAME` or `npm:@SCOPE/NAME`, a package in the registry that npm is configured with.
    Npm(String),
    /// `github:OWNER/REPOSITORY`.
    Github {
        /// The account.
        owner: String,
        /// Its repository.
        repository: String,
    },
    /// `oci:HOST/NAME`, an image without tag.
    Oci {
        /// Host, and port where it has one.
        host: String,
        /// Name on that host.
        name: String,
    },
}

/// Why a text is no shorthand.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ShorthandError {
    /// What is wrong.
    pub message: String,
    /// What to write.
    pub hint: String,
}

/// What each kind looks like.
const FORMS: &[(&str, &str)] = &[
    ("pypi", "pypi:graphene-pynamodb"),
    ("npm", "npm:@acme/ui"),
    ("github", "github:acme/api"),
    ("oci", "oci:ghcr.io/acme/api"),
];

impl Shorthand {
    /// Whether a target is meant as a shorthand: a word, a colon, and no path. A single letter is
    /// a drive of Windows.
    pub fn is_meant(text: &str) -> bool {
        text.split_once(':').is_some_and(|(kind, _)| {
            kind.len() > 1 && kind.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        })
    }

    /// The name that a component has without any other.
    pub fn bare_name(&self) -> &str {
        match self {
            Self::PyPi(name) | Self::Npm(name) => name,
            Self::Github { repository, .. } => repository,
            Self::Oci { name, .. } => name.rsplit('/').next().unwrap_or(name),
        }
    }
}

impl FromStr for Shorthand {
    type Err = ShorthandError;

    fn from_str(text: &str) -> Result<Self, ShorthandError> {
        let shown = visible(text, 120);
        let (kind, rest) = text.split_once(':').unwrap_or((text, ""));
        let Some((_, form)) = FORMS.iter().find(|(known, _)| *known == kind) else {
            let forms: Vec<&str> = FORMS.iter().map(|(_, form)| *form).collect();
            return Err(ShorthandError {
                message: format!("`{shown}` begins with no known kind"),
                hint: format!("one of {}; or a policy file", forms.join(", ")),
            });
        };
        let refuse = |why: &str, hint: String| ShorthandError {
            message: format!("`{shown}` {why}"),
            hint,
        };
        let usual = || format!("as in `{form}`");
        if names_a_version(kind, rest) {
            let hint = format!("leave it out and give `--version`; {}", usual());
            return Err(refuse("names a version or a tag", hint));
        }
        let found = match kind {
            "pypi" if is_project(rest) => Some(Self::PyPi(rest.to_owned())),
            "npm" if is_package(rest) => Some(Self::Npm(rest.to_owned())),
            "github" => rest.split_once('/').and_then(|(owner, repository)| {
                (is_segment(owner) && is_segment(repository)).then(|| Self::Github {
                    owner: owner.to_owned(),
                    repository: repository.to_owned(),
                })
            }),
            "oci" => rest.split_once('/').and_then(|(host, name)| {
                (is_host(host) && name.split('/').all(is_path)).then(|| Self::Oci {
                    host: host.to_owned(),
                    name: name.to_owned(),
                })
            }),
            _ => None,
        };
        let found = found.filter(|it| rest.len() <= 255 && it.bare_name().parse::<Name>().is_ok());
        found.ok_or_else(|| refuse("is no such place", usual()))
    }
}

impl fmt::Display for Shorthand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PyPi(name) => write!(f, "pypi:{name}"),
            Self::Npm(name) => write!(f, "npm:{name}"),
            Self::Github { owner, repository } => write!(f, "github:{owner}/{repository}"),
            Self::Oci { host, name } => write!(f, "oci:{host}/{name}"),
        }
    }
}

fn names_a_version(kind: &str, rest: &str) -> bool {
    match kind {
        "pypi" => rest.contains(['=', '<', '>', '~', '!', '@', '[']),
        "npm" => rest.trim_start_matches('@').contains('@'),
        "github" => rest.contains(['@', '#']),
        _ => {
            let name = rest.split_once('/').map_or("", |(_, name)| name);
            name.contains([':', '@'])
        }
    }
}

/// The grammar of names (PyPA "Names and normalization").
pub(super) fn is_project(name: &str) -> bool {
    let inside = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
    let end = |c: char| c.is_ascii_alphanumeric();
    name.bytes().all(inside) && name.starts_with(end) && name.ends_with(end)
}

/// A name of npm's (npm documentation, package.json, "name").
pub(super) fn is_package(name: &str) -> bool {
    let part = |part: &str| {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"-._".contains(&b);
        !part.is_empty() && !part.starts_with(['.', '_']) && part.bytes().all(allowed)
    };
    match name.strip_prefix('@').map(|scoped| scoped.split_once('/')) {
        Some(Some((scope, bare))) => part(scope) && part(bare),
        Some(None) => false,
        None => part(name),
    }
}

/// An account or a repository of GitHub.
pub(super) fn is_segment(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
    !text.is_empty()
        && text.len() <= 100
        && text != "."
        && text != ".."
        && text.bytes().all(allowed)
}

/// As the Docker client tells a host from the first part of a name.
fn is_host(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b".-:[]".contains(&b);
    (text.contains(['.', ':']) || text == "localhost") && text.bytes().all(allowed)
}

fn is_path(part: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b);
    let end = |c: char| c.is_ascii_alphanumeric();
    part.bytes().all(allowed) && part.starts_with(end) && part.ends_with(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_four_kinds_are_read_and_shown_as_written() {
        for text in [
            "pypi:graphene-pynamodb",
            "npm:@acme/ui",
            "npm:left-pad",
            "github:acme/api.rs",
            "oci:ghcr.io/acme/api",
            "oci:127.0.0.1:5000/acme/api",
        ] {
            let read: Shorthand = text.parse().unwrap();
            assert_eq!(read.to_string(), text);
            assert!(Shorthand::is_meant(text));
        }
        for path in [
            "C:\\policies\\api.toml",
            "policies",
            "./a.toml",
            "a.toml",
            "-",
        ] {
            assert!(!Shorthand::is_meant(path), "{path}");
        }
    }

    #[test]
    fn what_is_no_place_is_refused_with_an_example() {
        for (text, words) in [
            ("cargo:serde", "no known kind"),
            ("pypi:", "no such place"),
            ("pypi:a b", "no such place"),
            ("pypi:../x", "no such place"),
            ("pypi:x==1.2", "names a version"),
            ("npm:@acme/ui@1.0.0", "names a version"),
            ("npm:@acme", "no such place"),
            ("github:acme", "no such place"),
            ("github:acme/..", "no such place"),
            ("github:acme/api/tree", "no such place"),
            ("github:acme/api@v1", "names a version"),
            ("oci:acme/api", "no such place"),
            ("oci:ghcr.io/acme/api:1.0", "names a version"),
            ("oci:ghcr.io/acme/../x", "no such place"),
        ] {
            let error = text.parse::<Shorthand>().unwrap_err();
            assert!(error.message.contains(words), "{text}: {error}");
            assert!(!error.hint.is_empty());
        }
    }
}
