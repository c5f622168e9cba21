//! The verify room against conformance cases, an authority of our own, and attacks.

mod attack;
mod certificate_timestamp;
#[path = "../../../examples/sigstore-conformance.rs"]
#[allow(dead_code, reason = "its `main` is not called here")]
mod client;
mod conformance;
mod documented;
mod expect;
mod formats;
mod holder;
mod mutation;
mod mutation_formats;
mod negatives;
mod sound;
mod strict;
mod subjects;
mod threats;
mod threats_of_trust;
