//! Addresses of source repositories and of build configurations within them, written one way.

use std::fmt;
use std::str::FromStr;

use url::Url;

use crate::model::{as_text, visible_line};

/// Address of a source repository in the one form in which two of them are compared: `https`, host
/// in lower case, no `git+`, `.git` and trailing slash. On github.com and gitlab.com, which tell
/// no names apart by case, the path is in lower case too.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepositoryAddress(String);

/// Why a text is no address of a repository.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no address of a repository such as https://github.com/acme/api")]
pub struct RepositoryAddressError(String);

/// A build configuration: a file of a repository at a reference.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Workflow {
    /// Where it stands.
    pub repository: RepositoryAddress,
    /// The file: `.github/workflows/release.yml`.
    pub path: String,
    /// The git reference, in full.
    pub reference: String,
}

impl RepositoryAddress {
    /// `https://host/path`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// An address that may end in `@` and a git reference or commit, as SLSA writes sources.
    pub(super) fn with_reference(
        text: &str,
    ) -> Result<(Self, Option<String>), RepositoryAddressError> {
        let (address, reference) = split_reference(text);
        Ok((address.parse()?, reference.map(str::to_owned)))
    }
}

/// Parts at the first `@` behind the host: neither hosts' owners nor repositories have one.
fn split_reference(text: &str) -> (&str, Option<&str>) {
    let path = text.find("://").map_or(0, |at| at + 3);
    let path = text[path..].find('/').map_or(text.len(), |at| path + at);
    match text[path..].find('@') {
        Some(at) => (&text[..path + at], Some(&text[path + at + 1..])),
        None => (text, None),
    }
}

/// Parts a build configuration from its reference: before `refs/`, else at the last `@`, behind which
/// a commit stands. A file may have an `@` in its name (`release.yml@x.yml` is not `release.yml`), and
/// so may a branch; where `@refs/` stands twice nobody can tell which is which.
fn split_configuration(text: &str) -> Option<(&str, &str)> {
    let path = text.find("://")? + 3;
    let path = path + text[path..].find('/')?;
    let mut references = text[path..].match_indices("@refs/");
    let at = match (references.next(), references.next()) {
        (Some((at, _)), None) => path + at,
        (None, _) => path + text[path..].rfind('@')?,
        (Some(_), Some(_)) => return None,
    };
    let (address, reference) = (&text[..at], &text[at + 1..]);
    (!reference.is_empty()).then_some((address, reference))
}

impl FromStr for RepositoryAddress {
    type Err = RepositoryAddressError;

    fn from_str(text: &str) -> Result<Self, RepositoryAddressError> {
        let error = || RepositoryAddressError(visible_line(text));
        // A backslash is a slash in `https` and a letter in `ssh`: no address is both.
        let is_odd = |it: char| it.is_whitespace() || it.is_control() || it == '\\';
        if text.len() > 2_000 || text.contains(is_odd) {
            return Err(error());
        }
        let plain = text.strip_prefix("git+").unwrap_or(text);
        // CircleCI's certificates and slsa-verifier's option leave the scheme away.
        let host = plain.split('/').next().unwrap_or_default();
        let url = match host.contains('.') && !host.contains([':', '@']) {
            true => Url::parse(&format!("https://{plain}")),
            false => Url::parse(plain),
        };
        let url = url.map_err(|_| error())?;
        let is_ssh = url.scheme() == "ssh";
        let scheme = match url.scheme() {
            "https" | "ssh" | "git" => "https",
            "http" => "http",
            _ => return Err(error()),
        };
        let has_user = !url.username().is_empty() || url.password().is_some();
        if (has_user && !(is_ssh && url.password().is_none()))
            || url.query().is_some()
            || url.fragment().is_some()
        {
            return Err(error());
        }
        let host = url.host_str().ok_or_else(error)?.to_ascii_lowercase();
        let path = url.path().trim_end_matches('/');
        let path = path.strip_suffix(".git").unwrap_or(path);
        // What would be another address when it is read again is none.
        let is_cut = path.ends_with('/') || path.ends_with(".git");
        if path.len() < 2 || is_cut || path.contains('%') || path.contains("//") {
            return Err(error());
        }
        let path = match host.as_str() {
            "github.com" | "gitlab.com" => path.to_ascii_lowercase(),
            _ => path.to_owned(),
        };
        let port = match url.port() {
            Some(port) if !is_ssh => format!(":{port}"),
            _ => String::new(),
        };
        let written = format!("{scheme}://{host}{port}{path}");
        // A host of `ssh` may be none of `https`.
        match Url::parse(&written) {
            Ok(again) if again.as_str() == written => Ok(Self(written)),
            _ => Err(error()),
        }
    }
}

