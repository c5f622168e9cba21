//! Pages of the Simple API and of the project in JSON, as any index may send them.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| lockstep_fuzz::simple_json(data));
