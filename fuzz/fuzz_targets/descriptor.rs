#![no_main]
//! `cargo fuzz run descriptor --features libfuzzer`

libfuzzer_sys::fuzz_target!(|data: &[u8]| (gtc_fuzz::target("descriptor").expect("a target").run)(
    data
));
