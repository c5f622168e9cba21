//! The channel `files`: files in a folder, or those that a list of checksums names.

use super::{About, Configured, Kind, table};
use crate::model::settings::{Diagnostic, Fields, Key, Placed, Shape, WebAddress};
use crate::model::version::Template;
use crate::model::{Content, Traits};

/// The kind.
#[derive(Debug, Clone, Copy)]
pub struct Files;

const KEYS: &[Key] = &[
    Key::optional(
        "path",
        Shape::Text,
        "a folder with the files; it begins at the policy's own folder",
    ),
    Key::optional(
        "checksums",
        Shape::Text,
        "instead of `path`: a list of SHA-256 checksums, a file or an address, such as `https://dl.acme.example/{version}/SHA256SUMS`",
    ),
    Key::optional(
        "names",
        Shape::TextOrTexts,
        "how the files of a release are named, such as `api-{version}.zip`: `{version}` where not given, which is a folder for each release",
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
        let path = table::named(fields, "path", about);
        let checksums = fields.text("checksums");
        match (&path, &checksums) {
            (Some(_), Some(checksums)) => {
                let error = Diagnostic::error(
                    &checksums.place,
                    format!("{} has both `path` and `checksums`", fields.what()),
                );
                fields.report(error.hint("keep one of them"));
                return None;
            }
            (None, None) => {
                // One of a wrong type was reported already.
                if fields.key_place("path").is_none() && fields.key_place("checksums").is_none() {
                    let message = format!("{} has neither `path` nor `checksums`", fields.what());
                    let error = Diagnostic::error(fields.place(), message);
                    fields.report(error.hint("name a folder, or a list of checksums"));
                }
                return None;
            }
            (None, Some(checksums)) => checksums_template(fields, checksums)?,
            (Some(path), None) if path.value.contains('\0') => {
                return table::refuse(fields, "path", path, "is no path", "name a folder");
            }
            (Some(_), None) => {}
        }
        // Judged as they will be used. Observations are named after the release, whose files are
        // facts of one entry.
        table::templates(fields, "names");
        let traits = Traits {
            can_lead: false,
            content: Content::Files,
            lists: path.is_some(),
            states_commit: false,
            states_time: false,
        };
        Some(Configured::usual(traits, table::version_alone()))
    }
}

fn checksums_template(fields: &mut Fields<'_>, text: &Placed<String>) -> Option<()> {
    let template = match Template::file(&text.value) {
        Ok(template) => template,
        Err(error) => {
            let message = format!("`checksums` of {}: {error}", fields.what());
            fields.report(Diagnostic::error(&text.place, message));
            return None;
        }
    };
    // Judged as it will be asked; what a version fills in can change neither scheme nor host.
    let host = text
        .value
        .split("://")
        .nth(1)
        .map(|rest| rest.split('/').next().unwrap_or(rest));
    if host.is_some_and(|host| host.contains('{')) {
        let message = format!(
            "`checksums` of {}: the host is no part of a template",
            fields.what()
        );
        fields.report(Diagnostic::error(&text.place, message));
        return None;
    }
    if host.is_some()
        && let Err(error) = template.render("name", "1.2.3").parse::<WebAddress>()
    {
        let message = format!("`checksums` of {}: {error}", fields.what());
        let hint = "an https address or a path";
        fields.report(Diagnostic::error(&text.place, message).hint(hint));
        return None;
    }
    Some(())
}
