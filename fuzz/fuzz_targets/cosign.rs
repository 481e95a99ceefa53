#![no_main]
//! `cargo fuzz run cosign --features libfuzzer`

libfuzzer_sys::fuzz_target!(|data: &[u8]| (gtc_fuzz::target("cosign").expect("a target").run)(
    data
));
