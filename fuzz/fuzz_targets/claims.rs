//! Claims of certificates, and what is expected of them.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| lockstep_fuzz::claims(data));
