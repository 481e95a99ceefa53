#![no_main]
//! `cargo fuzz run environment --features libfuzzer`

libfuzzer_sys::fuzz_target!(
    |data: &[u8]| (gtc_fuzz::target("environment").expect("a target").run)(data)
);
