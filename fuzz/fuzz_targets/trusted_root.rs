//! Trusted roots of Sigstore instances.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| lockstep_fuzz::trusted_root(data));
