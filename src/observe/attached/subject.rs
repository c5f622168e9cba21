//! Subjects that lie elsewhere, as users write them.

use url::Url;

use crate::model::settings::WebAddress;
use crate::model::{ArtifactDigest, RedactedUrl, visible};
use crate::observe::Environment;
use crate::observe::github::{home, owner_and_name};
use crate::observe::oci::Reference;

/// An artifact that lies elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// `HOST/NAME:TAG`, `HOST/NAME@sha256:…`, with or without `oci:` before it.
    Image(Reference),
    /// `pypi:NAME==VERSION`, or `pypi:NAME==VERSION/FILE`.
    PyPi(PackageFile),
    /// `npm:NAME@VERSION`.
    Npm(PackageVersion),
    /// `sha256:…`, `sha512:…`: the place that has it is named beside it.
    Digest(ArtifactDigest),
}

/// A version of a project on an index, or one file of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageFile {
    /// The project.
    pub project: String,
    /// The version, as a user writes it.
    pub version: String,
    /// One file; all of them where none is named.
    pub file: Option<String>,
    /// The index's Simple API; the public one where none is given.
    pub index: Option<Url>,
}

/// A version of a package in a registry that speaks npm's protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageVersion {
    /// The package, with its scope.
    pub package: String,
    /// The exact version.
    pub version: String,
    /// The registry; the public one where none is given.
    pub registry: Option<Url>,
}

/// Why a text names no such artifact.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` {why}")]
pub struct SubjectError {
    /// The text, made visible.
    pub text: String,
    /// What is wrong with it.
    pub why: String,
    /// What to write.
    pub hint: &'static str,
}

impl Subject {
    /// Reads a subject.
    ///
    /// # Errors
    /// [`SubjectError`] for a text that names none.
    pub fn read(text: &str) -> Result<Self, SubjectError> {
        let refused = |why: &str, hint: &'static str| SubjectError {
            text: visible(text, 200),
            why: why.to_owned(),
            hint,
        };
        if let Some(rest) = text.strip_prefix("pypi:") {
            return pypi(rest).ok_or_else(|| {
                refused(
                    "names no version of a Python project",
                    "write `pypi:NAME==VERSION`, or `pypi:NAME==VERSION/FILE`",
                )
            });
        }
        if let Some(rest) = text.strip_prefix("npm:") {
            return npm(rest).ok_or_else(|| {
                refused(
                    "names no version of an npm package",
                    "write `npm:NAME@VERSION`, as in `npm:@acme/ui@1.4.2`",
                )
            });
        }
        if text.starts_with("sha256:") || text.starts_with("sha512:") {
            let digest = text.parse().map_err(|_| {
                refused(
                    "is no digest",
                    "`sha256:` with 64 or `sha512:` with 128 lower-case hexadecimal digits",
                )
            });
            return digest.map(Self::Digest);
        }
        let reference = text.strip_prefix("oci:").unwrap_or(text);
        Reference::read(reference)
            .map(Self::Image)
            .map_err(|(why, hint)| refused(why, hint))
    }
}

/// A repository on GitHub as users write it: `OWNER/NAME` on the GitHub that the environment means,
/// or its address.
///
/// # Errors
/// [`SubjectError`] for a text that names none; a password in it is not repeated.
pub fn repository(text: &str, environment: &Environment) -> Result<Url, SubjectError> {
    let refused = || SubjectError {
        text: shown(text),
        why: "is no repository of GitHub".to_owned(),
        hint: "write `OWNER/NAME`, or `https://HOST/OWNER/NAME`",
    };
    let url = match text.contains("://") {
        true => text.parse::<WebAddress>().ok().map(WebAddress::into_url),
        false if text.split('/').count() == 2 && text.split('/').all(is_part) => {
            home(environment).and_then(|home| home.join(text).ok())
        }
        false => None,
    };
    url.filter(|url| owner_and_name(url).is_some())
        .ok_or_else(refused)
}

