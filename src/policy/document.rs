//! Reads TOML into tables that remember their places.

use std::ops::Range;

use toml_edit::{Array, Document, Item, Key, TableLike, Value as TomlValue};

use crate::model::settings::{Diagnostic, Node, Place, Table, Value};
use crate::model::visible;

/// Reads one file's text. A syntax error is a diagnostic with its place.
///
/// Nesting is capped at 80 by the parser, the text's length by whoever read it.
pub(super) fn parse(text: &str, source: usize) -> Result<Table, Box<Diagnostic>> {
    let document =
        Document::parse(text).map_err(|error| Box::new(syntax_error(&error, text, source)))?;
    let whole = Place {
        source,
        bytes: 0..text.len().min(1),
    };
    Ok(table(document.as_table(), source, &whole))
}

fn syntax_error(error: &toml_edit::TomlError, text: &str, source: usize) -> Diagnostic {
    let bytes = error.span().unwrap_or(0..0);
    let bytes = bytes.start.min(text.len())..bytes.end.min(text.len());
    let place = Place { source, bytes };
    // The parser's message has a line for each thing that it expected.
    let mut lines = error.message().lines().map(|line| visible(line, 200));
    let first = lines.next().unwrap_or_default();
    let rest = lines.collect::<Vec<_>>().join("; ");
    let diagnostic = Diagnostic::error(&place, format!("this is not TOML: {first}")).label(rest);
    if first.contains("duplicate key") {
        return diagnostic.hint("each key and each `[table.NAME]` stands once in a file");
    }
    diagnostic
}

fn table(from: &dyn TableLike, source: usize, around: &Place) -> Table {
    let mut entries = Vec::new();
    for (name, item) in from.iter() {
        let key = from.key(name).and_then(Key::span);
        let key_place = place(key, source, around);
        if let Some(node) = node(item, source, &key_place) {
            entries.push((name.to_owned(), key_place, node));
        }
    }
    Table { entries }
}

/// Nothing for an item that stands for "not there".
fn node(item: &Item, source: usize, key: &Place) -> Option<Node> {
    Some(match item {
        Item::None => return None,
        Item::Value(value) => value_node(value, source, key),
        // A table that its children imply, or that dotted keys make, has no place of its own.
        Item::Table(inner) => {
            let at = place(inner.span(), source, key);
            Node {
                value: Value::Table(table(inner, source, &at)),
                place: at,
            }
        }
        Item::ArrayOfTables(tables) => {
            let items = tables.iter().map(|inner| {
                let at = place(inner.span(), source, key);
                Node {
                    value: Value::Table(table(inner, source, &at)),
                    place: at,
                }
            });
            Node {
                value: Value::List(items.collect()),
                place: key.clone(),
            }
        }
    })
}

fn value_node(value: &TomlValue, source: usize, around: &Place) -> Node {
    let at = place(value.span(), source, around);
    let value = match value {
        TomlValue::String(text) => Value::Text(text.value().clone()),
        TomlValue::Integer(number) => Value::Integer(*number.value()),
        TomlValue::Float(number) => Value::Float(*number.value()),
        TomlValue::Boolean(truth) => Value::Boolean(*truth.value()),
        TomlValue::Datetime(date) => Value::Date(date.value().to_string()),
        TomlValue::Array(items) => Value::List(list(items, source, &at)),
        TomlValue::InlineTable(inner) => Value::Table(table(inner, source, &at)),
    };
    Node { value, place: at }
}

fn list(items: &Array, source: usize, around: &Place) -> Vec<Node> {
    items
        .iter()
        .map(|item| value_node(item, source, around))
        .collect()
}

fn place(span: Option<Range<usize>>, source: usize, around: &Place) -> Place {
    span.map_or_else(|| around.clone(), |bytes| Place { source, bytes })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at<'t>(text: &'t str, table: &Table, path: &[&str]) -> (&'t str, &'t str) {
        let mut table = table;
        let mut found = ("", "");
        for name in path {
            let (_, key, node) = table
                .entries
                .iter()
                .find(|(key, _, _)| key == name)
                .unwrap();
            found = (&text[key.bytes.clone()], &text[node.place.bytes.clone()]);
            if let Value::Table(inner) = &node.value {
                table = inner;
            }
        }
        found
    }

    #[test]
    fn keys_values_and_headers_know_their_places() {
        let text = "[channel.docker-hub]\nimage = \"a/b\" # here\nx.y = [1, 2.5]\n[[agree]]\non=1979-05-27\n";
        let table = parse(text, 0).unwrap();
        assert_eq!(
            at(text, &table, &["channel", "docker-hub", "image"]),
            ("image", "\"a/b\"")
        );
        assert_eq!(
            at(text, &table, &["channel", "docker-hub"]),
            ("docker-hub", "[channel.docker-hub]")
        );
        assert_eq!(at(text, &table, &["channel"]), ("channel", "channel"));
        assert_eq!(
            at(text, &table, &["channel", "docker-hub", "x", "y"]),
            ("y", "[1, 2.5]")
        );
        let (_, _, agree) = &table.entries[1];
        let Value::List(items) = &agree.value else {
            panic!()
        };
        assert_eq!(&text[items[0].place.bytes.clone()], "[[agree]]");
    }

    #[test]
    fn hostile_nesting_is_an_error_and_not_a_crash() {
        for text in [
            format!("a = {}", "[".repeat(100_000)),
            format!("[{}a]", "a.".repeat(100_000)),
            format!("a = {}", "{a=".repeat(100_000)),
        ] {
            assert!(parse(&text, 0).is_err());
        }
    }
}
