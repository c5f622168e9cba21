//! Workflows of a stranger's source.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| lockstep_fuzz::ci_environment(data));
