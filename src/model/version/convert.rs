//! From one scheme to another: a partial relation, and everything outside it is incomparable.

use std::borrow::Cow;

use super::identity::pep440_text;
use super::{Incomparable, Scheme, Version, numeric};

/// Why nothing with build metadata or a local part is carried across schemes.
const BUILD_PART: &str = "build metadata and local parts stay inside their own scheme";

impl Version {
    /// The same release as `to` writes it.
    ///
    /// - the same scheme: the version itself;
    /// - SemVer → PEP 440: three numbers; a pre-release in
    ///   `{a|alpha|b|beta|c|rc|pre|preview}[.-]?N?` or `dev[.-]?N?`, in any case, N absent being 0.
    ///   A purely numeric pre-release and `rN` are excluded: PEP 440 reads them as post-releases;
    /// - PEP 440 → SemVer: at most three numbers, and a, b, rc or dev as `-alpha.N`, `-beta.N`,
    ///   `-rc.N`, `-dev.N`;
    /// - calendar versions and stable versions of the other two: by number.
    ///
    /// The relation is not injective (`-rc` and `-rc.0`), which is what
    /// [`collisions`](super::collisions) is for.
    ///
    /// # Errors
    /// [`Incomparable`] for everything else.
    pub fn convert(&self, to: Scheme) -> Result<Self, Incomparable> {
        let text = match (self.scheme(), to) {
            (from, to) if from == to => return Ok(self.clone()),
            (Scheme::Semver, Scheme::Pep440) => semver_to_pep440(self.text()).map(Cow::Owned),
            (Scheme::Pep440, Scheme::Semver) => self.pep440_to_semver().map(Cow::Owned),
            (Scheme::Semver, Scheme::Calver) => plain_semver(self.text()).map(Cow::Borrowed),
            (Scheme::Pep440, Scheme::Calver) => plain_pep440(self.key()).map(Cow::Borrowed),
            (Scheme::Calver, Scheme::Pep440) => Ok(Cow::Owned(calver_numbers(self.text()))),
            (Scheme::Calver, Scheme::Semver) => three_numbers(self.key()).map(Cow::Owned),
            _ => Err("the two schemes have no common form"),
        }
        .map_err(|why| Incomparable::no_form(self.text(), to, why))?;
        Self::parse(&text, to)
    }

    /// The normal spelling of this release in its scheme: of PEP 440 the normalised text, of the
    /// other schemes the text as written.
    pub(super) fn normal_text(&self) -> Cow<'_, str> {
        match self.pep440() {
            Some(version) => Cow::Owned(pep440_text(&version, false)),
            None => Cow::Borrowed(self.text()),
        }
    }

    fn pep440_to_semver(&self) -> Result<String, &'static str> {
        let version = self.pep440().ok_or("it cannot be read again")?;
        if version.epoch() != 0 {
            return Err("SemVer has no epoch");
        }
        if version.is_post() {
            return Err("SemVer has no post-release");
        }
        if version.is_local() {
            return Err(BUILD_PART);
        }
        let mut release = version.release();
        while release.len() > 3 && release.last() == Some(&0) {
            release = &release[..release.len() - 1];
        }
        if release.len() > 3 {
            return Err("SemVer has exactly three numbers");
        }
        let number = |position: usize| release.get(position).copied().unwrap_or(0);
        let core = format!("{}.{}.{}", number(0), number(1), number(2));
        match (version.pre(), version.dev()) {
            (None, None) => Ok(core),
            (None, Some(dev)) => Ok(format!("{core}-dev.{dev}")),
            (Some(pre), None) => {
                let word = match pre.kind {
                    pep440_rs::PrereleaseKind::Alpha => "alpha",
                    pep440_rs::PrereleaseKind::Beta => "beta",
                    pep440_rs::PrereleaseKind::Rc => "rc",
                };
                Ok(format!("{core}-{word}.{}", pre.number))
            }
            (Some(_), Some(_)) => Err("SemVer has no development release of a pre-release"),
        }
    }
}

/// A pre-release of the shape that PEP 440 can write: the suffix it becomes (`rc1`, `.dev0`).
pub(super) fn pre_release_suffix(pre: &str) -> Option<String> {
    let letters = pre
        .find(|character: char| !character.is_ascii_alphabetic())
        .unwrap_or(pre.len());
    let (word, rest) = pre.split_at(letters);
    let suffix = pre_release_word(word)?;
    let digits = rest.strip_prefix(['.', '-']).unwrap_or(rest);
    if digits.is_empty() && rest.is_empty() {
        return Some(format!("{suffix}0"));
    }
    numeric::is_number(digits)
        .then(|| format!("{suffix}{}", numeric::without_leading_zeros(digits)))
}

/// The PEP 440 spelling of a known pre-release word, in any case.
pub(super) fn pre_release_word(word: &str) -> Option<&'static str> {
    const WORDS: [(&str, &str); 9] = [
        ("a", "a"),
        ("alpha", "a"),
        ("b", "b"),
        ("beta", "b"),
        ("c", "rc"),
        ("rc", "rc"),
        ("pre", "rc"),
        ("preview", "rc"),
        ("dev", ".dev"),
    ];
    WORDS
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(word))
        .map(|(_, suffix)| *suffix)
}

fn semver_to_pep440(text: &str) -> Result<String, &'static str> {
    if text.contains('+') {
        return Err(BUILD_PART);
    }
    let Some((core, pre)) = text.split_once('-') else {
        return Ok(text.to_owned());
    };
    if pre.split('.').all(numeric::is_number) {
        return Err("PEP 440 would read a numeric pre-release as a post-release");
    }
    let suffix = pre_release_suffix(pre).ok_or(
        "its pre-release is none of a, alpha, b, beta, c, rc, pre, preview, dev with a number",
    )?;
    Ok(format!("{core}{suffix}"))
}

