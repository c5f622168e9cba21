//! Evidence documents: whatever the bytes, evidence that reads back to itself or an error with its line.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| lockstep_fuzz::evidence(data));
