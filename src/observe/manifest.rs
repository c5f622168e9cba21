//! The channel `manifest`: the version that a file of the source declares.
//!
//! It is read at the commit that the leading channel shows, never at a branch or a tag's name:
//! whatever moves between two questions does not change what is compared.

mod formats;
mod github;
mod local;
mod source;
mod yaml;

use std::sync::Arc;

use regex::RegexBuilder;

pub use formats::{Declared, Format, declared_by_key, declared_by_pattern};

use self::source::{Finder, Repository, Source};
use super::{About, Configured, Kind, table};
use crate::model::settings::{Diagnostic, Fields, Key, Shape};
use crate::model::{Content, Traits, visible};

/// The kind.
#[derive(Debug, Clone, Copy)]
pub struct Manifest;

/// How large a compiled pattern may be, in bytes.
const PATTERN_BYTES: usize = 256 * 1024;

const KEYS: &[Key] = &[
    Key::required(
        "file",
        Shape::Text,
        "the file, a path in the repository such as `pyproject.toml`; `{name}` is the component",
    ),
    Key::optional(
        "key",
        Shape::Text,
        "path of the version in a TOML, JSON, YAML or INI file, such as `project.version`; the file's ending says which it is",
    ),
    Key::optional(
        "pattern",
        Shape::Text,
        "instead of `key`: a regular expression with one group, which is the version",
    ),
    Key::optional(
        "path",
        Shape::Text,
        "a repository on this machine instead of the component's `source`",
    ),
];

impl Kind for Manifest {
    fn name(&self) -> &'static str {
        "manifest"
    }

    fn keys(&self) -> &'static [Key] {
        KEYS
    }

    fn configure(&self, fields: &mut Fields<'_>, about: &About<'_>) -> Option<Configured> {
        let file = table::named(fields, "file", about);
        let finder = finder(fields, file.as_ref().map_or("", |file| &file.value));
        let file = file?;
        if file.value.len() > 512 || !table::stays_below(&file.value) {
            let hint = "a path in the repository, as in `pyproject.toml`";
            return table::refuse(fields, "file", &file, "leads out of the repository", hint);
        }
        let finder = finder?;
        let repository = match (fields.text("path"), about.source) {
            (Some(path), _) => Repository::Local(about.folder.join(path.value)),
            (None, Some(source)) => Repository::Hosted(source.clone()),
            (None, None) => {
                // With `--local` it is read in the checkout all the same.
                let message = format!("{} has no repository to read the file in", fields.what());
                let warning = Diagnostic::warning(fields.place(), message);
                fields.report(warning.hint(
                    "give `source` in [component], or `path` here for a local repository; only `check --local` does without",
                ));
                Repository::Nowhere
            }
        };
        let source = Source {
            repository,
            file: file.value,
            finder,
        };
        let source = Arc::new(source);
        Some(Configured {
            examine: Some(source.clone()),
            ask: Some(source),
            ..Configured::usual(TRAITS, table::version_alone())
        })
    }
}

const TRAITS: Traits = Traits {
    can_lead: false,
    content: Content::Declaration,
    lists: false,
    states_commit: false,
    states_time: false,
};

/// Where in the file the version stands.
fn finder(fields: &mut Fields<'_>, file: &str) -> Option<Finder> {
    let both = fields.key_place("key").zip(fields.key_place("pattern"));
    if let Some((_, pattern)) = both {
        let message = format!("{} has both `key` and `pattern`", fields.what());
        fields.report(Diagnostic::error(pattern, message).hint("keep one of them"));
        return None;
    }
    if fields.key_place("key").is_none() && fields.key_place("pattern").is_none() {
        let message = format!("{} has neither `key` nor `pattern`", fields.what());
        let error = Diagnostic::error(fields.place(), message);
        fields
            .report(error.hint("say where the version stands, as in `key = \"project.version\"`"));
        return None;
    }
    if let Some(key) = fields.text("key") {
        let parts_are_right = key.value.split('.').all(|part| !part.trim().is_empty());
        if !parts_are_right || key.value.len() > 256 {
            let hint = "names with dots between them, as in `project.version`";
            return table::refuse(fields, "key", &key, "is no path of keys", hint);
        }
        let parts = key.value.split('.').map(|part| part.trim().to_owned());
        return match Format::of_file(file) {
            Some(format) => Some(Finder::Key(format, parts.collect())),
            // Without a file the policy is refused for that.
            None if file.is_empty() => None,
            None => {
                let hint = "`key` is for .toml, .json, .yaml, .yml, .cfg and .ini files; give `pattern` for others";
                table::refuse(
                    fields,
                    "key",
                    &key,
                    "cannot be looked for in this file",
                    hint,
                )
            }
        };
    }
    let pattern = fields.text("pattern")?;
    // `^` and `$` mean lines: a version stands in one.
    let compiled = RegexBuilder::new(&pattern.value)
        .multi_line(true)
        .size_limit(PATTERN_BYTES)
        .dfa_size_limit(PATTERN_BYTES)
        .nest_limit(50)
        .build();
    match compiled {
        Ok(regex) if regex.captures_len() == 2 => Some(Finder::Pattern(regex)),
        Ok(_) => {
            let hint = "exactly one group, as in `^version = \"([^\"]+)\"$`; others with `(?:…)`";
            table::refuse(fields, "pattern", &pattern, "has not one group", hint)
        }
        Err(error) => {
            let why = match error {
                regex::Error::CompiledTooBig(_) => "it is too large".to_owned(),
                error => {
                    let text = error.to_string();
                    let last = text.lines().last().unwrap_or_default();
                    visible(last.trim_start_matches("error: "), 160)
                }
            };
            let message = format!(
                "`pattern` of {} is no regular expression: {why}",
                fields.what()
            );
            fields.report(Diagnostic::error(&pattern.place, message));
            None
        }
    }
}
