//! Versions in manifests: by the path of a key in TOML, JSON, YAML and INI, or by a pattern.

use regex::Regex;
use serde_json::Value;
use toml_edit::{DocumentMut, Item};

use super::yaml;
use crate::model::visible;

/// How a file is written, which its ending says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// pyproject.toml, Cargo.toml.
    Toml,
    /// package.json.
    Json,
    /// Chart.yaml.
    Yaml,
    /// setup.cfg.
    Ini,
}

/// What a file says about the version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Declared {
    /// It is this.
    Version(String),
    /// It is computed, or stands in another file: `dynamic`, `attr:`, `file:`, `workspace = true`.
    Elsewhere,
}

/// The longest version that is taken for one, in characters.
const LONGEST: usize = 256;

impl Format {
    /// The format of a file with this name, where its ending is known.
    pub fn of_file(name: &str) -> Option<Self> {
        let (_, ending) = name.rsplit_once('.')?;
        Some(match ending.to_ascii_lowercase().as_str() {
            "toml" => Self::Toml,
            "json" => Self::Json,
            "yaml" | "yml" => Self::Yaml,
            "cfg" | "ini" => Self::Ini,
            _ => return None,
        })
    }
}

/// The version under a path of keys.
///
/// # Errors
/// Words for people: the text is not of the format, or nothing or no text stands there.
pub fn declared_by_key(text: &str, format: Format, key: &[String]) -> Result<Declared, String> {
    let version = match format {
        Format::Toml => in_toml(text, key)?,
        Format::Json => in_json(text, key)?,
        Format::Yaml => Declared::Version(yaml::scalar_at(text, key)?),
        Format::Ini => in_ini(text, key)?,
    };
    plausible(version)
}

/// The version in the one group of a pattern: wherever it stands in the file, the same one.
///
/// # Errors
/// Words for people: the pattern fits nowhere, or in several places with different versions.
pub fn declared_by_pattern(text: &str, pattern: &Regex) -> Result<Declared, String> {
    let mut found: Option<&str> = None;
    for captures in pattern.captures_iter(text) {
        let Some(version) = captures.get(1).map(|group| group.as_str()) else {
            continue;
        };
        match found {
            Some(other) if other != version => {
                return Err(format!(
                    "`pattern` finds `{}` and `{}`",
                    visible(other, 80),
                    visible(version, 80)
                ));
            }
            _ => found = Some(version),
        }
    }
    let version = found.ok_or("`pattern` fits nothing in it")?;
    plausible(Declared::Version(version.to_owned()))
}

fn plausible(declared: Declared) -> Result<Declared, String> {
    if let Declared::Version(version) = &declared {
        if version.trim().is_empty() {
            return Err("the version there is empty".to_owned());
        }
        if version.chars().count() > LONGEST {
            return Err(format!(
                "the version there has more than {LONGEST} characters"
            ));
        }
    }
    Ok(declared)
}

fn shown(key: &[String]) -> String {
    visible(&key.join("."), 120)
}

fn in_toml(text: &str, key: &[String]) -> Result<Declared, String> {
    let document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| {
        format!("no TOML: {}", first_line(error.message()))
    })?;
    let mut here: &Item = document.as_item();
    for (depth, part) in key.iter().enumerate() {
        let Some(next) = here.get(part) else {
            return if is_dynamic(here, part) {
                Ok(Declared::Elsewhere)
            } else {
                Err(format!("nothing stands at `{}`", shown(&key[..=depth])))
            };
        };
        here = next;
    }
    if let Some(version) = here.as_str() {
        return Ok(Declared::Version(version.to_owned()));
    }
    // Cargo: `version.workspace = true`; the workspace's own manifest has it.
    let of_workspace = here.get("workspace").and_then(Item::as_bool) == Some(true);
    match of_workspace {
        true => Ok(Declared::Elsewhere),
        false => Err(format!("what stands at `{}` is no text", shown(key))),
    }
}

/// PEP 621: `dynamic = ["version"]` beside the place where it would be.
fn is_dynamic(table: &Item, part: &str) -> bool {
    let named = table.get("dynamic").and_then(Item::as_array);
    let mut named = named.into_iter().flatten();
    named.any(|name| name.as_str() == Some(part))
}

fn in_json(text: &str, key: &[String]) -> Result<Declared, String> {
    let document: Value = serde_json::from_str(text)
        .map_err(|error| format!("no JSON: {}", visible(&error.to_string(), 120)))?;
    let mut here = &document;
    for (depth, part) in key.iter().enumerate() {
        here = here
            .get(part)
            .ok_or_else(|| format!("nothing stands at `{}`", shown(&key[..=depth])))?;
    }
    match here {
        Value::String(version) => Ok(Declared::Version(version.clone())),
        _ => Err(format!("what stands at `{}` is no text", shown(key))),
    }
}

