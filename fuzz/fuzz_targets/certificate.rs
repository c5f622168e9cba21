//! Signing certificates in DER, and the claims that are read from them.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| lockstep_fuzz::certificate(data));
