//! Four answers to "are these two the same release?", each with its reason.

use super::{Incomparable, Scheme, Version};
use crate::model::visible;

/// Candidates named in a [`Comparison::Ambiguous`], at most.
const MAXIMUM_CANDIDATES: usize = 10;

/// Whether two names are one release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Comparison {
    /// The same release.
    Equal,
    /// Two releases.
    NotEqual,
    /// Cannot be said, and why. Neither a pass nor a mismatch.
    Incomparable(String),
    /// An abbreviation that more than one candidate fits (at most ten are named).
    Ambiguous(Vec<String>),
}

impl Comparison {
    /// `equal`, `not-equal`, `incomparable` or `ambiguous`.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Equal => "equal",
            Self::NotEqual => "not-equal",
            Self::Incomparable(_) => "incomparable",
            Self::Ambiguous(_) => "ambiguous",
        }
    }
}

/// A comparison and a sentence that says why, safe to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// The answer.
    pub comparison: Comparison,
    /// Why, for people.
    pub reason: String,
}

impl Version {
    /// Whether both are one release under their common scheme.
    ///
    /// Two commits are equal when one is a prefix of the other; that no third commit shares the
    /// prefix is for [`resolve_commit`], which sees them all.
    pub fn same_release(&self, other: &Self) -> Comparison {
        if self.scheme() != other.scheme() {
            return Comparison::Incomparable(format!(
                "`{}` is read as {} and `{}` as {}: equality holds inside one scheme only",
                visible(self.text(), 80),
                self.scheme(),
                visible(other.text(), 80),
                other.scheme(),
            ));
        }
        let (a, b) = (self.key(), other.key());
        let equal = match self.scheme() {
            Scheme::Commit => a.starts_with(b) || b.starts_with(a),
            _ => a == b,
        };
        if equal {
            Comparison::Equal
        } else {
            Comparison::NotEqual
        }
    }
}

/// Reads both texts under `scheme` and says whether they are one release, and why.
pub fn compare(a: &str, b: &str, scheme: Scheme) -> Explained {
    let incomparable = |error: Incomparable| Explained {
        comparison: Comparison::Incomparable(error.reason().to_owned()),
        reason: error.reason().to_owned(),
    };
    let (left, right) = match (Version::parse(a, scheme), Version::parse(b, scheme)) {
        (Ok(left), Ok(right)) => (left, right),
        (Err(error), _) | (_, Err(error)) => return incomparable(error),
    };
    let comparison = left.same_release(&right);
    let reason = match comparison {
        Comparison::Equal => why_equal(&left, &right),
        _ => why_different(&left, &right),
    };
    Explained { comparison, reason }
}

/// The word and the reason of [`compare`], as `lockstep version compare` prints them.
pub fn explain_pair(a: &str, b: &str, scheme: Scheme) -> (&'static str, String) {
    let explained = compare(a, b, scheme);
    (explained.comparison.as_str(), explained.reason)
}

/// Which one of `among` a commit or its abbreviation means.
///
/// `Equal` when exactly one distinct commit fits, `NotEqual` when none does, `Ambiguous` when
/// several do: a prefix that two commits share names neither. Candidates that are no commits are
/// passed over.
pub fn resolve_commit<'a>(
    prefix: &Version,
    among: impl IntoIterator<Item = &'a Version>,
) -> Comparison {
    if prefix.scheme() != Scheme::Commit {
        return Comparison::Incomparable(format!(
            "`{}` is read as {}, not as a commit",
            visible(prefix.text(), 80),
            prefix.scheme()
        ));
    }
    let wanted = prefix.key();
    let commits: Vec<&str> = among
        .into_iter()
        .filter(|candidate| candidate.scheme() == Scheme::Commit)
        .map(Version::key)
        .collect();
    // Candidates that say at least as much as the wanted text decide; without any, the longest
    // abbreviation of it does, and then every commit that shares the abbreviation is meant.
    let known = commits.iter().any(|key| key.starts_with(wanted));
    let shared = if known {
        wanted
    } else {
        let abbreviations = commits.iter().filter(|key| wanted.starts_with(**key));
        match abbreviations.max_by_key(|key| key.len()) {
            Some(abbreviation) => abbreviation,
            None => return Comparison::NotEqual,
        }
    };
    let mut fitting: Vec<&str> = commits
        .into_iter()
        .filter(|key| key.starts_with(shared))
        .chain((!known).then_some(wanted))
        .collect();
    fitting.sort_unstable();
    // In sorted order an abbreviation stands right before what it abbreviates: they are one.
    let mut distinct: Vec<&str> = Vec::new();
    for key in fitting {
        if let Some(last) = distinct.last_mut()
            && key.starts_with(*last)
        {
            *last = key;
        } else if distinct.len() < MAXIMUM_CANDIDATES {
            distinct.push(key);
        }
    }
    match distinct.len() {
        1 => Comparison::Equal,
        _ => Comparison::Ambiguous(distinct.into_iter().map(str::to_owned).collect()),
    }
}

