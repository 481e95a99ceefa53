#![no_main]
//! `cargo fuzz run protocol --features libfuzzer`

libfuzzer_sys::fuzz_target!(|data: &[u8]| (gtc_fuzz::target("protocol").expect("a target").run)(
    data
));
