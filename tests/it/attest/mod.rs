//! Attesting: what statements say, and who signs them.
