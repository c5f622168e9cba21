//! Floating tags (`1`, `1.2`, `latest`): names that move from release to release.

use super::template::Part;
use super::{Naming, Numbers, Template, Version, numeric};

/// The versions among which the highest stable one is what a floating tag must show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FloatingRange {
    /// Every version, as for `latest`.
    Any,
    /// Every version of one major number.
    Major(String),
    /// Every version of one major and one minor number.
    MajorMinor(String, String),
    /// Every version of three numbers, as for `1.2.3` where `1.2.3.post1` exists.
    Exact(String, String, String),
}

/// A floating tag and the range that it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FloatingName {
    /// The tag.
    pub name: String,
    /// What it stands for.
    pub range: FloatingRange,
}

impl FloatingRange {
    /// Whether `version` is in the range, by number: `01` is `1`.
    pub fn contains(&self, version: &Version) -> bool {
        let (major, minor, patch) = match self {
            Self::Any => return true,
            Self::Major(major) => (major, None, None),
            Self::MajorMinor(major, minor) => (major, Some(minor), None),
            Self::Exact(major, minor, patch) => (major, Some(minor), Some(patch)),
        };
        let Some(numbers) = version.numbers() else {
            return false;
        };
        same_number(major, numbers.major)
            && minor.is_none_or(|minor| same_number(minor, numbers.minor))
            && patch.is_none_or(|patch| same_number(patch, numbers.patch))
    }
}

impl Naming {
    /// The floating tags that must point at `version` while it is the highest stable version of
    /// their range. None for a version that is not stable: pre-releases move no floating tag.
    ///
    /// A floating tag with numbers has no name for a version without numbers.
    pub fn floating_names(&self, version: &Version) -> Vec<FloatingName> {
        let Ok(version) = version.convert(self.channel_scheme()) else {
            return Vec::new();
        };
        if !version.is_stable() {
            return Vec::new();
        }
        let mut names = Vec::new();
        for template in self.floating_templates() {
            let name = match version.numbers() {
                Some(numbers) => template.render_numbers(self.component(), "", numbers),
                None if template.has_numbers() => continue,
                None => template.render(self.component(), ""),
            };
            let range = range_of(template, version.numbers());
            names.push(FloatingName { name, range });
        }
        names
    }

    /// Whether `name` is one of the declared floating tags, of whatever version.
    pub(super) fn is_floating(&self, name: &str) -> bool {
        let mut templates = self.floating_templates().iter();
        templates.any(|template| fits(template.parts(), self.component(), name))
    }
}

fn range_of(template: &Template, numbers: Option<Numbers<'_>>) -> FloatingRange {
    let Some(numbers) = numbers else {
        return FloatingRange::Any;
    };
    let has = |part: Part| template.count(&part) > 0;
    let (major, minor, patch) = (numbers.major, numbers.minor, numbers.patch);
    if has(Part::Patch) {
        FloatingRange::Exact(major.into(), minor.into(), patch.into())
    } else if has(Part::Minor) {
        FloatingRange::MajorMinor(major.into(), minor.into())
    } else if has(Part::Major) {
        FloatingRange::Major(major.into())
    } else {
        FloatingRange::Any
    }
}

/// Whether `text` is made of these parts, each number being a run of digits.
fn fits(parts: &[Part], component: &str, text: &str) -> bool {
    let Some((part, parts)) = parts.split_first() else {
        return text.is_empty();
    };
    let rest = match part {
        Part::Literal(literal) => text.strip_prefix(literal.as_str()),
        Part::Name => text.strip_prefix(component),
        Part::Version => None,
        Part::Major | Part::Minor | Part::Patch => {
            let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
            (rest.len() < text.len()).then_some(rest)
        }
    };
    rest.is_some_and(|rest| fits(parts, component, rest))
}

fn same_number(a: &str, b: &str) -> bool {
    numeric::without_leading_zeros(a) == numeric::without_leading_zeros(b)
}
