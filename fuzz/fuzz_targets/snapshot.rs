#![no_main]

use gatewright_fuzz::{hold, snapshot};

libfuzzer_sys::fuzz_target!(|data: &[u8]| hold(snapshot::check, data));
