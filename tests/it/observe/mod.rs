//! The observe room against real counterparts, and against a loopback server that injects faults.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "what the tests put together is known"
)]

mod asking;
mod faults;
mod git_tag;
pub(crate) mod loopback;
mod oci;
mod peers;
mod polite;
mod pypi;
mod secrets;
mod tls;