/// Python's `configparser` as setuptools uses it: `[section]`, then `key = value` or `key: value`;
/// an indented line continues the value before it.
fn in_ini(text: &str, key: &[String]) -> Result<Declared, String> {
    let [section, name] = key else {
        return Err("the key of an INI file is a section and a name".to_owned());
    };
    let mut here = String::new();
    let mut found: Option<String> = None;
    let mut in_value = false;
    for line in text.lines() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        if line.starts_with([' ', '\t']) {
            if in_value {
                return Err(format!("the version at `{}` has several lines", shown(key)));
            }
            continue;
        }
        in_value = false;
        if let Some(name) = trimmed
            .strip_prefix('[')
            .and_then(|it| it.strip_suffix(']'))
        {
            here = name.trim().to_owned();
            continue;
        }
        let Some(at) = line.find(['=', ':']) else {
            return Err(format!("no INI: `{}`", visible(trimmed, 80)));
        };
        if here == *section && line[..at].trim().eq_ignore_ascii_case(name) {
            if found.is_some() {
                return Err(format!("`{}` stands there twice", shown(key)));
            }
            in_value = true;
            found = Some(line[at + 1..].trim().to_owned());
        }
    }
    let version = found.ok_or_else(|| format!("nothing stands at `{}`", shown(key)))?;
    let elsewhere = version.starts_with("attr:") || version.starts_with("file:");
    Ok(match elsewhere {
        true => Declared::Elsewhere,
        false => Declared::Version(version),
    })
}

fn first_line(text: &str) -> String {
    visible(text.lines().next().unwrap_or_default(), 120)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(file: &str, key: &str, text: &str) -> Result<Declared, String> {
        let key: Vec<String> = key.split('.').map(str::to_owned).collect();
        declared_by_key(text, Format::of_file(file).unwrap(), &key)
    }

    fn version(text: &str) -> Result<Declared, String> {
        Ok(Declared::Version(text.to_owned()))
    }

    #[test]
    fn each_format_says_its_version() {
        for (file, key, text) in [
            (
                "pyproject.toml",
                "project.version",
                "[project]\nname='x'\nversion = \"1.10\"\n",
            ),
            (
                "Cargo.toml",
                "workspace.package.version",
                "[workspace]\npackage.version='1.10'",
            ),
            (
                "package.json",
                "version",
                r#"{"name":"x","version":"1.10"}"#,
            ),
            (
                "Chart.yaml",
                "version",
                "apiVersion: v2\nname: x\nversion: 1.10 # no number\n",
            ),
            (
                "Chart.yml",
                "a.version",
                "a: {b: [1, {version: 9}], version: '1.10'}\nversion: 2",
            ),
            (
                "setup.cfg",
                "metadata.version",
                "[metadata]\nname = x\nVersion: 1.10\n[a]\nversion=2",
            ),
        ] {
            assert_eq!(at(file, key, text), version("1.10"), "{file}");
        }
    }

    #[test]
    fn a_version_that_stands_elsewhere_is_not_stated() {
        for (file, key, text) in [
            (
                "pyproject.toml",
                "project.version",
                "[project]\ndynamic = ['version']",
            ),
            (
                "Cargo.toml",
                "package.version",
                "[package]\nversion.workspace = true",
            ),
            (
                "setup.cfg",
                "metadata.version",
                "[metadata]\nversion = attr: x.__version__",
            ),
            (
                "setup.cfg",
                "metadata.version",
                "[metadata]\nversion = file: VERSION",
            ),
        ] {
            assert_eq!(at(file, key, text), Ok(Declared::Elsewhere), "{text}");
        }
    }

    #[test]
    fn what_is_no_version_is_refused_with_words() {
        for (file, key, text, words) in [
            (
                "a.toml",
                "project.version",
                "[project]\nname='x'",
                "nothing stands at `project.version`",
            ),
            ("a.toml", "version", "version = 1.10", "is no text"),
            ("a.toml", "version", "version = '", "no TOML"),
            ("a.toml", "version", "version='1'\nversion='2'", "no TOML"),
            ("a.json", "version", "{", "no JSON"),
            ("a.json", "version", r#"{"version":1}"#, "is no text"),
            ("a.yaml", "version", "version: 1\nversion: 2", "twice"),
            ("a.yaml", "version", "a: &x 1\nversion: *x", "alias"),
            ("a.yaml", "version", "version: [1]", "is no text"),
            ("a.yaml", "version", "name: x", "nothing stands"),
            ("a.yaml", "version", "a: [", "no YAML"),
            (
                "a.cfg",
                "metadata.version",
                "[metadata]\nversion=1\nversion=2",
                "twice",
            ),
            (
                "a.cfg",
                "metadata.version",
                "[metadata]\nversion=1\n  2",
                "several lines",
            ),
            (
                "a.cfg",
                "metadata.version",
                "[other]\nversion=1",
                "nothing stands",
            ),
            ("a.cfg", "version", "version=1", "a section and a name"),
            ("a.toml", "version", "version = ''", "empty"),
        ] {
            let error = at(file, key, text).unwrap_err();
            assert!(error.contains(words), "{text}: {error}");
        }
    }

    #[test]
    fn a_pattern_finds_one_version_or_none() {
        let pattern = Regex::new(r#"(?m)^__version__ = "([^"]+)"$"#).unwrap();
        let found = |text: &str| declared_by_pattern(text, &pattern);
        let line = "__version__ = \"1.2\"\n";
        assert_eq!(found(&format!("a = 1\n{line}{line}")), version("1.2"));
        assert!(found("x").unwrap_err().contains("fits nothing"));
        let two = format!("{line}__version__ = \"1.3\"\n");
        assert!(found(&two).unwrap_err().contains("`1.2` and `1.3`"));
    }
}
