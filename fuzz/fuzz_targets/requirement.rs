#![no_main]
//! `cargo fuzz run requirement --features libfuzzer`

libfuzzer_sys::fuzz_target!(
    |data: &[u8]| (gtc_fuzz::target("requirement").expect("a target").run)(data)
);
