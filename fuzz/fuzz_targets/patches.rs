#![no_main]

use gatewright_fuzz::{hold, patches};

libfuzzer_sys::fuzz_target!(|data: &[u8]| hold(patches::check, data));
