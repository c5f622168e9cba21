//! Reads YAML (1.2) into a tree that remembers its lines; caps what a hostile file can cost.
//!
//! Aliases are never followed, so that no file grows by being read: an alias is an unknown value.

use saphyr_parser::{Event, Parser};

/// A value and the line that it begins in, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) line: usize,
    pub(super) value: Value,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// Text, a number, true or false: as written.
    Scalar(String),
    Sequence(Vec<Node>),
    /// In the order of the file. Keys that are no scalars are left out.
    Mapping(Vec<(String, Node)>),
    /// An alias, or something below the deepest level that is read.
    Unknown,
}

/// The deepest nesting that is read.
const DEPTH: usize = 48;

/// The most nodes of one file.
const NODES: usize = 50_000;

/// Reads the first document.
///
/// # Errors
/// A sentence that says what is wrong and where.
pub(super) fn parse(text: &str) -> Result<Node, String> {
    let mut stack: Vec<Open> = Vec::new();
    let mut nodes = 0_usize;
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| {
            let error = crate::model::visible(&error.to_string(), 120);
            format!("it is no YAML: {error}")
        })?;
        let line = span.start.line();
        nodes += 1;
        if nodes > NODES {
            return Err(format!("it has more than {NODES} values"));
        }
        let value = match event {
            Event::Scalar(text, ..) => Value::Scalar(text.into_owned()),
            Event::Alias(_) => Value::Unknown,
            Event::SequenceStart(..) | Event::MappingStart(..) => {
                if stack.len() == DEPTH {
                    return Err(format!("it is nested deeper than {DEPTH} levels"));
                }
                stack.push(Open {
                    line,
                    is_mapping: matches!(event, Event::MappingStart(..)),
                    children: Vec::new(),
                });
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match stack.pop() {
                Some(open) => {
                    let node = open.close();
                    match stack.last_mut() {
                        Some(parent) => parent.children.push(node),
                        None => return Ok(node),
                    }
                    continue;
                }
                None => return Err("it ends what it did not begin".to_owned()),
            },
            Event::DocumentEnd | Event::StreamEnd => break,
            Event::Nothing | Event::StreamStart | Event::DocumentStart(_) => continue,
        };
        let node = Node { line, value };
        match stack.last_mut() {
            Some(parent) => parent.children.push(node),
            None => return Ok(node),
        }
    }
    Err("it is empty".to_owned())
}

struct Open {
    line: usize,
    is_mapping: bool,
    children: Vec<Node>,
}

impl Open {
    fn close(self) -> Node {
        let value = if self.is_mapping {
            let mut children = self.children.into_iter();
            let mut entries = Vec::new();
            while let (Some(key), Some(value)) = (children.next(), children.next()) {
                if let Value::Scalar(text) = key.value {
                    entries.push((text, value));
                }
            }
            Value::Mapping(entries)
        } else {
            Value::Sequence(self.children)
        };
        Node {
            line: self.line,
            value,
        }
    }
}

impl Node {
    /// The value of a key, the first of that name.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        self.entries().find(|(name, _)| *name == key).map(|it| it.1)
    }

    /// The text of a scalar.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar(text) => Some(text),
            _ => None,
        }
    }

    /// The text of a key's scalar.
    pub(super) fn text_of(&self, key: &str) -> Option<&str> {
        self.get(key)?.text()
    }

    /// The entries of a mapping.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&str, &Self)> {
        let entries = match &self.value {
            Value::Mapping(entries) => entries.as_slice(),
            _ => &[],
        };
        entries.iter().map(|(key, node)| (key.as_str(), node))
    }

    /// The items of a sequence.
    pub(super) fn items(&self) -> &[Self] {
        match &self.value {
            Value::Sequence(items) => items,
            _ => &[],
        }
    }

    /// The lines of a scalar, each with its number in the file.
    pub(super) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        // A block text begins where its own first line does, not at its `|`.
        let first = self.line;
        let text = self.text().unwrap_or_default();
        text.lines()
            .enumerate()
            .map(move |(at, it)| (first + at, it))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_keys_and_of_block_texts_are_those_of_the_file() {
        let text = "a: 1\nsteps:\n  - run: |\n      one\n      two\n  - uses: x@v1\n";
        let root = parse(text).unwrap();
        let steps = root.get("steps").unwrap().items();
        let lines: Vec<_> = steps[0].get("run").unwrap().lines().collect();
        assert_eq!(lines, [(4, "one"), (5, "two")]);
        assert_eq!(steps[1].get("uses").unwrap().line, 6);
        assert_eq!(root.text_of("a"), Some("1"));
    }

    /// THREATS row 12: a file cannot make itself larger by naming parts of itself again and again.
    #[test]
    fn an_alias_is_never_followed_and_depth_and_size_are_capped() {
        let mut bomb = "a0: &a0 [x, x]\n".to_owned();
        for at in 1..40 {
            let below = at - 1;
            bomb.push_str(&format!(
                "a{at}: &a{at} [*a{below}, *a{below}, *a{below}]\n"
            ));
        }
        let root = parse(&bomb).unwrap();
        let last = root.get("a39").unwrap();
        assert_eq!(last.items()[0].value, Value::Unknown);
        let deep = "[".repeat(10_000);
        assert!(parse(&deep).is_err());
        let wide = format!("[{}]", "1,".repeat(60_000));
        assert!(parse(&wide).unwrap_err().contains("more than"));
    }

    #[test]
    fn what_is_no_yaml_is_an_error_and_not_half_a_tree() {
        for wrong in ["", "a: [1", "a: b: c: d", "\t- x\n -y: {", "# only words"] {
            assert!(parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
