//! The one integration binary; its modules mirror `src`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

mod action;
mod attest;
mod authority;
mod cli;
mod decide;
mod documents;
mod floors;
mod fuzz_corpus;
mod incidents;
mod model;
mod observe;
mod policy;
mod schemas;
mod verify;
