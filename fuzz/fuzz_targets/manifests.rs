#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| gatewright_fuzz::manifests::check(data));
