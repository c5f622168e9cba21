//! One version, parsed under one scheme: its text as written and its canonical identity.

use std::fmt;
use std::hash::{Hash, Hasher};

use super::identity::{DevBuild, Key, dev_build};
use super::{Incomparable, Scheme};

/// Longer texts are no versions of any scheme, in bytes.
pub const MAXIMUM_LENGTH: usize = 256;

/// A version: the text as somebody wrote it, and what it means under one [`Scheme`].
///
/// `==` compares scheme and text, so `1.0` and `1.0.0` are two values; whether they are the same
/// release is [`Version::same_release`], and [`Version::key`] for maps.
#[derive(Clone)]
pub struct Version {
    text: Box<str>,
    key: Key,
    scheme: Scheme,
}

impl Version {
    /// Reads `text` under `scheme` and nothing else.
    ///
    /// # Errors
    /// [`Incomparable`] when the text is empty, longer than [`MAXIMUM_LENGTH`], holds a number
    /// beyond 64 bits, or is not of the scheme.
    pub fn parse(text: &str, scheme: Scheme) -> Result<Self, Incomparable> {
        if text.is_empty() {
            return Err(Incomparable::no_form(text, scheme, "it is empty"));
        }
        if text.len() > MAXIMUM_LENGTH {
            return Err(Incomparable::no_form(
                text,
                scheme,
                "a version has at most 256 bytes",
            ));
        }
        let key = Key::of(text, scheme)?;
        Ok(Self {
            text: text.into(),
            key,
            scheme,
        })
    }

    /// The text as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The scheme it was read under.
    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The canonical identity inside the scheme: two versions of one scheme are the same release
    /// if and only if their keys are equal, but for [`Scheme::Commit`], where one may be a prefix
    /// of the other (see [`Version::same_release`]).
    pub fn key(&self) -> &str {
        self.key.within(&self.text)
    }

    /// [`Version::key`], without copying it where it is a text of its own.
    pub(super) fn into_key(self) -> String {
        match self.key {
            Key::Own(key) => key.into(),
            key @ Key::Slice(..) => key.within(&self.text).to_owned(),
        }
    }

    /// The parts, when this is a development build.
    pub fn dev_build(&self) -> Option<DevBuild<'_>> {
        match self.scheme {
            Scheme::DevBuild => dev_build(&self.text),
            _ => None,
        }
    }

    /// What a template is filled with: the text, without the leading `v` and the surrounding
    /// whitespace that PEP 440 ignores and a template must not repeat.
    pub(crate) fn bare_text(&self) -> &str {
        if self.scheme == Scheme::Pep440 {
            let trimmed = self.text.trim_ascii();
            trimmed.strip_prefix(['v', 'V']).unwrap_or(trimmed)
        } else {
            &self.text
        }
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.scheme == other.scheme && self.text == other.text
    }
}

impl Eq for Version {}