fn why_equal(a: &Version, b: &Version) -> String {
    let title = a.scheme().title();
    if a.scheme() == Scheme::Commit && a.key() != b.key() {
        let (short, long) = if a.key().len() < b.key().len() {
            (a, b)
        } else {
            (b, a)
        };
        return format!(
            "`{}` abbreviates commit `{}`; only a list of all commits can say that nothing else does",
            short.key(),
            long.key()
        );
    }
    let (left, right) = (a.normal_text(), b.normal_text());
    if left == right {
        format!("both are {title} {}", visible(&left, 80))
    } else {
        let key = visible(a.key(), 80);
        format!("both are {title} {key}: {}", spelling(a.scheme()))
    }
}

fn spelling(scheme: Scheme) -> &'static str {
    match scheme {
        Scheme::Pep440 => "trailing zeros of the release do not count",
        Scheme::Calver => "leading zeros, trailing zero numbers and the separator do not count",
        Scheme::Commit => "upper and lower case do not count",
        _ => "only the spelling differs",
    }
}

fn why_different(a: &Version, b: &Version) -> String {
    let title = a.scheme().title();
    let (left, right) = (visible(a.text(), 80), visible(b.text(), 80));
    match a.precedence(b) {
        Some(std::cmp::Ordering::Equal) => format!(
            "`{left}` and `{right}` differ in build metadata or local part only: equal in {title} \
             precedence, yet two releases"
        ),
        Some(std::cmp::Ordering::Less) => format!("`{left}` is lower than `{right}` in {title}"),
        Some(std::cmp::Ordering::Greater) => {
            format!("`{left}` is higher than `{right}` in {title}")
        }
        None => format!("`{left}` and `{right}` are written differently, and {title} has no order"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_answer_has_a_helpful_reason() {
        for (a, b, scheme, word, reason) in [
            (
                "1.2.3-alpha",
                "1.2.3a0",
                Scheme::Pep440,
                "equal",
                "both are PEP 440 1.2.3a0",
            ),
            (
                "v1.0",
                "1.0.0",
                Scheme::Pep440,
                "equal",
                "both are PEP 440 1: trailing zeros of the release do not count",
            ),
            (
                "1.2.3-alpha",
                "1.2.3-alpha.0",
                Scheme::Semver,
                "not-equal",
                "`1.2.3-alpha` is lower than `1.2.3-alpha.0` in SemVer",
            ),
            (
                "1.0.0+a",
                "1.0.0+b",
                Scheme::Semver,
                "not-equal",
                "`1.0.0+a` and `1.0.0+b` differ in build metadata or local part only: equal in SemVer precedence, yet two releases",
            ),
            (
                "v1.2.3",
                "1.2.3",
                Scheme::Semver,
                "incomparable",
                "`v1.2.3` has no SemVer form: it begins with `v`; a template such as `v{version}` carries that",
            ),
            (
                "1.2.3",
                "1.2",
                Scheme::Semver,
                "incomparable",
                "`1.2` has no SemVer form: SemVer has exactly three numbers",
            ),
            (
                "FA25B2EA",
                "fa25b2e",
                Scheme::Commit,
                "equal",
                "`fa25b2e` abbreviates commit `fa25b2ea`; only a list of all commits can say that nothing else does",
            ),
            (
                "jammy",
                "noble",
                Scheme::Opaque,
                "not-equal",
                "`jammy` and `noble` are written differently, and opaque has no order",
            ),
        ] {
            assert_eq!(
                explain_pair(a, b, scheme),
                (word, reason.to_owned()),
                "{a} {b}"
            );
        }
        let (word, reason) = explain_pair("1.2.3-alpine", "1.2.3", Scheme::Pep440);
        assert_eq!(word, "incomparable");
        assert!(
            reason.starts_with("`1.2.3-alpine` has no PEP 440 form: "),
            "{reason}"
        );
    }

    #[test]
    fn a_commit_prefix_is_ambiguous_when_two_commits_share_it() {
        let commit = |text: &str| Version::parse(text, Scheme::Commit).unwrap();
        let among = [
            commit("abcdef12"),
            commit("abcdef1299"),
            commit("0123456789"),
        ];
        assert_eq!(
            resolve_commit(&commit("ABCDEF1"), &among),
            Comparison::Equal
        );
        assert_eq!(
            resolve_commit(&commit("fffffff"), &among),
            Comparison::NotEqual
        );
        let third = [among.as_slice(), &[commit("abcdef13")]].concat();
        assert_eq!(
            resolve_commit(&commit("abcdef1"), &third),
            Comparison::Ambiguous(vec!["abcdef1299".into(), "abcdef13".into()])
        );
        assert_eq!(
            resolve_commit(
                &commit("abcdef12"),
                &[commit("abcdef1"), commit("abcdef13")]
            ),
            Comparison::Ambiguous(vec!["abcdef12".into(), "abcdef13".into()]),
            "a third commit shares the abbreviation"
        );
        assert!(
            Version::parse("abcdef", Scheme::Commit).is_err(),
            "six digits are too few"
        );
    }

    #[test]
    fn versions_of_two_schemes_are_incomparable() {
        let semver = Version::parse("1.0.0", Scheme::Semver).unwrap();
        let pep440 = Version::parse("1.0.0", Scheme::Pep440).unwrap();
        assert!(matches!(
            semver.same_release(&pep440),
            Comparison::Incomparable(_)
        ));
    }
}
