#![no_main]
//! `cargo fuzz run extension --features libfuzzer`

libfuzzer_sys::fuzz_target!(|data: &[u8]| (gtc_fuzz::target("extension").expect("a target").run)(
    data
));
