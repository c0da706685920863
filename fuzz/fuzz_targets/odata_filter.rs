#![no_main]

use gatewright_fuzz::{hold, odata_filter};

libfuzzer_sys::fuzz_target!(|data: &[u8]| hold(odata_filter::check, data));
