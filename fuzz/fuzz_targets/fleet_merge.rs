#![no_main]

use gatewright_fuzz::{fleet_merge, hold};

libfuzzer_sys::fuzz_target!(|data: &[u8]| hold(fleet_merge::check, data));
