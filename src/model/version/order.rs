//! Order inside one scheme: precedence, stability, series. Never used to tell identity.

use std::cmp::Ordering;

use super::{Scheme, Version, numeric};

/// The first three numbers of a version, as floating tags write them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Numbers<'a> {
    /// The first number.
    pub major: &'a str,
    /// The second, `0` when the version has none.
    pub minor: &'a str,
    /// The third, `0` when the version has none.
    pub patch: &'a str,
}

impl Version {
    /// Whether this is neither a pre-release nor a development release. `false` for the schemes
    /// that cannot say.
    pub fn is_stable(&self) -> bool {
        match self.scheme() {
            Scheme::Semver => {
                let key = self.key();
                let core = key.split_once('+').map_or(key, |(core, _)| core);
                !core.contains('-')
            }
            Scheme::Pep440 => self.pep440().is_some_and(|version| version.is_stable()),
            Scheme::Calver => true,
            Scheme::DevBuild | Scheme::Commit | Scheme::Opaque => false,
        }
    }

    /// Which of two versions comes first, or `None` across schemes and in schemes without order.
    ///
    /// Build metadata and local parts do not count (SemVer 2.0.0 §10), so `Equal` does not mean
    /// that two versions are the same release: that is [`Version::same_release`].
    pub fn precedence(&self, other: &Self) -> Option<Ordering> {
        if self.scheme() != other.scheme() || !self.scheme().is_ordered() {
            return None;
        }
        if let Some(order) = numeric::compare(self.key(), other.key()) {
            return Some(order);
        }
        match self.scheme() {
            Scheme::Semver => {
                let (a, b) = (self.semver()?, other.semver()?);
                Some(a.cmp_precedence(&b))
            }
            Scheme::Pep440 => {
                let (a, b) = (self.pep440()?, other.pep440()?);
                Some(a.without_local().cmp(&b.without_local()))
            }
            _ => None,
        }
    }

    /// The series that a version belongs to: its major number, or `0.minor` under major 0, with
    /// the epoch before it where PEP 440 has one. SemVer and PEP 440 only.
    pub fn series(&self) -> Option<String> {
        let key = match self.scheme() {
            Scheme::Semver | Scheme::Pep440 => self.key(),
            _ => return None,
        };
        let (epoch, rest) = match key.split_once('!') {
            Some((epoch, rest)) => (&key[..=epoch.len()], rest),
            None => ("", key),
        };
        let numbers = leading_numbers(rest)?;
        Some(if numbers.major == "0" {
            format!("{epoch}0.{}", numbers.minor)
        } else {
            format!("{epoch}{}", numbers.major)
        })
    }

    /// The first three numbers: of a calendar version as written, else without leading zeros.
    ///
    /// `None` in schemes without numbers, and for a version with an epoch, which no floating tag
    /// can show.
    pub fn numbers(&self) -> Option<Numbers<'_>> {
        match self.scheme() {
            Scheme::Semver => leading_numbers(self.text()),
            Scheme::Pep440 => leading_numbers(self.key()),
            Scheme::Calver => {
                let mut numbers = self.text().split(['.', '-']);
                Some(Numbers {
                    major: numbers.next()?,
                    minor: numbers.next().unwrap_or("0"),
                    patch: numbers.next().unwrap_or("0"),
                })
            }
            Scheme::DevBuild | Scheme::Commit | Scheme::Opaque => None,
        }
    }

    /// The parsed form of a SemVer version.
    pub(super) fn semver(&self) -> Option<semver::Version> {
        (self.scheme() == Scheme::Semver)
            .then(|| semver::Version::parse(self.text()).ok())
            .flatten()
    }

    /// The parsed form of a PEP 440 version, with its trailing zeros.
    pub(super) fn pep440(&self) -> Option<pep440_rs::Version> {
        (self.scheme() == Scheme::Pep440)
            .then(|| self.text().parse().ok())
            .flatten()
    }
}

