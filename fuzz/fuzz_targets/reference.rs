#![no_main]
//! `cargo fuzz run reference --features libfuzzer`

libfuzzer_sys::fuzz_target!(|data: &[u8]| (gtc_fuzz::target("reference").expect("a target").run)(
    data
));
