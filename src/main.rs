//! The command `lockstep`.
fn main() {}
