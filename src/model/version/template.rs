//! Templates such as `v{version}`: how one channel spells a name around a version.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use super::Numbers;
use crate::model::visible;

/// Longer templates are refused, in bytes.
const MAXIMUM_LENGTH: usize = 512;

/// A pattern for names, anchored at both ends.
///
/// `{name}` stands for the component, `{version}` for the version; floating tags and file names
/// may also use `{major}`, `{minor}` and `{patch}`. There is no escape for braces: no channel
/// allows them in names.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Template {
    text: String,
    parts: Vec<Part>,
}

/// Why a text is not a template of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{template}` is not a template: {why}")]
pub struct TemplateError {
    template: String,
    why: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Part {
    Literal(String),
    Name,
    Version,
    Major,
    Minor,
    Patch,
}

impl Template {
    /// A template for floating tags: no `{version}`; `{minor}` only with `{major}`, and `{patch}`
    /// only with `{minor}`; none of them at all for a fixed name such as `latest`.
    ///
    /// # Errors
    /// [`TemplateError`] for anything else.
    pub fn floating(text: &str) -> Result<Self, TemplateError> {
        let template = Self::parse(text)?;
        let count = |part: &Part| template.count(part);
        if count(&Part::Version) > 0 {
            return Err(error(
                text,
                "a floating tag has no `{version}`: use `{major}`, `{minor}` or a fixed name",
            ));
        }
        if count(&Part::Minor) > 0 && count(&Part::Major) == 0 {
            return Err(error(text, "`{minor}` needs `{major}` beside it"));
        }
        if count(&Part::Patch) > 0 && count(&Part::Minor) == 0 {
            return Err(error(text, "`{patch}` needs `{minor}` beside it"));
        }
        if [Part::Major, Part::Minor, Part::Patch]
            .iter()
            .any(|part| count(part) > 1)
        {
            return Err(error(text, "a number may stand in a floating tag once"));
        }
        Ok(template)
    }

    /// A template for file names and keys: any placeholders, any number of times.
    ///
    /// # Errors
    /// [`TemplateError`] for unknown placeholders and unbalanced braces.
    pub fn file(text: &str) -> Result<Self, TemplateError> {
        Self::parse(text)
    }

    /// The name of `version_text` of the component `name`.
    ///
    /// `{major}`, `{minor}` and `{patch}`, which a version template cannot hold, become nothing:
    /// templates with them are rendered with [`Template::render_numbers`].
    pub fn render(&self, name: &str, version_text: &str) -> String {
        self.fill(name, version_text, None)
    }

    /// The name with the numbers of a version filled in too.
    pub fn render_numbers(&self, name: &str, version_text: &str, numbers: Numbers<'_>) -> String {
        self.fill(name, version_text, Some(numbers))
    }

    /// The version part of `text`, when `text` is a name of the component `name` under this
    /// template. Anchored: nothing may stand before or after. `None` when it does not fit, and for
    /// templates that do not hold `{version}` exactly once.
    pub fn read<'t>(&self, name: &str, text: &'t str) -> Option<&'t str> {
        let at = self.parts.iter().position(|part| *part == Part::Version)?;
        let mut rest = text;
        for part in &self.parts[..at] {
            rest = rest.strip_prefix(part.fixed(name)?)?;
        }
        for part in self.parts[at + 1..].iter().rev() {
            rest = rest.strip_suffix(part.fixed(name)?)?;
        }
        (!rest.is_empty()).then_some(rest)
    }

    /// Whether the template says which of the numbers it stands for.
    pub fn has_numbers(&self) -> bool {
        self.count(&Part::Major) > 0
    }

    /// How many characters are fixed: of two templates that fit, the one with more says more.
    pub(super) fn weight(&self, name: &str) -> usize {
        let fixed = self.parts.iter().filter_map(|part| part.fixed(name));
        fixed.map(str::len).sum()
    }

    pub(super) fn parts(&self) -> &[Part] {
        &self.parts
    }

    pub(super) fn count(&self, wanted: &Part) -> usize {
        self.parts.iter().filter(|part| *part == wanted).count()
    }

    fn fill(&self, name: &str, version: &str, numbers: Option<Numbers<'_>>) -> String {
        let mut text = String::with_capacity(self.text.len() + name.len() + version.len());
        for part in &self.parts {
            text.push_str(match part {
                Part::Literal(literal) => literal,
                Part::Name => name,
                Part::Version => version,
                Part::Major => numbers.map_or("", |numbers| numbers.major),
                Part::Minor => numbers.map_or("", |numbers| numbers.minor),
                Part::Patch => numbers.map_or("", |numbers| numbers.patch),
            });
        }
        text
    }

    fn parse(text: &str) -> Result<Self, TemplateError> {
        if text.is_empty() {
            return Err(error(text, "it is empty"));
        }
        if text.len() > MAXIMUM_LENGTH {
            return Err(error(text, "it has more than 512 bytes"));
        }
        let mut parts = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let brace = rest.find(['{', '}']).unwrap_or(rest.len());
            if brace > 0 {
                parts.push(Part::Literal(rest[..brace].to_owned()));
                rest = &rest[brace..];
                continue;
            }
            let Some(inside) = rest.strip_prefix('{') else {
                return Err(error(text, "a `}` closes nothing"));
            };
            let Some((word, after)) = inside.split_once('}') else {
                return Err(error(text, "a `{` is not closed"));
            };
            parts.push(placeholder(word).ok_or_else(|| unknown_placeholder(text, word))?);
            rest = after;
        }
        Ok(Self {
            text: text.to_owned(),
            parts,
        })
    }
}

