//! The SDK accepts exactly the requirements that the host accepts.

use std::format;
use std::string::String;
use std::vec::Vec;

use super::accepts;

#[track_caller]
fn check(text: &str) {
    assert_eq!(accepts(text.as_bytes()), text.parse::<semver::VersionReq>().is_ok(), "{text:?}");
}

#[test]
fn common_requirements() {
    for good in [
        "^0.4",
        "0.1",
        "*",
        ">=1.2, <2",
        "~1.2.3",
        "=1.2.3-rc.1+b.7",
        "1.*",
        " 1 ",
        "1.2.x",
        ">= 1.0.0-0,<2",
    ] {
        assert!(accepts(good.as_bytes()), "{good}");
        check(good);
    }
    for bad in [
        "",
        "^",
        "v1",
        "01",
        "1.02",
        "1.2.3.4",
        "1,,2",
        "1 2",
        "1,",
        "^0.4 or so",
        "*, 1",
        "1.*.3",
        "1-rc",
        "1.2.3-01",
    ] {
        assert!(!accepts(bad.as_bytes()), "{bad}");
        check(bad);
    }
}

#[test]
fn limits_are_the_same() {
    for count in [31, 32, 33] {
        check(&["1"; 64][..count].join(","));
    }
    for number in ["18446744073709551615", "18446744073709551616", "99999999999999999999999"] {
        check(number);
        check(&format!("1.{number}.0"));
    }
    check(&format!("1.2.3-{}", "a".repeat(1000)));
    check("1.2.3-ä");
    check("1\0");
}

/// Every text of up to six characters out of those that matter to the grammar, after a
/// few beginnings that lead deep into it.
#[test]
fn every_short_text_is_judged_the_same() {
    let alphabet = ["0", "1", ".", "*", "-", "+", ",", " ", ">", "="];
    let mut texts: Vec<String> = Vec::from([String::new()]);
    for _ in 0..5 {
        let longer: Vec<String> = texts
            .iter()
            .flat_map(|text| alphabet.iter().map(move |c| format!("{text}{c}")))
            .collect();
        for tail in &longer {
            for head in ["", "1.", "1.2.3", "1.2.3-a", "^1.*"] {
                check(&format!("{head}{tail}"));
            }
        }
        texts = longer;
    }
}
