#![no_main]

use gatewright_fuzz::{exports, hold};

libfuzzer_sys::fuzz_target!(|data: &[u8]| hold(exports::check, data));
