//! The version schemes that a release line may declare.

use std::fmt;
use std::str::FromStr;

/// How the versions of one release line are written, and when two of them are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scheme {
    /// Semantic Versioning 2.0.0: exactly three numbers, case-sensitive pre-release and build.
    Semver,
    /// Python's PEP 440, with all its spellings of one version.
    Pep440,
    /// Dotted or hyphenated numbers such as `2024.01.05`; leading zeros mean nothing.
    Calver,
    /// `<branch>-<commit prefix>-<ten digits of Unix time>`, as Flux image policies read it.
    DevBuild,
    /// At least seven hexadecimal digits of a git commit.
    Commit,
    /// Any text, the same only when written the same.
    Opaque,
}

/// Why a text names no scheme.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a version scheme: use semver, pep440, calver, dev-build, commit or opaque")]
pub struct SchemeError(String);

impl Scheme {
    /// Every scheme, in the order in which documentation lists them.
    pub const ALL: [Self; 6] = [
        Self::Semver,
        Self::Pep440,
        Self::Calver,
        Self::DevBuild,
        Self::Commit,
        Self::Opaque,
    ];

    /// Whether versions of this scheme have an order of precedence.
    pub const fn is_ordered(self) -> bool {
        matches!(self, Self::Semver | Self::Pep440 | Self::Calver)
    }

    /// The word that policy files use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Semver => "semver",
            Self::Pep440 => "pep440",
            Self::Calver => "calver",
            Self::DevBuild => "dev-build",
            Self::Commit => "commit",
            Self::Opaque => "opaque",
        }
    }

    /// The name that messages use.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Semver => "SemVer",
            Self::Pep440 => "PEP 440",
            Self::Calver => "calendar version",
            Self::DevBuild => "development build",
            Self::Commit => "commit",
            Self::Opaque => "opaque",
        }
    }
}

impl FromStr for Scheme {
    type Err = SchemeError;

    fn from_str(text: &str) -> Result<Self, SchemeError> {
        Self::ALL
            .into_iter()
            .find(|scheme| scheme.as_str() == text)
            .ok_or_else(|| SchemeError(crate::model::visible(text, 80)))
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

crate::model::as_text!(Scheme);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scheme_reads_what_it_writes_and_nothing_else() {
        for scheme in Scheme::ALL {
            assert_eq!(scheme.to_string().parse::<Scheme>().unwrap(), scheme);
            let json = serde_json::to_string(&scheme).unwrap();
            assert_eq!(serde_json::from_str::<Scheme>(&json).unwrap(), scheme);
        }
        for wrong in ["", "SemVer", "pep-440", "devbuild", "semver "] {
            assert!(wrong.parse::<Scheme>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn only_three_schemes_have_an_order() {
        let ordered: Vec<_> = Scheme::ALL.into_iter().filter(|s| s.is_ordered()).collect();
        assert_eq!(ordered, [Scheme::Semver, Scheme::Pep440, Scheme::Calver]);
    }
}
