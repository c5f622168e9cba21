//! Names read backwards, for discovery and audit only.
//!
//! What is decidable and what is not: `1.2.3-alpine` is a valid SemVer pre-release, so no parser
//! can tell a pre-release from a variant of an image. The decision is by declaration, then by the
//! words that every ecosystem knows:
//!
//! 1. a declared floating tag, with or without a declared variant, is [`Reading::Floating`];
//! 2. a declared variant is cut off before anything is parsed;
//! 3. a text that parses is a release, with one exception: on image tags, a SemVer pre-release
//!    that is neither numeric nor led by a known word (`a alpha b beta c rc pre preview dev`), or
//!    that has a further word after a hyphen (`-rc.1-alpine`), is [`Reading::UnknownVariant`]. On
//!    git tags and in indexes nobody publishes variants, so there it is a release. Where
//!    `plus = "dash"` is declared, such a suffix is what build metadata looks like, and it is read
//!    as a release too: an unexplained one is then a version that nobody announced;
//! 4. a text that does not parse, but does before one of its hyphens, with a word after that
//!    hyphen, is an unknown variant as well;
//! 5. what is left claims to be a version of an ordered scheme if it begins with a digit, or with
//!    `v` and a digit, like `8.0.x`: then it is [`Reading::Incomparable`]. Else it is
//!    [`Reading::Foreign`] (`main`, `buildcache`), as is what cosign and the referrers fallback
//!    name (`sha256-<hex>`).
//!
//! Callers that know the releases look up exact names first: an announced `1.2.3-next.1` is found
//! there whatever this module makes of it.

use super::convert::{pre_release_suffix, pre_release_word};
use super::{Incomparable, Naming, Plus, Scheme, Version, numeric};

/// What a listed name is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// A release, in the channel's scheme, and the declared variant of it.
    Release {
        /// The version in the channel's scheme.
        version: Version,
        /// The declared suffix without its hyphen.
        variant: Option<String>,
    },
    /// A declared floating tag: never a version.
    Floating,
    /// A version with a suffix that the policy does not declare as a variant.
    UnknownVariant {
        /// The text before the suffix.
        version: String,
        /// The suffix without its hyphen.
        suffix: String,
    },
    /// Looks like a version of this line and is none, and why.
    Incomparable(String),
    /// Not a name of this line at all.
    Foreign,
}

impl Naming {
    /// What `name`, as listed by the channel, is. Never panics, whatever the text.
    ///
    /// Of several templates that fit, those with the most fixed characters are tried first, and a
    /// release beats every other reading.
    pub fn read(&self, name: &str) -> Reading {
        let (base, _) = self.without_variant(name);
        if self.is_floating(name) || self.is_floating(base) {
            return Reading::Floating;
        }
        if self.has_oci_tags() && is_digest_tag(name) {
            return Reading::Foreign;
        }
        let mut best = Reading::Foreign;
        for template in self.templates_by_weight() {
            let Some(text) = template.read(self.component(), name) else {
                continue;
            };
            let reading = self.read_version(text);
            if matches!(reading, Reading::Release { .. }) {
                return reading;
            }
            if rank(&reading) > rank(&best) {
                best = reading;
            }
        }
        best
    }

    fn read_version(&self, text: &str) -> Reading {
        let (base, variant) = self.without_variant(text);
        if variant.is_some()
            && let Ok(version) = self.parse_decoded(base)
            && self.suffix_start(base, &version).is_none()
        {
            let variant = variant.map(str::to_owned);
            return Reading::Release { version, variant };
        }
        let error = match self.parse_decoded(text) {
            Ok(version) => {
                return match self.suffix_start(text, &version) {
                    Some(at) => unknown_variant(text, at),
                    None => Reading::Release {
                        version,
                        variant: None,
                    },
                };
            }
            Err(error) => error,
        };
        if self.has_oci_tags()
            && let Some(at) = self.longest_version_before_a_word(text)
        {
            return unknown_variant(text, at);
        }
        if self.channel_scheme().is_ordered() && begins_like_a_version(text) {
            Reading::Incomparable(error.reason().to_owned())
        } else {
            Reading::Foreign
        }
    }

