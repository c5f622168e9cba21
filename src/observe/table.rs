//! What the tables of several kinds have in common.

use globset::Glob;

use super::About;
use crate::model::settings::{Diagnostic, Fields, Placed};
use crate::model::version::Template;
use crate::model::visible;

/// How many templates a channel may look up for one release.
const MAXIMUM_TEMPLATES: usize = 16;

/// The template of a channel whose names are the versions themselves.
pub(super) fn version_alone() -> Vec<Template> {
    "{version}".parse().into_iter().collect()
}

/// The templates of a key, each with `{version}` once.
pub(super) fn templates(fields: &mut Fields<'_>, key: &'static str) -> Vec<Template> {
    let found = fields.parsed_list::<Template>(key);
    if let Some(surplus) = found.get(MAXIMUM_TEMPLATES) {
        let message = format!("more than {MAXIMUM_TEMPLATES} templates in `{key}`");
        fields.report(Diagnostic::error(&surplus.place, message));
    }
    let found = found.into_iter().take(MAXIMUM_TEMPLATES);
    found.map(|template| template.value).collect()
}

/// A text with `{name}` filled in.
pub(super) fn named(
    fields: &mut Fields<'_>,
    key: &'static str,
    about: &About<'_>,
) -> Option<Placed<String>> {
    let text = fields.text(key)?;
    if text.value.is_empty() {
        let message = format!("`{key}` of {} is empty", fields.what());
        fields.report(Diagnostic::error(&text.place, message));
        return None;
    }
    Some(Placed {
        value: text.value.replace("{name}", about.component.as_str()),
        place: text.place,
    })
}

/// Reports what is wrong with a value: "`key` of [table]: why".
pub(super) fn refuse<T>(
    fields: &mut Fields<'_>,
    key: &str,
    text: &Placed<String>,
    why: &str,
    hint: &str,
) -> Option<T> {
    let shown = visible(&text.value, 80);
    let message = format!("`{key}` of {}: `{shown}` {why}", fields.what());
    fields.report(Diagnostic::error(&text.place, message).hint(hint));
    None
}

/// The globs of a key, each of which compiles.
pub(super) fn globs(fields: &mut Fields<'_>, key: &'static str) -> Vec<String> {
    let mut globs = Vec::new();
    for text in fields.texts(key) {
        if text.value.is_empty() || text.value.len() > 256 || Glob::new(&text.value).is_err() {
            refuse::<()>(fields, key, &text, "is no glob", "globs such as `*.whl`");
        } else {
            globs.push(text.value);
        }
    }
    globs
}

/// A path below a folder: relative, without `..`.
pub(super) fn stays_below(path: &str) -> bool {
    let plain = |part: &str| !part.is_empty() && part != "." && part != "..";
    !path.contains(['\\', '\0']) && path.split('/').all(plain)
}

/// The name of an AWS region, as in `eu-west-1`.
pub(super) fn region(fields: &mut Fields<'_>) -> Option<String> {
    let text = fields.text("region")?;
    let part = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    let parts: Vec<&str> = text.value.split('-').collect();
    let numbered = parts
        .last()
        .is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()));
    if text.value.len() > 32 || parts.len() < 3 || !numbered || !parts.iter().all(|p| part(p)) {
        return refuse(
            fields,
            "region",
            &text,
            "is no AWS region",
            "as in `eu-west-1`",
        );
    }
    Some(text.value)
}
