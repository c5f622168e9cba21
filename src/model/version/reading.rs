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
//! 5. what is left claims to be a version if it begins with a digit, or with `v` and a digit, or
//!    if a fixed part of the template stands beside it: then it is [`Reading::Incomparable`].
//!    Else it is [`Reading::Foreign`], as is what cosign and the referrers fallback name
//!    (`sha256-<hex>`).
//!
//! Callers that know the releases look up exact names first: an announced `1.2.3-next.1` is found
//! there whatever this module makes of it.

use std::borrow::Cow;

use super::convert::{pre_release_suffix, pre_release_word};
use super::{Incomparable, Naming, Plus, Scheme, Template, Version, numeric};

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
            let reading = self.read_version(text, template);
            if matches!(reading, Reading::Release { .. }) {
                return reading;
            }
            if rank(&reading) > rank(&best) {
                best = reading;
            }
        }
        best
    }

    fn read_version(&self, text: &str, template: &Template) -> Reading {
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
        let claims = template.weight(self.component()) > 0 || begins_like_a_version(text);
        if self.channel_scheme().is_ordered() && claims {
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

    /// The version that a text in a name stands for, `_` read as `+` where that is the rule.
    fn parse_decoded(&self, text: &str) -> Result<Version, Incomparable> {
        let decoded = if self.decodes_underscore() {
            Cow::Owned(text.replacen('_', "+", 1))
        } else {
            Cow::Borrowed(text)
        };
        Version::parse(&decoded, self.channel_scheme())
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
