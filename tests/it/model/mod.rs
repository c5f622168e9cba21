//! The nouns, seen from outside.

mod version;
