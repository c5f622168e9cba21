//! DSSE envelopes that stand alone: a payload type, and a payload.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| lockstep_fuzz::dsse(data));
