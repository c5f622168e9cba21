//! Pages of releases and the `Link` to the next, as any server of GitHub's API may send them.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| lockstep_fuzz::github_releases(data));
