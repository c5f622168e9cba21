//! Reads one table against its declared keys.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::str::FromStr;

use super::{Diagnostic, Key, Node, Place, Placed, Table, Value, list, nearest};
use crate::model::visible;

/// Reads one table against its declared keys; what is wrong goes to the diagnostics.
pub struct Fields<'a> {
    table: &'a Table,
    place: Place,
    what: String,
    declared: BTreeSet<&'static str>,
    diagnostics: &'a mut Vec<Diagnostic>,
}

/// A table below a key, with the name that the policy gave it.
#[derive(Debug, Clone, Copy)]
pub struct NamedTable<'a> {
    /// The name.
    pub name: &'a str,
    /// Where the name stands.
    pub name_place: &'a Place,
    /// What it holds.
    pub table: &'a Table,
    /// Where the table stands.
    pub place: &'a Place,
}

impl<'a> Fields<'a> {
    /// Opens a table: unknown keys and missing required ones are reported at once.
    ///
    /// `what` names the table in messages (`[channel.pypi]`), `place` stands for it where a key is
    /// missing. `keys` may come in several groups (a kind's own and those of all kinds).
    pub fn open(
        table: &'a Table,
        place: &Place,
        what: impl Into<String>,
        keys: &[&[Key]],
        diagnostics: &'a mut Vec<Diagnostic>,
    ) -> Self {
        let what = what.into();
        let declared: BTreeSet<&'static str> = keys
            .iter()
            .flat_map(|group| group.iter())
            .map(|key| key.name)
            .collect();
        for (name, at, _) in &table.entries {
            if !declared.contains(name.as_str()) {
                let shown = visible(name, 60);
                let mut diagnostic =
                    Diagnostic::error(at, format!("unknown key `{shown}` in {what}"))
                        .label("not a key here");
                diagnostic.hint = Some(match nearest(name, declared.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("known keys: {}", list(declared.iter().copied())),
                });
                diagnostics.push(diagnostic);
            }
        }
        for key in keys
            .iter()
            .flat_map(|group| group.iter())
            .filter(|key| key.required)
        {
            if !table.entries.iter().any(|(name, _, _)| name == key.name) {
                diagnostics.push(
                    Diagnostic::error(place, format!("{what} has no `{}`", key.name))
                        .hint(format!("`{}`: {}", key.name, key.about)),
                );
            }
        }
        Self {
            table,
            place: place.clone(),
            what,
            declared,
            diagnostics,
        }
    }

    /// How messages name the table.
    pub fn what(&self) -> &str {
        &self.what
    }

