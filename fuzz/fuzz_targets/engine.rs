#![no_main]

use gatewright_fuzz::{engine, hold};

libfuzzer_sys::fuzz_target!(|data: &[u8]| hold(engine::check, data));
