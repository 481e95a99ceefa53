#![no_main]
//! `cargo fuzz run archive --features libfuzzer`

libfuzzer_sys::fuzz_target!(|data: &[u8]| (gtc_fuzz::target("archive").expect("a target").run)(
    data
));
