//! Documents of bundles in any format: bundle, DSSE, PEP 740, answers of APIs, cosign.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| lockstep_fuzz::bundles(data));
