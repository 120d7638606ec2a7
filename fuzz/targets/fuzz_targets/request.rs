#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tenancy_fuzz::request(bytes));
