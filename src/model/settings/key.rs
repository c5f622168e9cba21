//! The declaration of a key, from which come the check for unknown keys, the JSON Schema and the
//! documentation.

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
    /// Tables with these keys under names of the policy's choice: `[line.NAME]`.
    Named(&'static [Key]),
    /// An array of tables with these keys: `[[agree]]`.
    Tables(&'static [Key]),
    /// Tables under names of the policy's choice, each of a kind of channel.
    Channels,
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
