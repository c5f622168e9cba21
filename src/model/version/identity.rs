//! The canonical form of a text under one scheme: what makes two spellings one release.

use std::fmt::Write as _;

use super::{Incomparable, Scheme, numeric};

/// The canonical form: most often a part of the text, so that it costs no allocation.
#[derive(Clone)]
pub(super) enum Key {
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

const DEV_BUILD_FORM: &str =
    "it must be <branch>-<7 to 40 hexadecimal digits>-<10 digits of Unix time>";

impl Key {
    /// The canonical form of a text that is neither empty nor too long.
    ///
    /// # Errors
    /// [`Incomparable`] when the text is not of the scheme.
    pub(super) fn of(text: &str, scheme: Scheme) -> Result<Self, Incomparable> {
        match scheme {
            Scheme::Semver => semver_key(text),
            Scheme::Pep440 => pep440_key(text),
            Scheme::Calver => calver_key(text),
            Scheme::DevBuild => dev_build(text)
                .map(|_| Self::whole(text))
                .ok_or_else(|| Incomparable::no_form(text, scheme, DEV_BUILD_FORM)),
            Scheme::Commit => commit_key(text),
            Scheme::Opaque => Ok(Self::whole(text)),
        }
    }

    /// The key itself, given the text that it was made from.
    pub(super) fn within<'t>(&'t self, text: &'t str) -> &'t str {
        match self {
            // The bounds were made from this very text; the whole is only ever a fallback.
            Self::Slice(start, end) => text
                .get(usize::from(*start)..usize::from(*end))
                .unwrap_or(text),
            Self::Own(key) => key,
        }
    }

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
pub(super) fn dev_build(text: &str) -> Option<DevBuild<'_>> {
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
