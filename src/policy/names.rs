//! The names that a policy gives to its parts, and references to them.

use crate::model::settings::{Diagnostic, Fields, NamedTable, Placed, nearest};
use crate::model::{Content, Name, Traits, visible};

/// A channel as the rest of the policy refers to it.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) name: Name,
    /// Its kind; empty where that is not known either.
    pub(super) kind: &'static str,
    /// Nothing where its table has errors: what depends on it is then not judged.
    pub(super) traits: Option<Traits>,
}

impl Known {
    /// Whether it may have this content: a channel with errors may have any.
    pub(super) fn may_have(&self, wanted: impl Fn(Content) -> bool) -> bool {
        self.traits.is_none_or(|traits| wanted(traits.content))
    }
}

/// The names of `[noun.NAME]` tables that are names at all; at most `limit`.
pub(super) fn declared<'t>(
    tables: Vec<NamedTable<'t>>,
    noun: &str,
    limit: usize,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<(Name, NamedTable<'t>)> {
    if let Some(table) = tables.get(limit) {
        let message = format!("more than {limit} `{noun}` tables");
        diagnostics.push(
            Diagnostic::error(table.name_place, message)
                .hint("a policy file describes one component or a family of equal ones"),
        );
    }
    let mut named = Vec::new();
    for table in tables.into_iter().take(limit) {
        match table.name.parse() {
            Ok(name) => named.push((name, table)),
            Err(error) => diagnostics.push(Diagnostic::error(table.name_place, format!("{error}"))),
        }
    }
    named
}

/// The names that a key lists, each of something declared and each once.
pub(super) fn references<'n>(
    fields: &mut Fields<'_>,
    key: &'static str,
    noun: &str,
    known: impl Iterator<Item = &'n Name> + Clone,
) -> Vec<Placed<Name>> {
    let mut found: Vec<Placed<Name>> = Vec::new();
    for text in fields.texts(key) {
        let Some(name) = reference(fields, &text, noun, known.clone()) else {
            continue;
        };
        if let Some(first) = found.iter().find(|earlier| earlier.value == name) {
            let message = format!("`{name}` stands twice in `{key}` of {}", fields.what());
            let first = first.place.clone();
            fields.report(Diagnostic::error(&text.place, message).related(&first, "first here"));
            continue;
        }
        found.push(Placed {
            value: name,
            place: text.place,
        });
    }
    found
}

/// One reference; an unknown one is reported with what is most like it.
pub(super) fn reference<'n>(
    fields: &mut Fields<'_>,
    text: &Placed<String>,
    noun: &str,
    known: impl Iterator<Item = &'n Name> + Clone,
) -> Option<Name> {
    if let Some(name) = known.clone().find(|name| name.as_str() == text.value) {
        return Some(name.clone());
    }
    let message = format!("there is no {noun} `{}`", visible(&text.value, 60));
    let hint = match nearest(&text.value, known.clone().map(Name::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => {
            let names: Vec<String> = known.take(12).map(|name| format!("`{name}`")).collect();
            if names.is_empty() {
                format!("the policy declares none: add `[{noun}.NAME]`")
            } else {
                format!("the policy declares {}", names.join(", "))
            }
        }
    };
    fields.report(
        Diagnostic::error(&text.place, message)
            .label(format!("not a {noun} of this policy"))
            .hint(hint),
    );
    None
}
