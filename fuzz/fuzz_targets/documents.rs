#![no_main]
//! `cargo fuzz run documents --features libfuzzer`

libfuzzer_sys::fuzz_target!(|data: &[u8]| (gtc_fuzz::target("documents").expect("a target").run)(
    data
));
