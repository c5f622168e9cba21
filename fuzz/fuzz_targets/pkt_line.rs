//! Answers of a git server in its pkt-line framing.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| lockstep_fuzz::pkt_line(data));