impl Hash for Version {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.scheme.hash(state);
        self.text.hash(state);
    }
}

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{:?}", self.scheme, self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str, scheme: Scheme) -> Option<String> {
        let version = Version::parse(text, scheme).ok()?;
        assert_eq!(version.text(), text);
        Some(version.key().to_owned())
    }

    fn both(text: &str) -> (Option<String>, Option<String>) {
        (key(text, Scheme::Semver), key(text, Scheme::Pep440))
    }

    fn keys(semver: Option<&str>, pep440: Option<&str>) -> (Option<String>, Option<String>) {
        (semver.map(str::to_owned), pep440.map(str::to_owned))
    }

    #[test]
    fn a_leading_v_is_pep440_only() {
        assert_eq!(both("v1.2.3"), keys(None, Some("1.2.3")));
    }

    #[test]
    fn two_numbers_are_pep440_only() {
        assert_eq!(both("1.2"), keys(None, Some("1.2")));
    }

    #[test]
    fn a_release_candidate_with_hyphen_is_both() {
        assert_eq!(
            both("1.2.3-rc.1"),
            keys(Some("1.2.3-rc.1"), Some("1.2.3rc1"))
        );
    }

    #[test]
    fn a_release_candidate_without_hyphen_is_pep440_only() {
        assert_eq!(both("1.2.3rc1"), keys(None, Some("1.2.3rc1")));
    }

    #[test]
    fn a_numeric_suffix_is_a_pre_release_here_and_a_post_release_there() {
        assert_eq!(both("1.2.3-1"), keys(Some("1.2.3-1"), Some("1.2.3.post1")));
    }

    #[test]
    fn a_revision_is_a_pre_release_here_and_a_post_release_there() {
        assert_eq!(
            both("1.2.3-r4"),
            keys(Some("1.2.3-r4"), Some("1.2.3.post4"))
        );
    }

    #[test]
    fn a_variant_is_a_valid_pre_release_of_semver() {
        assert_eq!(both("1.2.3-alpine"), keys(Some("1.2.3-alpine"), None));
    }

    #[test]
    fn an_absent_number_is_zero_in_pep440_only() {
        assert_eq!(
            both("1.2.3-alpha"),
            keys(Some("1.2.3-alpha"), Some("1.2.3a0"))
        );
        assert_eq!(
            both("1.2.3-alpha.0"),
            keys(Some("1.2.3-alpha.0"), Some("1.2.3a0"))
        );
    }

    #[test]
    fn three_words_are_one_release_candidate_in_pep440_only() {
        for text in ["1.2.3-pre.1", "1.2.3-c.1", "1.2.3-preview.1"] {
            assert_eq!(both(text), keys(Some(text), Some("1.2.3rc1")));
        }
    }

    #[test]
    fn case_counts_in_semver_only() {
        assert_eq!(
            both("1.2.3-RC.1"),
            keys(Some("1.2.3-RC.1"), Some("1.2.3rc1"))
        );
    }

    #[test]
    fn leading_zeros_are_pep440_and_calendar_only() {
        assert_eq!(both("2024.01.05"), keys(None, Some("2024.1.5")));
        assert_eq!(
            key("2024.01.05", Scheme::Calver).as_deref(),
            Some("2024.1.5")
        );
    }

    #[test]
    fn post_epoch_and_a_fourth_number_are_pep440_only() {
        for text in ["1.2.3.post1", "1!1.2.3", "1.2.3.4"] {
            assert_eq!(both(text), keys(None, Some(text)));
        }
    }

    #[test]
    fn trailing_zeros_are_no_identity_but_build_and_local_parts_are() {
        for text in ["1", "1.0", "v1.0.0", "1.00"] {
            assert_eq!(key(text, Scheme::Pep440).as_deref(), Some("1"), "{text}");
        }
        assert_eq!(
            key("1.0+Ubuntu_01", Scheme::Pep440).as_deref(),
            Some("1+ubuntu.1")
        );
        assert_eq!(key("1!1.0a", Scheme::Pep440).as_deref(), Some("1!1a0"));
        assert_ne!(
            key("1.0.0+a", Scheme::Semver),
            key("1.0.0+b", Scheme::Semver)
        );
    }

    #[test]
    fn a_development_build_has_a_greedy_branch() {
        let version = Version::parse("feature-x-fa25b2ea-1674061254", Scheme::DevBuild).unwrap();
        let build = version.dev_build().unwrap();
        assert_eq!((build.branch, build.sha), ("feature-x", "fa25b2ea"));
        assert_eq!(build.timestamp, 1_674_061_254);
        for wrong in [
            "fa25b2ea-1674061254",
            "main-FA25B2EA-1674061254",
            "main-fa25b2-1674061254",
            "main-fa25b2ea-167406125",
            "main-fa25b2ea-1674061254-evil",
            "main/x-fa25b2ea-1674061254",
            "-fa25b2ea-1674061254",
        ] {
            assert!(Version::parse(wrong, Scheme::DevBuild).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_too_long_or_beyond_64_bits_has_no_form() {
        let long = "1".repeat(MAXIMUM_LENGTH + 1);
        for scheme in Scheme::ALL {
            assert!(Version::parse(&long, scheme).is_err());
            assert!(Version::parse("", scheme).is_err());
        }
        for (text, scheme) in [
            ("18446744073709551616.0.0", Scheme::Semver),
            ("1.18446744073709551616", Scheme::Pep440),
            ("1rc18446744073709551616", Scheme::Pep440),
            ("1+18446744073709551616", Scheme::Pep440),
            ("2024.18446744073709551616", Scheme::Calver),
        ] {
            assert!(Version::parse(text, scheme).is_err(), "{text}");
        }
        let legacy = Version::parse("2004d", Scheme::Opaque).unwrap();
        assert_eq!(legacy.key(), "2004d");
    }
}
