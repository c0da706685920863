#![no_main]

use gatewright_fuzz::{hold, journal};

libfuzzer_sys::fuzz_target!(|data: &[u8]| hold(journal::check, data));
