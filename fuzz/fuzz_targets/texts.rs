#![no_main]

use gatewright_fuzz::{hold, texts};

libfuzzer_sys::fuzz_target!(|data: &[u8]| hold(texts::check, data));