impl FromStr for Workflow {
    type Err = RepositoryAddressError;

    /// `https://github.com/acme/api/.github/workflows/x.yml@refs/tags/v1`, or with `//` between the
    /// repository and the file, as GitLab writes it.
    fn from_str(text: &str) -> Result<Self, RepositoryAddressError> {
        let error = || RepositoryAddressError(visible_line(text));
        let (address, reference) = split_configuration(text).ok_or_else(error)?;
        let host = address.find("://").ok_or_else(error)? + 3;
        let split = match address[host..].find("//") {
            Some(at) => (host + at, host + at + 2),
            None => {
                let slashes: Vec<usize> = address[host..]
                    .match_indices('/')
                    .map(|(at, _)| host + at)
                    .collect();
                let at = *slashes.get(2).ok_or_else(error)?;
                (at, at + 1)
            }
        };
        let path = &address[split.1..];
        if path.is_empty() {
            return Err(error());
        }
        Ok(Self {
            repository: address[..split.0].parse()?,
            path: path.to_owned(),
            reference: reference.to_owned(),
        })
    }
}

impl fmt::Display for RepositoryAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for RepositoryAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Display for Workflow {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            repository,
            path,
            reference,
        } = self;
        // As the host writes it, so that it reads back.
        let gap = match repository.0.matches('/').count() {
            4 if path.starts_with(".github/") => "/",
            _ => "//",
        };
        write!(formatter, "{repository}{gap}{path}@{reference}")
    }
}

impl fmt::Debug for Workflow {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

as_text!(RepositoryAddress);
as_text!(Workflow);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_repository_has_one_address() {
        for text in [
            "https://github.com/acme/api",
            "https://GitHub.com/Acme/Api/",
            "git+https://github.com/acme/api.git",
            "git+ssh://git@github.com/acme/api.git",
            "ssh://git@github.com:22/acme/api",
            "git://github.com/acme/api",
            "github.com/acme/api",
        ] {
            let address: RepositoryAddress = text.parse().unwrap();
            assert_eq!(address.as_str(), "https://github.com/acme/api", "{text}");
        }
    }

    #[test]
    fn other_repositories_have_other_addresses() {
        let one: RepositoryAddress = "https://git.example/acme/api".parse().unwrap();
        for text in [
            "https://git.example/Acme/api",
            "http://git.example/acme/api",
            "https://git.example:8443/acme/api",
            "https://git.example/acme/api/more",
        ] {
            assert_ne!(one, text.parse().unwrap(), "{text}");
        }
    }

    #[test]
    fn what_is_no_repository_is_refused() {
        for text in [
            "",
            "acme/api",
            "https://github.com",
            "https://github.com/",
            "file:///etc/passwd",
            "https://user:pw@github.com/acme/api",
            "https://github.com/acme/api?x",
            "javascript:x",
            "https://github.com/acme/api#x",
            "https://github.com/acme/%61pi",
            "https://github.com/ac me/api",
            "https://github.com//api",
            "https://github.com/acme\\api",
            "git+ssh://git@git.example/acme\\api",
            "https://github.com/acme/api/.git",
            "https://github.com/acme/api.git.git",
            "git+ssh://git@host.1/acme/api",
        ] {
            assert!(text.parse::<RepositoryAddress>().is_err(), "{text}");
        }
    }

    #[test]
    fn workflows_are_read_as_their_hosts_write_them() {
        for (text, path, reference) in [
            (
                "https://github.com/acme/api/.github/workflows/a@b.yml",
                ".github/workflows/a",
                "b.yml",
            ),
            (
                "https://github.com/acme/api/.github/workflows/x.yml@refs/tags/v1@2",
                ".github/workflows/x.yml",
                "refs/tags/v1@2",
            ),
            (
                "https://github.com/acme/api/.github/workflows/x.yml@y.yml@refs/heads/z",
                ".github/workflows/x.yml@y.yml",
                "refs/heads/z",
            ),
            (
                "https://gitlab.com/a/b/c//ci/x.yml@refs/heads/main",
                "ci/x.yml",
                "refs/heads/main",
            ),
        ] {
            let workflow: Workflow = text.parse().unwrap();
            assert_eq!(
                (workflow.path.as_str(), workflow.reference.as_str()),
                (path, reference)
            );
            assert_eq!(workflow.to_string(), text);
        }
        for text in [
            "https://github.com/acme/api@x",
            "https://github.com/acme/api/x.yml",
            "https://gitlab.com/a/b//x.yml@refs/heads/main/y.yml@refs/heads/evil",
            "https://github.com/acme/api/.github/workflows/x.yml@",
            "x@y",
        ] {
            assert!(text.parse::<Workflow>().is_err(), "{text}");
        }
    }
}
