#![no_main]

use gatewright_fuzz::{hold, sign_in_log};

libfuzzer_sys::fuzz_target!(|data: &[u8]| hold(sign_in_log::check, data));
