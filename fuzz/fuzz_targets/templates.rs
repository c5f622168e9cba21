//! Version templates: what is rendered is read back, and comparing has four answers.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| lockstep_fuzz::templates(data));
