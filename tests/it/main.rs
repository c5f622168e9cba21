//! The one integration binary; its modules mirror `src`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on fails; clippy knows only functions marked as tests"
)]

mod model;
mod policy;
