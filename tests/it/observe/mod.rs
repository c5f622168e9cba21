//! The observe room against real counterparts, and against a loopback server that injects faults.

mod asking;
mod faults;
mod git_tag;
mod loopback;
mod peers;
mod polite;
mod pypi;
mod secrets;
