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
