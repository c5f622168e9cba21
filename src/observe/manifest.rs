//! The channel `manifest`: the version that the source itself declares.

use super::{About, Configured, Kind};
use crate::model::settings::{Diagnostic, Fields, Key, Placed, Shape};
use crate::model::version::Template;
use crate::model::{Content, Traits, visible};

/// The kind.
#[derive(Debug, Clone, Copy)]
pub(super) struct Manifest;

const KEYS: &[Key] = &[
    Key::required(
        "file",
        Shape::Text,
        "the file in the repository, such as `pyproject.toml`",
    ),
    Key::optional(
        "key",
        Shape::Text,
        "where the version stands, such as `project.version`",
    ),
    Key::optional(
        "pattern",
        Shape::Text,
        "a regular expression whose group `version` is it",
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
        let file = fields.text("file");
        let key = fields.text("key");
        let pattern = fields.text("pattern");
        let place = fields.place().clone();
        if key.is_some() == pattern.is_some() {
            fields.report(
                Diagnostic::error(&place, "a `manifest` channel has either `key` or `pattern`")
                    .hint("`key = \"project.version\"`, or a `pattern` with `(?P<version>…)`"),
            );
            return None;
        }
        if let Some(key) = key
            && key.value.split('.').any(str::is_empty)
        {
            fields.report(
                Diagnostic::error(&key.place, "`key` is a path such as `project.version`")
                    .label("a part of it is empty"),
            );
        }
        if let Some(pattern) = pattern {
            check_pattern(fields, &pattern);
        }
        let file = file?;
        if !is_inside(&about.named(&file.value)) {
            fields.report(
                Diagnostic::error(&file.place, "`file` is a path inside the repository")
                    .hint("write it from the repository's root, without `..`"),
            );
            return None;
        }
        let template: Template = "{version}".parse().ok()?;
        let traits = Traits {
            can_lead: false,
            content: Content::Declaration,
            states_commit: true,
            states_time: false,
        };
        Some(Configured::new(traits, vec![template]))
    }
}

/// The most that a compiled pattern may take, in bytes.
const PATTERN_BYTES: usize = 1 << 20;

fn check_pattern(fields: &mut Fields<'_>, pattern: &Placed<String>) {
    let compiled = regex::RegexBuilder::new(&pattern.value)
        .size_limit(PATTERN_BYTES)
        .build();
    let message = match compiled {
        Ok(regex)
            if regex
                .capture_names()
                .flatten()
                .any(|name| name == "version") =>
        {
            return;
        }
        Ok(_) => "`pattern` has no group `version`".to_owned(),
        Err(error) => {
            let words = error.to_string();
            let last = words.lines().last().unwrap_or_default();
            format!(
                "`pattern` is no regular expression: {}",
                visible(last.trim(), 160)
            )
        }
    };
    fields.report(
        Diagnostic::error(&pattern.place, message)
            .hint("such as `__version__ = \"(?P<version>[^\"]+)\"`"),
    );
}

fn is_inside(path: &str) -> bool {
    let mut parts = std::path::Path::new(path).components();
    !path.is_empty() && parts.all(|part| matches!(part, std::path::Component::Normal(_)))
}