    /// The text without a declared variant, and that variant.
    fn without_variant<'t>(&self, text: &'t str) -> (&'t str, Option<&str>) {
        for variant in self.variants() {
            if let Some(base) = text
                .strip_suffix(variant.as_str())
                .and_then(|rest| rest.strip_suffix('-'))
                && !base.is_empty()
            {
                return (base, Some(variant));
            }
        }
        (text, None)
    }

    /// The version that a text in a name stands for: `_` read as `+` where that is the rule, and
    /// under `plus = "dash"` the last hyphen that makes a version when it is read as `+`, if the
    /// text is none as it stands (`1.0-abc`).
    fn parse_decoded(&self, text: &str) -> Result<Version, Incomparable> {
        let scheme = self.channel_scheme();
        if self.decodes_underscore() {
            return Version::parse(&text.replacen('_', "+", 1), scheme);
        }
        let parsed = Version::parse(text, scheme);
        let dashed = self.has_oci_tags()
            && self.plus() == Plus::Dash
            && matches!(scheme, Scheme::Semver | Scheme::Pep440)
            && text.len() <= super::MAXIMUM_LENGTH;
        if parsed.is_ok() || !dashed {
            return parsed;
        }
        let mut hyphens = text.rmatch_indices('-').map(|(at, _)| at);
        hyphens
            .find_map(|at| {
                let with_plus = format!("{}+{}", &text[..at], &text[at + 1..]);
                Version::parse(&with_plus, scheme).ok()
            })
            .map_or(parsed, Ok)
    }

    /// Where the hyphen of an undeclared suffix stands in a text that parses as a version.
    fn suffix_start(&self, text: &str, version: &Version) -> Option<usize> {
        let doubtful = self.has_oci_tags()
            && self.plus() != Plus::Dash
            && version.scheme() == Scheme::Semver
            && !has_known_pre_release(version.text());
        doubtful
            .then(|| self.longest_version_before_a_word(text))
            .flatten()
    }

    /// The last hyphen that has a plain version before it and a letter after it.
    fn longest_version_before_a_word(&self, text: &str) -> Option<usize> {
        // Longer than any version and its suffix: nothing to find, and the search is quadratic.
        if text.len() > super::MAXIMUM_LENGTH || self.channel_scheme() == Scheme::Opaque {
            return None;
        }
        text.rmatch_indices('-').map(|(at, _)| at).find(|&at| {
            text[at + 1..].starts_with(|c: char| c.is_ascii_alphabetic())
                && self.parse_decoded(&text[..at]).is_ok_and(|version| {
                    version.scheme() != Scheme::Semver || has_known_pre_release(version.text())
                })
        })
    }
}

/// Whether a SemVer text has no pre-release, a numeric one, or one led by a known word and without
/// a further word after a hyphen.
fn has_known_pre_release(text: &str) -> bool {
    let core = text.split_once('+').map_or(text, |(core, _)| core);
    let Some((_, pre)) = core.split_once('-') else {
        return true;
    };
    if pre_release_suffix(pre).is_some() || pre.split('.').all(numeric::is_number) {
        return true;
    }
    let word_end = pre
        .find(|character: char| !character.is_ascii_alphabetic())
        .unwrap_or(pre.len());
    let further_word = pre
        .match_indices('-')
        .any(|(at, _)| pre[at + 1..].starts_with(|c: char| c.is_ascii_alphabetic()));
    pre_release_word(&pre[..word_end]).is_some() && !further_word
}

/// Whether a text that is no version claims to be one.
fn begins_like_a_version(text: &str) -> bool {
    let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
    text.starts_with(|character: char| character.is_ascii_digit())
}

/// `sha256-<64 hexadecimal digits>` and what cosign appends (`.sig`, `.att`, `.sbom`): the tag
/// schema of the referrers fallback (OCI distribution specification 1.1).
fn is_digest_tag(name: &str) -> bool {
    let Some(rest) = name.strip_prefix("sha256-") else {
        return false;
    };
    let digits = rest.split_once('.').map_or(rest, |(digits, _)| digits);
    digits.len() == 64 && digits.bytes().all(|b| b.is_ascii_hexdigit())
}

fn unknown_variant(text: &str, at: usize) -> Reading {
    Reading::UnknownVariant {
        version: text[..at].to_owned(),
        suffix: text[at + 1..].to_owned(),
    }
}

