//! One version, parsed under one scheme: its text as written and its canonical identity.

use std::fmt;
use std::fmt::Write as _;
use std::hash::{Hash, Hasher};

use super::{Incomparable, Scheme, numeric};

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

/// The canonical form: most often a part of the text, so that it costs no allocation.
#[derive(Clone)]
enum Key {
    Slice(u16, u16),
    Own(Box<str>),
}

/// The parts of a development build, such as `main-fa25b2ea-1674061254`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DevBuild<'a> {
    /// The branch; may hold hyphens itself.
    pub branch: &'a str,
    /// 7 to 40 lower-case hexadecimal digits, a prefix of the commit.
    pub sha: &'a str,
    /// Seconds since 1970-01-01T00:00:00Z, as whoever built it claims.
    pub timestamp: u64,
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
        let key = match scheme {
            Scheme::Semver => semver_key(text)?,
            Scheme::Pep440 => pep440_key(text)?,
            Scheme::Calver => calver_key(text)?,
            Scheme::DevBuild => dev_build(text)
                .map(|_| Key::whole(text))
                .ok_or_else(|| Incomparable::no_form(text, scheme, DEV_BUILD_FORM))?,
            Scheme::Commit => commit_key(text)?,
            Scheme::Opaque => Key::whole(text),
        };
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
        match &self.key {
            // The bounds were made from this very text; the whole is only ever a fallback.
            Key::Slice(start, end) => self
                .text
                .get(usize::from(*start)..usize::from(*end))
                .unwrap_or(&self.text),
            Key::Own(key) => key,
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
    pub(super) fn bare_text(&self) -> &str {
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

const DEV_BUILD_FORM: &str =
    "it must be <branch>-<7 to 40 hexadecimal digits>-<10 digits of Unix time>";

impl Key {
    fn whole(text: &str) -> Self {
        Self::slice(text, 0, text.len())
    }

    fn slice(text: &str, start: usize, end: usize) -> Self {
        match (u16::try_from(start), u16::try_from(end)) {
            (Ok(start), Ok(end)) => Self::Slice(start, end),
            _ => Self::Own(text[start..end].into()),
        }
    }
}

/// SemVer has one spelling for each version, so the text is the key.
fn semver_key(text: &str) -> Result<Key, Incomparable> {
    match semver::Version::parse(text) {
        Ok(_) => Ok(Key::whole(text)),
        Err(error) => {
            let why = if text.starts_with(['v', 'V']) {
                "it begins with `v`; a template such as `v{version}` carries that".to_owned()
            } else if numeric::numbers(text, '.').is_some_and(|numbers| numbers.count() != 3) {
                "SemVer has exactly three numbers".to_owned()
            } else {
                error.to_string()
            };
            Err(Incomparable::no_form(text, Scheme::Semver, &why))
        }
    }
}

/// Epoch, release without trailing zeros, pre, post, dev and local in their normal spelling.
fn pep440_key(text: &str) -> Result<Key, Incomparable> {
    let start = usize::from(text.starts_with(['v', 'V']));
    if let Some(rest) = text.get(start..)
        && numeric::numbers(rest, '.').is_some()
    {
        return Ok(match numeric::canonical_prefix(rest) {
            Some(end) => Key::slice(text, start, start + end),
            None => Key::Own(numeric::canonical(rest.split('.')).into()),
        });
    }
    let parsed: pep440_rs::Version = text.parse().map_err(|error| {
        let error: pep440_rs::VersionParseError = error;
        Incomparable::no_form(text, Scheme::Pep440, &error.to_string())
    })?;
    let beyond = |segment: &pep440_rs::LocalSegment| match segment {
        pep440_rs::LocalSegment::String(text) => text.bytes().all(|b| b.is_ascii_digit()),
        pep440_rs::LocalSegment::Number(_) => false,
    };
    if parsed.local().iter().any(beyond) {
        let why = "a number in its local part is beyond 64 bits";
        return Err(Incomparable::no_form(text, Scheme::Pep440, why));
    }
    Ok(Key::Own(pep440_text(&parsed, true).into()))
}

/// The normal spelling of PEP 440; with `strip`, without trailing zeros in the release.
pub(super) fn pep440_text(version: &pep440_rs::Version, strip: bool) -> String {
    let mut text = String::with_capacity(24);
    let mut release = version.release();
    while strip && release.len() > 1 && release.last() == Some(&0) {
        release = &release[..release.len() - 1];
    }
    // Writing to a String cannot fail.
    if version.epoch() != 0 {
        let _ = write!(text, "{}!", version.epoch());
    }
    for (position, number) in release.iter().enumerate() {
        let dot = if position == 0 { "" } else { "." };
        let _ = write!(text, "{dot}{number}");
    }
    if let Some(pre) = version.pre() {
        let _ = write!(text, "{}{}", pre.kind, pre.number);
    }
    if let Some(post) = version.post() {
        let _ = write!(text, ".post{post}");
    }
    if let Some(dev) = version.dev() {
        let _ = write!(text, ".dev{dev}");
    }
    for (position, segment) in version.local().iter().enumerate() {
        let separator = if position == 0 { '+' } else { '.' };
        let _ = write!(text, "{separator}{segment}");
    }
    text
}

/// Numbers with one kind of separator throughout: a mixed `2024.01.05-1` may be a second build of
/// one day or a fourth number, so it is neither.
fn calver_key(text: &str) -> Result<Key, Incomparable> {
    if numeric::numbers(text, '.').is_some() {
        return Ok(match numeric::canonical_prefix(text) {
            Some(end) => Key::slice(text, 0, end),
            None => Key::Own(numeric::canonical(text.split('.')).into()),
        });
    }
    if numeric::numbers(text, '-').is_some() {
        return Ok(Key::Own(numeric::canonical(text.split('-')).into()));
    }
    let why = "it must be numbers up to 64 bits, all separated by `.` or all by `-`";
    Err(Incomparable::no_form(text, Scheme::Calver, why))
}

fn commit_key(text: &str) -> Result<Key, Incomparable> {
    let hexadecimal = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !hexadecimal || !(7..=64).contains(&text.len()) {
        let why = "it must be 7 to 64 hexadecimal digits";
        return Err(Incomparable::no_form(text, Scheme::Commit, why));
    }
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Ok(Key::Own(text.to_ascii_lowercase().into()));
    }
    Ok(Key::whole(text))
}

/// `^(?P<branch>[\w.-]+)-(?P<sha>[0-9a-f]{7,40})-(?P<ts>\d{10})$` in ASCII. Neither of the last
/// two parts can hold a hyphen, so the greedy branch is what stands before them.
fn dev_build(text: &str) -> Option<DevBuild<'_>> {
    let mut parts = text.rsplitn(3, '-');
    let (timestamp, sha, branch) = (parts.next()?, parts.next()?, parts.next()?);
    let word = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-');
    let digit = |b: u8| b.is_ascii_digit() || matches!(b, b'a'..=b'f');
    let fits = !branch.is_empty()
        && branch.bytes().all(word)
        && (7..=40).contains(&sha.len())
        && sha.bytes().all(digit)
        && timestamp.len() == 10
        && timestamp.bytes().all(|b| b.is_ascii_digit());
    fits.then_some(DevBuild {
        branch,
        sha,
        timestamp: timestamp.parse().ok()?,
    })
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
