#![no_main]
//! `cargo fuzz run answers --features libfuzzer`

libfuzzer_sys::fuzz_target!(|data: &[u8]| (gtc_fuzz::target("answers").expect("a target").run)(
    data
));