/// Which of two readings that are no release says more.
fn rank(reading: &Reading) -> u8 {
    match reading {
        Reading::Foreign => 0,
        Reading::Incomparable(_) => 1,
        Reading::UnknownVariant { .. } => 2,
        Reading::Floating | Reading::Release { .. } => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn naming(scheme: Scheme, plus: Plus, oci_tags: bool) -> Naming {
        let template = |text: &str| text.parse().unwrap();
        let floating = |text: &str| super::super::Template::floating(text).unwrap();
        Naming::new(
            scheme,
            scheme,
            "api",
            vec![template("{version}"), template("release-{version}")],
            plus,
            vec!["-slim".to_owned(), "debian-slim".to_owned()],
            vec![floating("latest"), floating("{major}.{minor}")],
            oci_tags,
        )
    }

    fn shown(naming: &Naming, name: &str) -> String {
        match naming.read(name) {
            Reading::Release {
                version,
                variant: None,
            } => version.text().to_owned(),
            Reading::Release {
                version,
                variant: Some(variant),
            } => {
                format!("{} variant {variant}", version.text())
            }
            Reading::Floating => "floating".to_owned(),
            Reading::UnknownVariant { version, suffix } => format!("{version} unknown {suffix}"),
            Reading::Incomparable(_) => "incomparable".to_owned(),
            Reading::Foreign => "foreign".to_owned(),
        }
    }

    #[test]
    fn image_tags_are_read_by_declaration_then_by_known_words() {
        let images = naming(Scheme::Semver, Plus::Reject, true);
        let digest = format!("sha256-{}", "ab".repeat(32));
        for (name, reading) in [
            ("1.2.3", "1.2.3"),
            ("release-1.2.3", "1.2.3"),
            ("1.2.3-rc.1", "1.2.3-rc.1"),
            ("1.2.3-beta.1.2", "1.2.3-beta.1.2"),
            ("1.2.3-0.3.7", "1.2.3-0.3.7"),
            ("1.2.3-slim", "1.2.3 variant slim"),
            ("1.2.3-debian-slim", "1.2.3 variant debian-slim"),
            ("1.2.3-rc.1-slim", "1.2.3-rc.1 variant slim"),
            ("1.2.3-alpine", "1.2.3 unknown alpine"),
            ("1.2.3-alpine3.19", "1.2.3 unknown alpine3.19"),
            ("1.2.3-amd64", "1.2.3 unknown amd64"),
            ("1.2.3-rc.1-alpine", "1.2.3-rc.1 unknown alpine"),
            ("1.2.3-alpine-slim", "1.2.3 unknown alpine-slim"),
            ("1.2.3-next.1", "1.2.3 unknown next.1"),
            ("latest", "floating"),
            ("1.2", "floating"),
            ("latest-slim", "floating"),
            ("v1.2.3", "incomparable"),
            ("8.0.x", "incomparable"),
            ("1", "incomparable"),
            ("main", "foreign"),
            ("release-candidate", "foreign"),
            ("", "foreign"),
            ("-slim", "foreign"),
            (&digest, "foreign"),
            (&format!("{digest}.sig"), "foreign"),
        ] {
            assert_eq!(shown(&images, name), reading, "{name}");
        }
    }

    #[test]
    fn outside_images_a_valid_pre_release_is_a_release() {
        let tags = naming(Scheme::Semver, Plus::Reject, false);
        assert_eq!(shown(&tags, "1.2.3-alpine"), "1.2.3-alpine");
        assert_eq!(shown(&tags, "1.2.3-next.1"), "1.2.3-next.1");
        assert_eq!(shown(&tags, "1.2.3+build"), "1.2.3+build");
    }

    #[test]
    fn a_declared_dash_makes_suffixes_releases_and_an_underscore_is_read_as_plus() {
        let dash = naming(Scheme::Semver, Plus::Dash, true);
        assert_eq!(shown(&dash, "1.2.3-build.5"), "1.2.3-build.5");
        assert_eq!(shown(&dash, "1.2.3-build.05"), "1.2.3+build.05");
        let python = naming(Scheme::Pep440, Plus::Dash, true);
        assert_eq!(shown(&python, "1.2.3-abc"), "1.2.3+abc");
        let underscore = naming(Scheme::Semver, Plus::Underscore, true);
        assert_eq!(shown(&underscore, "1.2.3_build.5"), "1.2.3+build.5");
        assert_eq!(
            shown(&underscore, "1.2.3_build-slim"),
            "1.2.3+build variant slim"
        );
        assert_eq!(shown(&underscore, "1.2.3_a_b"), "incomparable");
    }

    #[test]
    fn the_other_schemes_find_unknown_variants_too() {
        let python = naming(Scheme::Pep440, Plus::Reject, true);
        assert_eq!(shown(&python, "1.2.3rc1-alpine"), "1.2.3rc1 unknown alpine");
        assert_eq!(shown(&python, "1.2.3-r4"), "1.2.3-r4");
        let calendar = naming(Scheme::Calver, Plus::Reject, true);
        assert_eq!(
            shown(&calendar, "2024.01.05-alpine"),
            "2024.01.05 unknown alpine"
        );
        assert_eq!(
            shown(&calendar, "2024.01.05-slim"),
            "2024.01.05 variant slim"
        );
        assert_eq!(shown(&calendar, "2024.01.05-1"), "incomparable");
        let builds = naming(Scheme::DevBuild, Plus::Reject, true);
        let build = "main-fa25b2ea-1674061254";
        assert_eq!(shown(&builds, build), build);
        assert_eq!(
            shown(&builds, &format!("{build}-evil")),
            format!("{build} unknown evil")
        );
        assert_eq!(shown(&builds, "1.2.3"), "foreign");
    }
}
