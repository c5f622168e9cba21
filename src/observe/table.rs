//! What several kinds read from their tables in the same way.

use globset::Glob;

use crate::model::settings::{Diagnostic, Fields};
use crate::model::version::Template;

/// Templates of version names; what is no template is reported.
pub(super) fn templates(fields: &mut Fields<'_>, key: &'static str) -> Vec<Template> {
    fields
        .parsed_list(key)
        .into_iter()
        .map(|placed| placed.value)
        .collect()
}

/// Globs of file names; what is no glob is reported.
pub(super) fn globs(fields: &mut Fields<'_>, key: &'static str) -> Vec<String> {
    let mut globs = Vec::new();
    for placed in fields.texts(key) {
        match Glob::new(&placed.value) {
            Ok(_) => globs.push(placed.value),
            Err(error) => {
                let message = format!("`{key}`: this is no glob: {}", error.kind());
                fields.report(Diagnostic::error(&placed.place, message));
            }
        }
    }
    globs
}
