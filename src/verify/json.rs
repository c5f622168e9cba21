//! Reads untrusted JSON within caps and without duplicated names, before anything else parses it.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use super::{Fault, VerifyError};
use crate::model::visible;

/// How much a document may hold.
#[derive(Debug, Clone, Copy)]
pub(super) struct Caps {
    /// Objects and arrays inside each other.
    pub(super) depth: usize,
    /// Values of any kind.
    pub(super) values: usize,
}

/// A value, as far as the shape of a document needs it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Shape<'t> {
    Object(Vec<(Cow<'t, str>, Shape<'t>)>),
    Array(Vec<Shape<'t>>),
    Text(Cow<'t, str>),
    Number,
    Bool,
    Null,
}

impl Shape<'_> {
    /// The member of a name; nothing where it is not an object or has none.
    pub(super) fn member(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => members.iter().find(|it| it.0 == name).map(|it| &it.1),
            _ => None,
        }
    }
}

/// The shape of one document. RFC 8259 leaves open what a name that stands twice means, and parsers
/// differ: here it is refused.
///
/// # Errors
/// [`Fault::TooLarge`] over a cap, [`Fault::Malformed`] otherwise, with line and column.
pub(super) fn shape<'t>(what: &str, text: &'t [u8], caps: Caps) -> Result<Shape<'t>, VerifyError> {
    let left = Cell::new(caps.values);
    let over = Cell::new(false);
    let seed = Seed {
        depth: caps.depth,
        left: &left,
        over: &over,
    };
    let mut reader = serde_json::Deserializer::from_slice(text);
    let read = seed.deserialize(&mut reader);
    read.and_then(|shape| reader.end().map(|()| shape))
        .map_err(|error| {
            let fault = match over.get() {
                true => Fault::TooLarge,
                false => Fault::Malformed,
            };
            let message = format!("{what}: {}", visible(&error.to_string(), 200));
            VerifyError::new(fault, message)
        })
}

#[derive(Clone, Copy)]
struct Seed<'c> {
    depth: usize,
    left: &'c Cell<usize>,
    over: &'c Cell<bool>,
}

impl Seed<'_> {
    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        match self.depth.checked_sub(1) {
            Some(depth) => Ok(Self { depth, ..self }),
            None => {
                self.over.set(true);
                Err(E::custom("values are nested too deeply"))
            }
        }
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Shape<'de>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Shape<'de>, D::Error> {
        match self.left.get().checked_sub(1) {
            Some(left) => self.left.set(left),
            None => {
                self.over.set(true);
                return Err(D::Error::custom("too many values"));
            }
        }
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Shape<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Shape<'de>, A::Error> {
        let seed = self.deeper()?;
        let mut members = Vec::new();
        while let Some(Name(name)) = map.next_key()? {
            members.push((name, map.next_value_seed(seed)?));
        }
        let mut names: Vec<&str> = members.iter().map(|member| member.0.as_ref()).collect();
        names.sort_unstable();
        if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            let name = visible(twice[0], 60);
            return Err(A::Error::custom(format!("`{name}` stands twice")));
        }
        Ok(Shape::Object(members))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Shape<'de>, A::Error> {
        let seed = self.deeper()?;
        let mut items = Vec::new();
        while let Some(item) = list.next_element_seed(seed)? {
            items.push(item);
        }
        Ok(Shape::Array(items))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Shape<'de>, E> {
        Ok(Shape::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Shape<'de>, E> {
        Ok(Shape::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Shape<'de>, E> {
        Ok(Shape::Bool)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Shape<'de>, E> {
        Ok(Shape::Number)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Shape<'de>, E> {
        Ok(Shape::Number)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Shape<'de>, E> {
        Ok(Shape::Number)
    }

    fn visit_unit<E>(self) -> Result<Shape<'de>, E> {
        Ok(Shape::Null)
    }
}

/// A name, borrowed where it is written without escapes.
struct Name<'t>(Cow<'t, str>);

impl<'de> serde::Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Name<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a name")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Owned(text.to_owned())))
            }
        }
        from.deserialize_str(Text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAPS: Caps = Caps {
        depth: 3,
        values: 8,
    };

    fn fault(text: &str) -> Option<Fault> {
        let read = shape("document", text.as_bytes(), CAPS);
        read.err().map(|error| error.fault)
    }

    #[test]
    fn depth_and_number_of_values_are_capped() {
        assert_eq!(fault("[[[1]]]"), None);
        assert_eq!(fault("[[[[1]]]]"), Some(Fault::TooLarge));
        assert_eq!(fault("[1,2,3,4,5,6,7]"), None);
        assert_eq!(fault("[1,2,3,4,5,6,7,8]"), Some(Fault::TooLarge));
        assert_eq!(fault(&"[".repeat(100_000)), Some(Fault::TooLarge));
    }

    #[test]
    fn a_name_that_stands_twice_is_refused_however_it_is_written() {
        assert_eq!(fault(r#"{"a":1,"b":2}"#), None);
        assert_eq!(fault(r#"{"a":1,"a":1}"#), Some(Fault::Malformed));
        assert_eq!(
            fault(r#"[{"b":1,"a":1,"\u0061":1}]"#),
            Some(Fault::Malformed)
        );
        assert_eq!(fault(r#"{} {}"#), Some(Fault::Malformed));
    }
}
