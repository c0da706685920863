#![no_main]

use gatewright_fuzz::{device_rules, hold};

libfuzzer_sys::fuzz_target!(|data: &[u8]| hold(device_rules::check, data));
