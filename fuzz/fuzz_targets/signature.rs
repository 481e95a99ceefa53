#![no_main]
//! `cargo fuzz run signature --features libfuzzer`

libfuzzer_sys::fuzz_target!(|data: &[u8]| (gtc_fuzz::target("signature").expect("a target").run)(
    data
));