    /// The place that stands for the table.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Adds a diagnostic of the caller's.
    pub fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// The raw node of a key.
    pub fn node(&self, key: &'static str) -> Option<&'a Node> {
        debug_assert!(
            self.declared.contains(key),
            "`{key}` is read but not declared"
        );
        self.table
            .entries
            .iter()
            .find(|(name, _, _)| name == key)
            .map(|(_, _, node)| node)
    }

    /// A string.
    pub fn text(&mut self, key: &'static str) -> Option<Placed<String>> {
        let node = self.node(key)?;
        match &node.value {
            Value::Text(text) => Some(Placed {
                value: text.clone(),
                place: node.place.clone(),
            }),
            other => self.wrong(key, node, "a string", other),
        }
    }

    /// A string that parses as `T`.
    pub fn parsed<T>(&mut self, key: &'static str) -> Option<Placed<T>>
    where
        T: FromStr,
        T::Err: Display,
    {
        let text = self.text(key)?;
        self.parse_placed(key, &text)
    }

    /// Parses a text that came from this table.
    pub fn parse_placed<T>(&mut self, key: &str, text: &Placed<String>) -> Option<Placed<T>>
    where
        T: FromStr,
        T::Err: Display,
    {
        match text.value.parse::<T>() {
            Ok(value) => Some(Placed {
                value,
                place: text.place.clone(),
            }),
            Err(error) => {
                let message = format!("`{key}` of {}: {error}", self.what);
                self.report(Diagnostic::error(&text.place, message));
                None
            }
        }
    }

    /// One of the words of a choice.
    pub fn choice<T: Copy>(
        &mut self,
        key: &'static str,
        choices: &[(&'static str, T)],
    ) -> Option<T> {
        let text = self.text(key)?;
        if let Some((_, value)) = choices.iter().find(|(word, _)| *word == text.value) {
            return Some(*value);
        }
        let words = || choices.iter().map(|(word, _)| *word);
        let shown = visible(&text.value, 60);
        let hint = match nearest(&text.value, words()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("one of: {}", list(words())),
        };
        let message = format!("`{shown}` is no value for `{key}`");
        self.report(Diagnostic::error(&text.place, message).hint(hint));
        None
    }

    /// A whole number that is not negative.
    pub fn integer(&mut self, key: &'static str) -> Option<Placed<u64>> {
        let node = self.node(key)?;
        match &node.value {
            Value::Integer(number) if *number >= 0 => Some(Placed {
                value: number.unsigned_abs(),
                place: node.place.clone(),
            }),
            other => self.wrong(key, node, "a whole number that is not negative", other),
        }
    }

    /// True or false.
    pub fn boolean(&mut self, key: &'static str) -> Option<Placed<bool>> {
        let node = self.node(key)?;
        match &node.value {
            Value::Boolean(value) => Some(Placed {
                value: *value,
                place: node.place.clone(),
            }),
            other => self.wrong(key, node, "true or false", other),
        }
    }

    /// Strings; one string counts as a list of one.
    pub fn texts(&mut self, key: &'static str) -> Vec<Placed<String>> {
        let Some(node) = self.node(key) else {
            return Vec::new();
        };
        match &node.value {
            Value::Text(text) => vec![Placed {
                value: text.clone(),
                place: node.place.clone(),
            }],
            Value::List(items) => items
                .iter()
                .filter_map(|item| match &item.value {
                    Value::Text(text) => Some(Placed {
                        value: text.clone(),
                        place: item.place.clone(),
                    }),
                    other => self.wrong(key, item, "strings", other),
                })
                .collect(),
            other => {
                self.wrong::<()>(key, node, "a string or an array of strings", other);
                Vec::new()
            }
        }
    }

    /// Strings that parse as `T`.
    pub fn parsed_list<T>(&mut self, key: &'static str) -> Vec<Placed<T>>
    where
        T: FromStr,
        T::Err: Display,
    {
        let texts = self.texts(key);
        texts
            .iter()
            .filter_map(|text| self.parse_placed(key, text))
            .collect()
    }

    /// A date as written, or a string.
    pub fn date_or_text(&mut self, key: &'static str) -> Option<Placed<String>> {
        let node = self.node(key)?;
        match &node.value {
            Value::Text(text) | Value::Date(text) => Some(Placed {
                value: text.clone(),
                place: node.place.clone(),
            }),
            other => self.wrong(key, node, "a string or a date", other),
        }
    }

    /// The tables below a key by their names: `[channel.NAME]`. A name is given with the place of
    /// its key and of its table.
    pub fn named_tables(&mut self, key: &'static str) -> Vec<NamedTable<'a>> {
        let Some((tables, _)) = self.table(key) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        for (name, at, node) in &tables.entries {
            if let Value::Table(table) = &node.value {
                found.push(NamedTable {
                    name,
                    name_place: at,
                    table,
                    place: &node.place,
                });
            } else {
                let message = format!("`{key}.{}` takes a table", visible(name, 60));
                self.report(
                    Diagnostic::error(&node.place, message)
                        .label(format!("this is {}", node.value.words()))
                        .hint(format!("write it under a header `[{key}.NAME]`")),
                );
            }
        }
        found
    }

    /// An array of tables: `[[agree]]`.
    pub fn tables(&mut self, key: &'static str) -> Vec<(&'a Table, Place)> {
        let Some(node) = self.node(key) else {
            return Vec::new();
        };
        let Value::List(items) = &node.value else {
            let message = format!("`{key}` takes tables under headers `[[{key}]]`");
            let label = format!("this is {}", node.value.words());
            self.report(Diagnostic::error(&node.place, message).label(label));
            return Vec::new();
        };
        let mut found = Vec::new();
        for item in items {
            if let Value::Table(table) = &item.value {
                found.push((table, item.place.clone()));
            } else {
                self.wrong::<()>(key, item, "tables", &item.value);
            }
        }
        found
    }

    /// Where a key of this table stands.
    pub fn key_place(&self, key: &str) -> Option<&'a Place> {
        let mut entries = self.table.entries.iter();
        entries
            .find(|(name, _, _)| name == key)
            .map(|(_, place, _)| place)
    }

    /// The diagnostics that this reader adds to.
    pub fn diagnostics(&mut self) -> &mut Vec<Diagnostic> {
        self.diagnostics
    }

    /// A table below this one.
    pub fn table(&mut self, key: &'static str) -> Option<(&'a Table, Place)> {
        let node = self.node(key)?;
        match &node.value {
            Value::Table(table) => Some((table, node.place.clone())),
            other => self.wrong(key, node, "a table", other),
        }
    }

    /// Opens a table below this one.
    pub fn open_table(&mut self, key: &'static str, keys: &[Key]) -> Option<Fields<'_>> {
        let (table, place) = self.table(key)?;
        let what = format!("`{key}` of {}", self.what);
        Some(Fields::open(table, &place, what, &[keys], self.diagnostics))
    }

    fn wrong<T>(&mut self, key: &str, node: &Node, wanted: &str, found: &Value) -> Option<T> {
        let message = format!("`{key}` of {} takes {wanted}", self.what);
        self.report(
            Diagnostic::error(&node.place, message).label(format!("this is {}", found.words())),
        );
        None
    }
}