impl Part {
    /// The text of a part that does not depend on the version.
    fn fixed<'p>(&'p self, name: &'p str) -> Option<&'p str> {
        match self {
            Self::Literal(literal) => Some(literal),
            Self::Name => Some(name),
            Self::Version | Self::Major | Self::Minor | Self::Patch => None,
        }
    }
}

/// A template for the exact names of versions: `{version}` exactly once, no single numbers.
impl FromStr for Template {
    type Err = TemplateError;

    fn from_str(text: &str) -> Result<Self, TemplateError> {
        let template = Self::parse(text)?;
        match template.count(&Part::Version) {
            0 => return Err(error(text, "it must hold `{version}`, as in `v{version}`")),
            1 => {}
            _ => return Err(error(text, "it must hold `{version}` only once")),
        }
        if [Part::Major, Part::Minor, Part::Patch]
            .iter()
            .any(|p| template.count(p) > 0)
        {
            return Err(error(
                text,
                "`{major}`, `{minor}` and `{patch}` are for floating tags and file names",
            ));
        }
        Ok(template)
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl Serialize for Template {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

const PLACEHOLDERS: [(&str, Part); 5] = [
    ("version", Part::Version),
    ("name", Part::Name),
    ("major", Part::Major),
    ("minor", Part::Minor),
    ("patch", Part::Patch),
];

fn placeholder(word: &str) -> Option<Part> {
    let mut known = PLACEHOLDERS.into_iter();
    known.find(|(name, _)| *name == word).map(|(_, part)| part)
}

fn unknown_placeholder(template: &str, word: &str) -> TemplateError {
    let close = |known: &str| strsim::damerau_levenshtein(known, word) <= 2;
    let shown = visible(word, 40);
    // The distance is quadratic, and no misspelling is long.
    let near = (word.len() <= 20)
        .then(|| PLACEHOLDERS.into_iter().find(|(known, _)| close(known)))
        .flatten();
    let why = match near {
        Some((known, _)) => format!("there is no `{{{shown}}}`; did you mean `{{{known}}}`?"),
        None => format!(
            "there is no `{{{shown}}}`: use {{version}}, {{name}}, {{major}}, {{minor}} or {{patch}}"
        ),
    };
    error(template, &why)
}

fn error(template: &str, why: &str) -> TemplateError {
    TemplateError {
        template: visible(template, 80),
        why: why.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_convention_of_release_tools_renders_and_reads_back() {
        for (template, name, tag) in [
            ("v{version}", "api", "v1.2.3"),
            ("{version}", "api", "1.2.3"),
            ("{name}@{version}", "@acme/ui", "@acme/ui@1.2.3"),
            ("{name}-v{version}", "api", "api-v1.2.3"),
            ("{name}/v{version}", "tools/api", "tools/api/v1.2.3"),
            ("release-{version}", "api", "release-1.2.3"),
            ("releases/{version}", "api", "releases/1.2.3"),
            ("{name}-{version}-{name}", "api", "api-1.2.3-api"),
        ] {
            let parsed: Template = template.parse().unwrap();
            assert_eq!(parsed.to_string(), template);
            assert_eq!(parsed.render(name, "1.2.3"), tag);
            assert_eq!(parsed.read(name, tag), Some("1.2.3"));
        }
    }

    #[test]
    fn reading_is_anchored_at_both_ends() {
        let template: Template = "{name}-v{version}-linux".parse().unwrap();
        for wrong in [
            "",
            "api-v1-linux ",
            " api-v1-linux",
            "xapi-v1-linux",
            "api-v-linux",
            "api-v",
        ] {
            assert_eq!(template.read("api", wrong), None, "{wrong:?}");
        }
        // Prefix and suffix may not share characters.
        let overlapping: Template = "aa{version}aa".parse().unwrap();
        assert_eq!(overlapping.read("", "aaa"), None);
    }

    #[test]
    fn a_wrong_template_is_told_what_to_do() {
        let message = |text: &str| text.parse::<Template>().unwrap_err().to_string();
        assert!(message("").contains("empty"));
        assert!(message("v").contains("must hold `{version}`"));
        assert!(message("{version}{version}").contains("only once"));
        assert!(message("v{verson}").contains("did you mean `{version}`"));
        assert!(message("v{semantics}").contains("use {version}"));
        assert!(message("v{version").contains("not closed"));
        assert!(message("v}{version}").contains("closes nothing"));
        assert!(message("{version}-{major}").contains("floating"));
        assert!(message(&"v".repeat(600)).contains("512"));
    }

    #[test]
    fn a_floating_template_has_numbers_from_the_left_or_none() {
        for good in [
            "latest",
            "{major}",
            "{major}.{minor}",
            "v{major}",
            "{name}-stable",
        ] {
            assert!(Template::floating(good).is_ok(), "{good}");
        }
        for bad in ["{version}", "{minor}", "{major}.{patch}", "{major}.{major}"] {
            assert!(Template::floating(bad).is_err(), "{bad}");
        }
        let numbers = Numbers {
            major: "1",
            minor: "2",
            patch: "3",
        };
        let template = Template::file("{name}_{version}/{major}.{minor}.{patch}").unwrap();
        assert_eq!(
            template.render_numbers("api", "1.2.3-rc", numbers),
            "api_1.2.3-rc/1.2.3"
        );
    }
}
