//! Manifests, configurations, challenges and links of a registry.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| lockstep_fuzz::registry(data));
