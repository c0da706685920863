#![no_main]

use gatewright_fuzz::{hold, saved_plan};

libfuzzer_sys::fuzz_target!(|data: &[u8]| hold(saved_plan::check, data));
