//! Return values that are too long, out of bounds or invalid.

use super::{Case, handler, preflight};
use test_support::wat::Handler;

/// The addresses of the list of checks and of its texts.
const LIST: usize = 8192;
/// The size of a check: two texts, and a variant whose largest case has three texts.
const CHECK: usize = 44;

pub fn cases() -> Vec<Case> {
    let mut cases = lists();
    cases.extend(texts());
    cases.extend(discriminants());
    cases.extend(metadata());
    cases
}

/// Code that stores numbers, and returns the address of the list.
fn storing(numbers: &[(usize, u32)]) -> String {
    let mut body = String::new();
    for (at, number) in numbers {
        body.push_str(&format!(
            "(i32.store (i32.const {at}) (i32.const {}))",
            number.cast_signed()
        ));
    }
    body + "(i32.const 600)"
}

/// A preflight that stores numbers, and returns a list with this address and length.
fn list(address: u32, length: u32, numbers: &[(usize, u32)]) -> Handler {
    let mut all = vec![(600, address), (604, length)];
    all.extend(numbers);
    Handler { memory: "64".to_owned(), ..preflight(&storing(&all), "") }
}

/// One check with this name, and these numbers in its other fields.
fn check(address: u32, length: u32, numbers: &[(usize, u32)]) -> Handler {
    let mut all = vec![(LIST, address), (LIST + 4, length)];
    all.extend(numbers.iter().map(|(offset, number)| (LIST + offset, *number)));
    list(LIST as u32, 1, &all)
}

fn case(name: &str, handler: &Handler, kind: &'static str, says: &str) -> Case {
    Case::new(name, handler.component(), kind, says)
}

fn lists() -> Vec<Case> {
    let aliased = "(local $i i32)
        (loop
            (i32.store (i32.add (i32.const 8192) (i32.mul (local.get $i) (i32.const 44))) (i32.const 131072))
            (i32.store (i32.add (i32.const 8196) (i32.mul (local.get $i) (i32.const 44))) (i32.const 65536))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br_if 0 (i32.lt_u (local.get $i) (i32.const 256))))
        (i32.store (i32.const 600) (i32.const 8192)) (i32.store (i32.const 604) (i32.const 256)) (i32.const 600)";
    let aliased = Handler { memory: "64".to_owned(), ..preflight(aliased, "") };
    let on_itself = list(600, 2, &[]);
    vec![
        case(
            "a list of 257 checks",
            &list(131_072, 257, &[]),
            "too-much-output",
            "257 checks, more than 256",
        ),
        case(
            "a list of 50,000 checks",
            &list(131_072, 50_000, &[]),
            "too-much-output",
            "checks, more than 256",
        ),
        case(
            "a list longer than the memory",
            &list(131_072, 10_000_000, &[]),
            "trapped",
            "`preflight`",
        ),
        case("a list of 4,294,967,295 checks", &list(0, u32::MAX, &[]), "trapped", "`preflight`"),
        case(
            "a list whose size overflows",
            &list(0, u32::MAX / CHECK as u32 + 2, &[]),
            "trapped",
            "`preflight`",
        ),
        case(
            "a list at the end of all addresses",
            &list(0xffff_fffc, 1, &[]),
            "trapped",
            "`preflight`",
        ),
        case("a list at an odd address", &list(131_073, 1, &[]), "trapped", "aligned"),
        case(
            "a list whose texts are all the same",
            &aliased,
            "too-much-output",
            "bytes in one call",
        ),
        case(
            "a list that lies on its own address",
            &on_itself,
            "wrong-shape",
            "a check without a name",
        ),
        case("an answer out of bounds", &preflight("(i32.const -8)", ""), "trapped", "`preflight`"),
        case(
            "an answer at an odd address",
            &preflight("(i32.const 601)", ""),
            "trapped",
            "aligned",
        ),
    ]
}

