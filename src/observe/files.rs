//! The channel `files`: a folder such as `dist/`, or a list of checksums.

use super::{About, Configured, Kind};
use crate::model::settings::{Diagnostic, Fields, Key, Shape, WebAddress};
use crate::model::version::Template;
use crate::model::{Content, Traits};

/// The kind.
#[derive(Debug, Clone, Copy)]
pub(super) struct Files;

const KEYS: &[Key] = &[
    Key::optional(
        "path",
        Shape::Text,
        "a folder of files, relative to the policy",
    ),
    Key::optional(
        "checksums",
        Shape::Text,
        "a list of the form that `sha256sum` writes: a file, or an https address that may hold `{version}`",
    ),
    Key::optional(
        "names",
        Shape::TextOrTexts,
        "how the files of a release are named, such as `api-{version}.tar.gz`",
    ),
];

impl Kind for Files {
    fn name(&self) -> &'static str {
        "files"
    }

    fn keys(&self) -> &'static [Key] {
        KEYS
    }

    fn configure(&self, fields: &mut Fields<'_>, about: &About<'_>) -> Option<Configured> {
        let path = fields.text("path");
        let checksums = fields.text("checksums");
        let place = fields.place().clone();
        if path.is_some() == checksums.is_some() {
            fields.report(
                Diagnostic::error(&place, "a `files` channel has either `path` or `checksums`")
                    .hint("`path` for a folder, `checksums` for a list of the form that sha256sum writes"),
            );
            return None;
        }
        if let Some(checksums) = &checksums
            && checksums.value.contains("://")
        {
            fields.parse_placed::<WebAddress>("checksums", checksums)?;
        }
        for placed in fields.texts("names") {
            if let Err(error) = Template::file(&about.named(&placed.value)) {
                fields.report(Diagnostic::error(
                    &placed.place,
                    format!("`names`: {error}"),
                ));
            }
        }
        let template: Template = "{version}".parse().ok()?;
        let traits = Traits {
            can_lead: false,
            content: Content::Files,
            states_commit: false,
            states_time: false,
        };
        Some(Configured::new(traits, vec![template]))
    }
}
