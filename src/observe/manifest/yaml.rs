//! One scalar of a YAML document, read from the parser's events: nothing is built, no alias is
//! followed, and a scalar is the text that stands there (`1.10` stays `1.10`).

use saphyr_parser::{Event, Parser};

use crate::model::visible;

/// Deeper nesting than this is refused.
const DEPTH: usize = 100;

/// The text at a path of keys of the first document.
///
/// # Errors
/// Words for people.
pub(super) fn scalar_at(text: &str, key: &[String]) -> Result<String, String> {
    let mut reader = Reader {
        key,
        open: Vec::new(),
        found: None,
    };
    for event in Parser::new_from_str(text) {
        let (event, _) =
            event.map_err(|error| format!("no YAML: {}", visible(&error.to_string(), 120)))?;
        match event {
            Event::MappingStart(..) => reader.opens(true)?,
            Event::SequenceStart(..) => reader.opens(false)?,
            Event::MappingEnd | Event::SequenceEnd => {
                reader.open.pop();
            }
            Event::Scalar(value, ..) => reader.scalar(&value)?,
            Event::Alias(_) => reader.alias()?,
            Event::DocumentEnd => break,
            _ => {}
        }
    }
    let path = || visible(&key.join("."), 120);
    reader
        .found
        .ok_or_else(|| format!("nothing stands at `{}`", path()))
}

struct Reader<'k> {
    key: &'k [String],
    /// The mappings and sequences around this place.
    open: Vec<Open>,
    found: Option<String>,
}

struct Open {
    /// How many parts of the wanted path lead here; none where it does not.
    on_path: Option<usize>,
    is_mapping: bool,
    /// The key whose value comes next: whether it is the next part of the path.
    next: Option<bool>,
    met: bool,
}

impl Reader<'_> {
    /// Where a value that comes now stands: how many parts of the path lead to it.
    fn place(&mut self) -> Option<usize> {
        let Some(open) = self.open.last_mut() else {
            return Some(0);
        };
        let is_next = open.next.take() == Some(true);
        open.on_path.filter(|_| is_next).map(|parts| parts + 1)
    }

    /// Whether what comes now is a key.
    fn awaits_key(&self) -> bool {
        self.open
            .last()
            .is_some_and(|open| open.is_mapping && open.next.is_none())
    }

    fn opens(&mut self, is_mapping: bool) -> Result<(), String> {
        if self.open.len() >= DEPTH {
            return Err("it is nested too deeply".to_owned());
        }
        let on_path = match self.awaits_key() {
            // A key that is a mapping or a list is none of ours.
            true => {
                if let Some(open) = self.open.last_mut() {
                    open.next = Some(false);
                }
                None
            }
            false => self.place(),
        };
        if on_path == Some(self.key.len()) {
            return Err(self.no_text());
        }
        self.open.push(Open {
            on_path,
            is_mapping,
            next: None,
            met: false,
        });
        Ok(())
    }

    fn scalar(&mut self, value: &str) -> Result<(), String> {
        if self.awaits_key() {
            let key = self.key;
            let Some(open) = self.open.last_mut() else {
                return Ok(());
            };
            let wanted = open.on_path.and_then(|parts| key.get(parts));
            let is_next = wanted.is_some_and(|wanted| wanted == value);
            open.next = Some(is_next);
            if is_next && std::mem::replace(&mut open.met, true) {
                return Err(format!("`{}` stands there twice", visible(value, 80)));
            }
            return Ok(());
        }
        if self.place() == Some(self.key.len()) {
            self.found = Some(value.to_owned());
        }
        Ok(())
    }

    fn alias(&mut self) -> Result<(), String> {
        if self.awaits_key() {
            if let Some(open) = self.open.last_mut() {
                open.next = Some(false);
            }
            return Ok(());
        }
        match self.place() {
            Some(_) => Err("an alias stands there, and aliases are not followed".to_owned()),
            None => Ok(()),
        }
    }

    fn no_text(&self) -> String {
        let path = visible(&self.key.join("."), 120);
        format!("what stands at `{path}` is no text")
    }
}
