//! Tags that are versions, as slsa-verifier's `--source-versioned-tag` compares them.

use std::fmt;
use std::str::FromStr;

use semver::Version;

use crate::model::visible_line;

/// A version of which the minor and the patch number may be left away: `v1`, `v1.2`, `v1.2.3-rc.1`.
/// Every part that is given must be the same; build metadata does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionedTag {
    text: String,
    version: Version,
    parts: usize,
}

/// Why a text is no version of a tag.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no version: write `v1`, `v1.2` or `v1.2.3`")]
pub struct VersionedTagError(String);

impl VersionedTag {
    /// Whether a tag has the parts that are given. A tag that leaves one of them away has it not:
    /// `v1`, which moves with every release, is not `v1.0.0`.
    pub fn matches(&self, tag: &str) -> bool {
        let Some((version, parts)) = read(tag) else {
            return false;
        };
        let expected = &self.version;
        parts >= self.parts
            && version.major == expected.major
            && (self.parts < 2 || version.minor == expected.minor)
            && (self.parts < 3 || (version.patch == expected.patch && version.pre == expected.pre))
    }
}

/// The version, and how many of its numbers are given.
fn read(text: &str) -> Option<(Version, usize)> {
    let plain = text.strip_prefix('v')?;
    let numbers = plain.split(['-', '+']).next()?;
    let parts = numbers.split('.').count();
    let full = match parts {
        1 if numbers == plain => format!("{plain}.0.0"),
        2 if numbers == plain => format!("{plain}.0"),
        3 => plain.to_owned(),
        _ => return None,
    };
    Some((Version::parse(&full).ok()?, parts))
}

impl FromStr for VersionedTag {
    type Err = VersionedTagError;

    fn from_str(text: &str) -> Result<Self, VersionedTagError> {
        let read = read(text).ok_or_else(|| VersionedTagError(visible_line(text)))?;
        Ok(Self {
            text: text.to_owned(),
            version: read.0,
            parts: read.1,
        })
    }
}

impl fmt::Display for VersionedTag {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_that_are_given_must_be_the_same() {
        for (expected, tag, fits) in [
            ("v1", "v1.2.3", true),
            ("v1", "v1", true),
            ("v1.2", "v1.2.9", true),
            ("v1.2", "v1.20.0", false),
            ("v1.2.3", "v1.2.3", true),
            ("v1.2.3", "v1.2.3+build", true),
            ("v1.2.3", "v1.2.3-rc.1", false),
            ("v1.2.3-rc.1", "v1.2.3-rc.1", true),
            ("v1.0.0", "v1", false),
            ("v1.0", "v1", false),
            ("v1.2.0", "v1.2", false),
            ("v1.2", "v1.2", true),
            ("v1", "v10.0.0", false),
            ("v1", "1.2.3", false),
            ("v1", "release-v1.2.3", false),
        ] {
            let expected: VersionedTag = expected.parse().unwrap();
            assert_eq!(expected.matches(tag), fits, "{expected} {tag}");
        }
    }

    #[test]
    fn what_is_no_version_is_refused() {
        for text in [
            "", "1.2.3", "v", "v1.2.3.4", "v1-rc", "vx", "v01.2.3", "v1..2",
        ] {
            assert!(text.parse::<VersionedTag>().is_err(), "{text}");
        }
    }
}
