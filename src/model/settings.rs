//! A policy's tables as plain data that remember where they stand, and a reader that collects
//! every error instead of stopping at the first. Knows nothing of TOML.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::ops::Range;
use std::str::FromStr;

/// A place in a source: which file (0 is the policy itself, others are what it extends), which bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Number of the file.
    pub source: usize,
    /// Byte range in it.
    pub bytes: Range<usize>,
}

/// A value and its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// What it holds.
    pub value: Value,
    /// Where it stands.
    pub place: Place,
}

/// What a node holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A string.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A fractional number; no key takes one.
    Float(f64),
    /// True or false.
    Boolean(bool),
    /// A date or date and time, as written.
    Date(String),
    /// An array.
    List(Vec<Node>),
    /// A table.
    Table(Table),
}

/// A table in the order of its keys.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table {
    /// Key, place of the key, value.
    pub entries: Vec<(String, Place, Node)>,
}

/// How grave a diagnostic is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gravity {
    /// The file cannot be used.
    Error,
    /// It can, but something in it has no effect or surprises.
    Warning,
}

/// One thing wrong in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How grave.
    pub gravity: Gravity,
    /// One sentence, without a full stop.
    pub message: String,
    /// Where; empty for the file as a whole.
    pub place: Option<Place>,
    /// A few words shown at the place.
    pub label: String,
    /// What to do.
    pub hint: Option<String>,
    /// Other places that matter, with words.
    pub related: Vec<(Place, String)>,
}

impl Diagnostic {
    /// An error at a place.
    pub fn error(place: &Place, message: impl Into<String>) -> Self {
        Self {
            gravity: Gravity::Error,
            message: message.into(),
            place: Some(place.clone()),
            label: String::new(),
            hint: None,
            related: Vec::new(),
        }
    }

    /// The same as a warning.
    pub fn warning(place: &Place, message: impl Into<String>) -> Self {
        Self {
            gravity: Gravity::Warning,
            ..Self::error(place, message)
        }
    }

    /// With words at the place.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// With what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// With another place.
    #[must_use]
    pub fn related(mut self, place: &Place, words: impl Into<String>) -> Self {
        self.related.push((place.clone(), words.into()));
        self
    }
}

/// A key that a table may have: its one declaration, from which come the check for unknown keys,
/// the JSON Schema and the documentation.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// As written in the file.
    pub name: &'static str,
    /// What it takes.
    pub shape: Shape,
    /// Whether the table needs it.
    pub required: bool,
    /// One sentence for editors and documentation.
    pub about: &'static str,
}

/// What a key takes.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// A string.
    Text,
    /// One of these strings.
    Choice(&'static [&'static str]),
    /// A duration such as `45m`.
    Duration,
    /// A date.
    Date,
    /// A whole number.
    Integer,
    /// True or false.
    Boolean,
    /// An array of strings.
    Texts,
    /// A string, or an array of strings.
    TextOrTexts,
    /// A string or a date.
    TextOrDate,
    /// A table with these keys.
    Table(&'static [Key]),
    /// One of these strings, or a table with these keys.
    ChoiceOrTable(&'static [&'static str], &'static [Key]),
}

impl Key {
    /// A key that may be left out.
    pub const fn optional(name: &'static str, shape: Shape, about: &'static str) -> Self {
        Self {
            name,
            shape,
            required: false,
            about,
        }
    }

    /// A key that must be there.
    pub const fn required(name: &'static str, shape: Shape, about: &'static str) -> Self {
        Self {
            name,
            shape,
            required: true,
            about,
        }
    }
}

/// A text and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub place: Place,
}

/// Reads one table against its declared keys; what is wrong goes to the diagnostics.
pub struct Fields<'a> {
    table: &'a Table,
    place: Place,
    what: String,
    declared: BTreeSet<&'static str>,
    diagnostics: &'a mut Vec<Diagnostic>,
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
                let shown = super::visible(name, 60);
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
        let shown = super::visible(&text.value, 60);
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

impl Value {
    /// What it is, in words.
    pub fn words(&self) -> &'static str {
        match self {
            Self::Text(_) => "a string",
            Self::Integer(_) => "a whole number",
            Self::Float(_) => "a fractional number",
            Self::Boolean(_) => "a boolean",
            Self::Date(_) => "a date",
            Self::List(_) => "an array",
            Self::Table(_) => "a table",
        }
    }
}

/// The known word that is most like `word`, where one is like it.
pub fn nearest<'w>(word: &str, known: impl Iterator<Item = &'w str>) -> Option<&'w str> {
    if word.len() > 64 {
        return None;
    }
    known
        .map(|candidate| (strsim::jaro_winkler(word, candidate), candidate))
        .filter(|(likeness, _)| *likeness >= 0.8)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, candidate)| candidate)
}

fn list<'w>(words: impl Iterator<Item = &'w str>) -> String {
    words
        .map(|word| format!("`{word}`"))
        .collect::<Vec<_>>()
        .join(", ")
}
