//! Versions: when are two names the same release?
