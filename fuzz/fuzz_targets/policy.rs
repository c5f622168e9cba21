//! Policy files: whatever the bytes, a policy or errors that can be shown.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| lockstep_fuzz::policy(data));
