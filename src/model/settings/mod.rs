//! A policy's tables as plain data that remember where they stand, and a reader that collects
//! every error instead of stopping at the first. Knows nothing of TOML.

mod address;
mod diagnostic;
mod fields;
mod key;

use std::ops::Range;

pub use address::{AddressError, WebAddress};
pub use diagnostic::{Diagnostic, Gravity};
pub use fields::{Fields, NamedTable};
pub use key::{Key, Shape};

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

/// A text and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub place: Place,
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
