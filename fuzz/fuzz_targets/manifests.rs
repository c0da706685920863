#![no_main]

use gatewright_fuzz::{hold, manifests};

libfuzzer_sys::fuzz_target!(|data: &[u8]| hold(manifests::check, data));