/// The dotted numbers that lead this text; `None` when none does or an epoch follows the first.
fn leading_numbers(text: &str) -> Option<Numbers<'_>> {
    let mut rest = text;
    let mut numbers = ["0"; 3];
    for (position, number) in numbers.iter_mut().enumerate() {
        let end = rest
            .find(|character: char| !character.is_ascii_digit())
            .unwrap_or(rest.len());
        if end == 0 {
            return None;
        }
        *number = &rest[..end];
        rest = &rest[end..];
        if position == 0 && rest.starts_with('!') {
            return None;
        }
        // `1.dev0` ends its release after one number.
        match rest.strip_prefix('.') {
            Some(after) if after.starts_with(|c: char| c.is_ascii_digit()) => rest = after,
            _ => break,
        }
    }
    let [major, minor, patch] = numbers;
    Some(Numbers {
        major,
        minor,
        patch,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str, scheme: Scheme) -> Version {
        Version::parse(text, scheme).unwrap()
    }

    #[test]
    fn build_and_local_parts_have_no_precedence_but_are_identity() {
        for (a, b, scheme) in [
            ("1.0.0+a", "1.0.0+b", Scheme::Semver),
            ("1.0+a", "1.0+b", Scheme::Pep440),
            ("1.0", "1.0+b", Scheme::Pep440),
        ] {
            let (a, b) = (version(a, scheme), version(b, scheme));
            assert_eq!(a.precedence(&b), Some(Ordering::Equal), "{a:?} {b:?}");
            assert_ne!(a.key(), b.key());
        }
    }

    #[test]
    fn precedence_follows_each_scheme() {
        let ladders: [(Scheme, &[&str]); 3] = [
            (
                Scheme::Semver,
                &[
                    "1.0.0-alpha",
                    "1.0.0-alpha.1",
                    "1.0.0-beta.2",
                    "1.0.0-beta.11",
                    "1.0.0",
                    "1.0.1",
                    "1.10.0",
                ],
            ),
            (
                Scheme::Pep440,
                &[
                    "1.0.dev1",
                    "1.0a1.dev1",
                    "1.0a1",
                    "1.0rc1",
                    "1.0",
                    "1.0.post1",
                    "1.1",
                    "1.10",
                    "1!0.1",
                ],
            ),
            (
                Scheme::Calver,
                &["2023.12.31", "2024.01.05", "2024.1.10", "2024-02-01"],
            ),
        ];
        for (scheme, ladder) in ladders {
            for pair in ladder.windows(2) {
                let (a, b) = (version(pair[0], scheme), version(pair[1], scheme));
                assert_eq!(a.precedence(&b), Some(Ordering::Less), "{a:?} {b:?}");
                assert_eq!(b.precedence(&a), Some(Ordering::Greater), "{a:?} {b:?}");
            }
        }
    }

    #[test]
    fn schemes_without_order_and_pairs_across_schemes_have_no_precedence() {
        let opaque = version("1.0.0", Scheme::Opaque);
        assert_eq!(opaque.precedence(&opaque), None);
        let semver = version("1.0.0", Scheme::Semver);
        assert_eq!(semver.precedence(&version("1.0.0", Scheme::Pep440)), None);
    }

    #[test]
    fn a_series_is_the_major_number_or_the_minor_under_zero() {
        for (text, scheme, series) in [
            ("1.2.3", Scheme::Semver, Some("1")),
            ("0.7.0-rc.1", Scheme::Semver, Some("0.7")),
            ("v0.7", Scheme::Pep440, Some("0.7")),
            ("0", Scheme::Pep440, Some("0.0")),
            ("2!3.1", Scheme::Pep440, Some("2!3")),
            ("1.dev3", Scheme::Pep440, Some("1")),
            ("2024.1.5", Scheme::Calver, None),
            ("1.2.3", Scheme::Opaque, None),
        ] {
            assert_eq!(version(text, scheme).series().as_deref(), series, "{text}");
        }
    }

    #[test]
    fn stability_is_only_claimed_where_a_scheme_can_say() {
        for (text, scheme, stable) in [
            ("1.0.0", Scheme::Semver, true),
            ("1.0.0+build-1", Scheme::Semver, true),
            ("1.0.0-rc.1", Scheme::Semver, false),
            ("1.0.post1", Scheme::Pep440, true),
            ("1.0.dev1", Scheme::Pep440, false),
            ("2024.1", Scheme::Calver, true),
            ("1.0.0", Scheme::Opaque, false),
            ("fa25b2e", Scheme::Commit, false),
        ] {
            assert_eq!(version(text, scheme).is_stable(), stable, "{text}");
        }
    }

    #[test]
    fn numbers_fill_up_with_zeros_and_keep_calendar_zeros() {
        let numbers = |text, scheme| {
            let version = version(text, scheme);
            version
                .numbers()
                .map(|n| format!("{} {} {}", n.major, n.minor, n.patch))
        };
        assert_eq!(
            numbers("1.20.3-rc.1", Scheme::Semver).as_deref(),
            Some("1 20 3")
        );
        assert_eq!(
            numbers("v1.02rc1", Scheme::Pep440).as_deref(),
            Some("1 2 0")
        );
        assert_eq!(
            numbers("2024.01.05", Scheme::Calver).as_deref(),
            Some("2024 01 05")
        );
        assert_eq!(numbers("1!2.0", Scheme::Pep440), None);
        assert_eq!(numbers("1.2.3", Scheme::Opaque), None);
    }
}
