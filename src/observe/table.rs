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

/// A number of bytes with its unit, such as `200MB`, from 1 kB to 4 GB.
pub(super) fn bytes(text: &str) -> Option<u64> {
    let units = [("kB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000)];
    let (number, unit) = units
        .iter()
        .find_map(|(name, unit)| Some((text.strip_suffix(name)?, unit)))?;
    let digits = !number.is_empty() && number.len() <= 10;
    if !digits || !number.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let bytes = number.parse::<u64>().ok()?.checked_mul(*unit)?;
    (1_000..=4_000_000_000).contains(&bytes).then_some(bytes)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_a_unit_and_a_limit() {
        assert_eq!(bytes("200MB"), Some(200_000_000));
        assert_eq!(bytes("4GB"), Some(4_000_000_000));
        for wrong in [
            "",
            "MB",
            "200",
            "5GB",
            "0kB",
            "-1MB",
            "+1MB",
            "1.5MB",
            "99999999999GB",
        ] {
            assert_eq!(bytes(wrong), None, "{wrong}");
        }
    }
}
