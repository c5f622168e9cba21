//! The verify room against conformance cases, an authority of our own, and attacks.

#[path = "../../../examples/sigstore-conformance.rs"]
#[allow(dead_code, reason = "its `main` is not called here")]
mod client;
mod conformance;
mod sound;
