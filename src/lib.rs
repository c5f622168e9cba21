//! Lockstep stops a deploy until a component's release, tags and index versions agree.
//!
//! The rooms of the house, floor by floor; a file imports only from floors below its own, and rooms
//! of one floor never import each other:
//!
//! | floor | rooms |
//! |---|---|
//! | 0 | [`model`] |
//! | 1 | [`observe`], [`verify`] |
//! | 2 | [`decide`], [`policy`] |
//! | 3 | [`attest`], [`check`], [`report`] |
//! | 5 | [`cli`] |
//!
//! `docs/ARCHITECTURE.md` tells why, and walks through the main jobs.

pub mod attest;
pub mod check;
pub mod cli;
pub mod decide;
pub mod model;
pub mod observe;
pub mod policy;
pub mod report;
pub mod verify;
