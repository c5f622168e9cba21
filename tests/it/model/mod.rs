//! The nouns, seen from outside.

pub(crate) mod evidence;
mod version;
mod version_drawn;
