//! The one integration binary; its modules mirror `src`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may fail so"
)]

mod cli;
mod decide;
mod floors;
mod fuzz_corpus;
mod model;
mod observe;
mod schemas;