fn texts() -> Vec<Case> {
    let named = |bytes: u32| check(LIST as u32 + 256, 4, &[(256, bytes)]);
    let long = |length: u32| check(131_072, length, &[]);
    let twice = list(
        LIST as u32,
        2,
        &[(LIST, 700), (LIST + 4, 2), (LIST + CHECK, 700), (LIST + CHECK + 4, 2), (700, 0x6161)],
    );
    let wrong = ("trapped", "`preflight`");
    vec![
        case("a check without a name", &check(0, 0, &[]), "wrong-shape", "a check without a name"),
        case("a name of blanks", &named(0x2020_2020), "wrong-shape", "a check without a name"),
        case("two checks of one name", &twice, "wrong-shape", "two checks named `aa`"),
        case(
            "a name of 64 KiB and a byte",
            &long(65_537),
            "too-much-output",
            "a text of 65537 bytes",
        ),
        case("a name of 2 MiB", &long(2 << 20), "too-much-output", "a text of 2097152 bytes"),
        case("a name longer than the memory", &long(64 << 20), wrong.0, "out of bounds"),
        case("a name with all bits set in its length", &long(u32::MAX), wrong.0, "out of bounds"),
        case("a name out of bounds", &check(0xffff_fff0, 64, &[]), wrong.0, wrong.1),
        case("a name in no UTF-8", &named(0x61ff_6161), wrong.0, wrong.1),
        case("a name that breaks off in a character", &named(0xc361_6161), wrong.0, wrong.1),
        case("a name with a surrogate", &named(0x61_80a0ed), wrong.0, wrong.1),
        case("a name in overlong UTF-8", &named(0x6161_80c0), wrong.0, wrong.1),
        case("a name that obeys no terminal", &named(0x6d32_5b1b), "healthy", ""),
    ]
}

fn discriminants() -> Vec<Case> {
    let named = |numbers: &[(usize, u32)]| {
        let mut all = vec![(256, 0x6161_6161)];
        all.extend(numbers);
        check(LIST as u32 + 256, 4, &all)
    };
    let slot =
        |value: i64| Handler { slot_body: Some(format!("(i32.const {value})")), ..handler() };
    let mut level =
        preflight("(call $log (i32.const 77) (i32.const 0) (i32.const 0)) (i32.const 512)", "");
    level.imports =
        "(import \"greentic:env-pack/log@0.1.0\" \"log\" (func $log (param i32 i32 i32)))"
            .to_owned();
    vec![
        case("an outcome of no case", &named(&[(16, 6)]), "trapped", "`preflight`"),
        case("an outcome with all bits set", &named(&[(16, u32::MAX)]), "trapped", "`preflight`"),
        case("an option of no case", &named(&[(16, 0), (20, 2)]), "trapped", "`preflight`"),
        case("a slot after the last", &slot(8), "trapped", "`slot`"),
        case("a slot of 256", &slot(256), "trapped", "`slot`"),
        case("a slot below zero", &slot(-1), "trapped", "`slot`"),
        case("a level of no case", &level, "trapped", "`preflight`"),
    ]
}

fn metadata() -> Vec<Case> {
    let path = |path: &str| Handler { path: path.to_owned(), ..handler() };
    let versions = |versions: &str| Handler { versions: versions.to_owned(), ..handler() };
    let at = |body: &str| Handler { path_body: Some(body.to_owned()), ..handler() };
    let huge = "(i32.store (i32.const 600) (i32.const 0)) (i32.store (i32.const 604) (i32.const 16777216)) (i32.const 600)";
    let huge = Handler { memory: "512".to_owned(), ..at(huge) };
    vec![
        case("a path of capitals", &path("Acme.State.X"), "wrong-shape", "`descriptor-path`"),
        case("an empty path", &path(""), "wrong-shape", "`descriptor-path`"),
        case(
            "a path with a terminal's command",
            &path("a.b\u{1b}[2J"),
            "wrong-shape",
            r"\u{1b}[2J",
        ),
        case("a path of 16 KiB", &path(&"a.".repeat(8 << 10)), "wrong-shape", "`descriptor-path`"),
        case("a path of 16 MiB", &huge, "too-much-output", "bytes in one call"),
        case(
            "a path in UTF-16",
            &at(
                "(i32.store (i32.const 600) (i32.const 700)) (i32.store (i32.const 604) (i32.const 4)) (i32.store (i32.const 700) (i32.const 0xd800d8ff)) (i32.const 600)",
            ),
            "trapped",
            "`descriptor-path`",
        ),
        case("a path out of bounds", &at("(i32.const 0x7ffffff8)"), "trapped", "`descriptor-path`"),
        case("a path at an odd address", &at("(i32.const 3)"), "trapped", "aligned"),
        case(
            "versions that are none",
            &versions("new enough"),
            "wrong-shape",
            "`supported-versions`",
        ),
        case(
            "versions by the thousand",
            &versions(&"^1,".repeat(1000)),
            "wrong-shape",
            "`supported-versions`",
        ),
        case(
            "versions beyond all numbers",
            &versions("^99999999999999999999999"),
            "wrong-shape",
            "`supported-versions`",
        ),
    ]
}
