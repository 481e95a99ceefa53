#![no_main]
//! `cargo fuzz run generated --features libfuzzer`

libfuzzer_sys::fuzz_target!(|data: &[u8]| (gtc_fuzz::target("generated").expect("a target").run)(
    data
));
