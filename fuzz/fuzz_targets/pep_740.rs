//! PEP 740 attestation objects, as an index's file and as its answer hold them.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| lockstep_fuzz::pep_740(data));
