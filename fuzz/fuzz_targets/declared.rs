//! Manifests, packuments and lists of checksums, as any source or server may hold them.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| lockstep_fuzz::declared(data));
