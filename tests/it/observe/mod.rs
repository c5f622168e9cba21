//! The observe room against real counterparts, and against a loopback server that injects faults.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "what the tests put together is known"
)]

pub(crate) mod asking;
pub(crate) mod attached;
mod aws;
mod aws_credentials;
mod faults;
mod faults_look_up;
mod files;
pub(crate) mod git_tag;
pub(crate) mod github_fake;
mod github_release;
mod incidents;
pub(crate) mod index_fake;
pub(crate) mod loopback;
mod manifest;
pub(crate) mod moto;
mod npm;
pub(crate) mod oci;
pub(crate) mod peers;
mod polite;
mod pypi;
pub(crate) mod secrets;
mod tls;
pub(crate) mod trust_root;