/// Whether a text may stand for an account or a repository in `OWNER/NAME`.
pub(super) fn is_part(part: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
    !part.is_empty() && part.bytes().all(allowed)
}

/// How an error repeats what was named: without a password.
pub(super) fn shown(text: &str) -> String {
    Url::parse(text).map_or_else(
        |_| visible(text, 200),
        |url| RedactedUrl::of(&url).as_str().to_owned(),
    )
}

fn pypi(text: &str) -> Option<Subject> {
    let (project, rest) = text.split_once("==")?;
    let (version, file) = match rest.split_once('/') {
        Some((version, file)) => (version, Some(file)),
        None => (rest, None),
    };
    let plain = |text: &str| {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._-+!".contains(&b);
        !text.is_empty() && text.len() <= 300 && text.bytes().all(allowed)
    };
    let all = plain(project) && plain(version) && file.is_none_or(plain);
    all.then(|| {
        Subject::PyPi(PackageFile {
            project: project.to_owned(),
            version: version.to_owned(),
            file: file.map(str::to_owned),
            index: None,
        })
    })
}

fn npm(text: &str) -> Option<Subject> {
    let (package, version) = text.rsplit_once('@')?;
    let exact = semver::Version::parse(version).is_ok();
    (exact && crate::observe::npm::is_package(package)).then(|| {
        Subject::Npm(PackageVersion {
            package: package.to_owned(),
            version: version.to_owned(),
            registry: None,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_is_told_from_the_others() {
        let digest = "ab".repeat(32);
        for (text, kind) in [
            ("ghcr.io/acme/api:1.4.2", "image"),
            ("oci:localhost:5000/a:1", "image"),
            (&format!("ghcr.io/acme/api@sha256:{digest}"), "image"),
            ("pypi:graphene-pynamodb==2.1.0", "pypi"),
            ("pypi:x==1.0/x-1.0.tar.gz", "pypi"),
            ("npm:ui@1.0.0-rc.1", "npm"),
            ("npm:@acme/ui@1.0.0", "npm"),
            (&format!("sha256:{digest}"), "digest"),
        ] {
            let found = match Subject::read(text).unwrap() {
                Subject::Image(_) => "image",
                Subject::PyPi(_) => "pypi",
                Subject::Npm(_) => "npm",
                Subject::Digest(_) => "digest",
            };
            assert_eq!(found, kind, "{text}");
        }
    }

    #[test]
    fn a_repository_is_an_owner_and_a_name_on_the_github_that_is_meant() {
        let nothing = Environment::empty();
        let here = Environment::empty().with("GITHUB_SERVER_URL", "https://git.acme.example");
        let of = |text: &str, it: &Environment| repository(text, it).unwrap().to_string();
        assert_eq!(of("acme/api", &nothing), "https://github.com/acme/api");
        assert_eq!(of("acme/api", &here), "https://git.acme.example/acme/api");
        let address = "https://git.other.example/acme/api";
        assert_eq!(of(address, &nothing), address);
        for wrong in ["acme", "a/b/c", "../x", "a/ b", "ftp://h/a/b", "/etc/x"] {
            assert!(repository(wrong, &nothing).is_err(), "{wrong}");
        }
        let secret = repository("http://me:s3cr3t@h.example/a", &nothing).unwrap_err();
        assert!(!secret.to_string().contains("s3cr3t"), "{secret}");
    }

    #[test]
    fn what_names_no_exact_artifact_is_refused() {
        for text in [
            "",
            "api",
            "ghcr.io/acme/api",
            "pypi:x",
            "pypi:x==",
            "pypi:x==1/../../etc",
            "pypi:x==1/..%2f",
            "npm:ui",
            "npm:ui@latest",
            "npm:@acme/ui",
            "npm:a/../b@1.0.0",
            "sha256:AB",
            "sha256:",
            "https://ghcr.io/acme/api:1",
            "ghcr.io/acme/api:1\u{1b}[2J",
        ] {
            let error = Subject::read(text).unwrap_err();
            assert!(!error.to_string().contains('\u{1b}'), "{error}");
        }
    }
}