fn plain_semver(text: &str) -> Result<&str, &'static str> {
    if text.contains(['-', '+']) {
        return Err("a calendar version has numbers only");
    }
    Ok(text)
}

fn plain_pep440(key: &str) -> Result<&str, &'static str> {
    if numeric::numbers(key, '.').is_none() {
        return Err("a calendar version has numbers only");
    }
    Ok(key)
}

/// The numbers without leading zeros, trailing zero numbers kept as written.
fn calver_numbers(text: &str) -> String {
    let numbers: Vec<&str> = text
        .split(['.', '-'])
        .map(numeric::without_leading_zeros)
        .collect();
    numbers.join(".")
}

fn three_numbers(key: &str) -> Result<String, &'static str> {
    match key.split('.').count() {
        1 => Ok(format!("{key}.0.0")),
        2 => Ok(format!("{key}.0")),
        3 => Ok(key.to_owned()),
        _ => Err("SemVer has exactly three numbers"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn converted(text: &str, from: Scheme, to: Scheme) -> Result<String, Incomparable> {
        let version = Version::parse(text, from).unwrap();
        version.convert(to).map(|version| version.text().to_owned())
    }

    #[test]
    fn semver_becomes_pep440_only_where_both_mean_the_same() {
        let to_pep440 = |text| converted(text, Scheme::Semver, Scheme::Pep440);
        for (text, pep440) in [
            ("1.2.3", "1.2.3"),
            ("1.2.0", "1.2.0"),
            ("1.2.3-rc.1", "1.2.3rc1"),
            ("1.2.3-RC.1", "1.2.3rc1"),
            ("1.2.3-rc01", "1.2.3rc1"),
            ("1.2.3-pre.1", "1.2.3rc1"),
            ("1.2.3-c.1", "1.2.3rc1"),
            ("1.2.3-preview.1", "1.2.3rc1"),
            ("1.2.3-alpha", "1.2.3a0"),
            ("1.2.3-alpha.0", "1.2.3a0"),
            ("1.2.3-b-4", "1.2.3b4"),
            ("1.2.3-dev", "1.2.3.dev0"),
            ("1.2.3-dev.7", "1.2.3.dev7"),
        ] {
            assert_eq!(to_pep440(text).unwrap(), pep440, "{text}");
        }
        for text in [
            "1.2.3-1",
            "1.2.3-1.2",
            "1.2.3-r4",
            "1.2.3-rev.4",
            "1.2.3-post.1",
            "1.2.3-alpine",
            "1.2.3-rc.1.2",
            "1.2.3-rc.",
            "1.2.3-rc-",
            "1.2.3-rc--1",
            "1.2.3+build",
            "1.2.3-rc.1+build",
            "1.2.3-rc99999999999999999999",
        ] {
            let Ok(version) = Version::parse(text, Scheme::Semver) else {
                continue;
            };
            assert!(version.convert(Scheme::Pep440).is_err(), "{text}");
        }
    }

    #[test]
    fn pep440_becomes_semver_only_without_its_own_parts() {
        let to_semver = |text| converted(text, Scheme::Pep440, Scheme::Semver);
        for (text, semver) in [
            ("v1", "1.0.0"),
            ("1.2", "1.2.0"),
            ("1.2.3.0", "1.2.3"),
            ("1.2a", "1.2.0-alpha.0"),
            ("1.2.3b4", "1.2.3-beta.4"),
            ("1.2.3c1", "1.2.3-rc.1"),
            ("1.2.3-dev", "1.2.3-dev.0"),
        ] {
            assert_eq!(to_semver(text).unwrap(), semver, "{text}");
        }
        for text in [
            "1!1.2.3",
            "1.2.3.post1",
            "1.2.3-1",
            "1.2.3.4",
            "1.2.3+l",
            "1a1.dev1",
        ] {
            assert!(to_semver(text).is_err(), "{text}");
        }
    }

    #[test]
    fn calendar_versions_cross_by_number_only() {
        let calver = Scheme::Calver;
        assert_eq!(
            converted("2024.01.05", calver, Scheme::Pep440).unwrap(),
            "2024.1.5"
        );
        assert_eq!(
            converted("2024-01-05", calver, Scheme::Semver).unwrap(),
            "2024.1.5"
        );
        assert_eq!(
            converted("24.04", calver, Scheme::Semver).unwrap(),
            "24.4.0"
        );
        assert!(converted("1.2.3.4", calver, Scheme::Semver).is_err());
        assert_eq!(
            converted("24.4.0", Scheme::Semver, calver).unwrap(),
            "24.4.0"
        );
        assert!(converted("24.4.0-rc.1", Scheme::Semver, calver).is_err());
        assert_eq!(converted("v24.04", Scheme::Pep440, calver).unwrap(), "24.4");
        assert!(converted("24.4rc1", Scheme::Pep440, calver).is_err());
        assert!(converted("1!24.4", Scheme::Pep440, calver).is_err());
    }

    #[test]
    fn schemes_without_order_convert_to_nothing_else() {
        for from in [Scheme::Opaque, Scheme::Commit] {
            for to in Scheme::ALL {
                let version = Version::parse("fa25b2ea", from).unwrap();
                assert_eq!(version.convert(to).is_ok(), from == to, "{from} {to}");
            }
        }
    }
}
