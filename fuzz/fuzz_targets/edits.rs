#![no_main]

use gatewright_fuzz::{edits, hold};

libfuzzer_sys::fuzz_target!(|data: &[u8]| hold(edits::check, data));
