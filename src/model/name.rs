//! Names that a policy gives to its own parts: components, channels, lines, environments.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// A name that a policy chose: 1 to 128 characters of `A-Z a-z 0-9 . _ - / @`.
///
/// Slash and at sign allow package names such as `@acme/ui` as component names.
///
/// Every finding and cell carries some: a copy shares the text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(Arc<str>);

/// Why a text is not a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a name: use 1 to 128 of A-Z a-z 0-9 . _ - / @")]
pub struct NameError(String);

impl Name {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Name {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._-/@".contains(&b);
        if text.is_empty() || text.len() > 128 || !text.bytes().all(allowed) {
            return Err(NameError(super::visible(text, 80)));
        }
        Ok(Self(text.into()))
    }
}

impl Borrow<str> for Name {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

crate::model::as_text!(Name);
