//! The same misbehaviour in every place where code of a guest runs: the four calls, the
//! start function, the allocator and the clean-up after a call. All count against the
//! same budget.

use super::{Case, handler};
use test_support::wat::Handler;

/// Ways to trap: a name, code with an `i32` as result, further fields of the module, and
/// the reported reason.
const TRAPS: [(&str, &str, &str, &str); 14] = [
    ("unreachable", "(unreachable)", "", "unreachable"),
    ("division by zero", "(i32.div_u (i32.const 1) (i32.const 0))", "", "integer divide by zero"),
    (
        "remainder by zero",
        "(i32.wrap_i64 (i64.rem_s (i64.const 1) (i64.const 0)))",
        "",
        "integer divide by zero",
    ),
    (
        "overflow of a division",
        "(i32.div_s (i32.const 0x80000000) (i32.const -1))",
        "",
        "integer overflow",
    ),
    ("overflow of a conversion", "(i32.trunc_f64_s (f64.const 1e300))", "", "integer overflow"),
    (
        "conversion of no number",
        "(i32.trunc_f32_s (f32.const nan))",
        "",
        "invalid conversion to integer",
    ),
    ("load out of bounds", "(i32.load (i32.const -1))", "", "out of bounds memory access"),
    (
        "load out of bounds by offset",
        "(i32.load offset=0xffffffff (i32.const -1))",
        "",
        "out of bounds memory access",
    ),
    (
        "fill out of bounds",
        "(memory.fill (i32.const 0) (i32.const 1) (i32.const -1)) (i32.const 0)",
        "",
        "out of bounds memory access",
    ),
    (
        "table out of bounds",
        "(ref.is_null (table.get $t (i32.const 7)))",
        "(table $t 1 funcref)",
        "undefined element: out of bounds table access",
    ),
    (
        "call of no element",
        "(call_indirect (result i32) (i32.const 7))",
        "(table $t 1 funcref)",
        "undefined element",
    ),
    (
        "call of null",
        "(call_indirect (result i32) (i32.const 0))",
        "(table $t 1 funcref)",
        "uninitialized element",
    ),
    (
        "call of another type",
        "(call_indirect (result i32) (i32.const 0))",
        "(table $t 1 funcref) (func $other (param f64)) (elem (i32.const 0) $other)",
        "indirect call type mismatch",
    ),
    (
        "endless depth",
        "(call $deeper)",
        "(func $deeper (result i32) (i32.add (i32.const 1) (call $deeper)))",
        "call stack exhausted",
    ),
];

/// Ways not to return.
const LOOPS: [(&str, &str, &str); 3] = [
    ("an empty loop", "(loop (br 0)) (i32.const 0)", ""),
    (
        "a loop of calls",
        "(loop (drop (call $work)) (br 0)) (i32.const 0)",
        "(func $work (result i32) (memory.grow (i32.const 0)))",
    ),
    (
        "calls that double",
        "(call $double (i32.const 100))",
        "(func $double (param i32) (result i32)
            (if (result i32) (local.get 0)
                (then (i32.add (call $double (i32.sub (local.get 0) (i32.const 1)))
                    (call $double (i32.sub (local.get 0) (i32.const 1)))))
                (else (i32.const 1))))",
    ),
];

/// A place: its name, the call that is reported, and how to put code there.
type Place = (&'static str, &'static str, fn(&str) -> Handler);

const PLACES: [Place; 7] = [
    ("slot", "slot", |body| Handler { slot_body: Some(body.to_owned()), ..handler() }),
    ("descriptor-path", "descriptor-path", |body| Handler {
        path_body: Some(body.to_owned()),
        ..handler()
    }),
    ("supported-versions", "supported-versions", |body| Handler {
        versions_body: Some(body.to_owned()),
        ..handler()
    }),
    ("preflight", "preflight", |body| Handler {
        preflight_body: Some(body.to_owned()),
        ..handler()
    }),
    ("start", "instantiate", |body| Handler {
        fields: format!("(func $start {body} drop) (start $start)"),
        ..handler()
    }),
    ("cabi_realloc", "preflight", |body| Handler {
        realloc_body: Some(body.to_owned()),
        imports:
            "(import \"greentic:env-pack/binding@0.1.0\" \"env-id\" (func $env_id (param i32)))"
                .to_owned(),
        preflight_body: Some("(call $env_id (i32.const 600)) (i32.const 512)".to_owned()),
        ..handler()
    }),
    ("post-return", "descriptor-path", |body| Handler {
        fields: format!(
            "(func (export \"cabi_post_greentic:env-pack/handler@0.1.0#descriptor-path\") (param i32) {body} drop)"
        ),
        ..handler()
    }),
];

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (place, call, build) in PLACES {
        let mut case = |deed: &str, body: &str, fields: &str, kind, says: String| {
            let mut handler = build(body);
            handler.fields.push_str(fields);
            cases.push(Case::new(format!("{deed} in {place}"), handler.component(), kind, says));
        };
        for (deed, body, fields, says) in TRAPS {
            case(
                deed,
                body,
                fields,
                "trapped",
                format!("trapped in `{call}`: {}", reported_message(says)),
            );
        }
        for (deed, body, fields) in LOOPS {
            case(
                deed,
                body,
                fields,
                "out-of-time",
                format!("ran out of time in `{call}`: more than 0.4 s"),
            );
        }
    }
    cases
}

/// Returns the message of a trap, as the engine words it.
fn reported_message(says: &str) -> String {
    match says {
        "unreachable" => "wasm trap: wasm `unreachable` instruction executed".to_owned(),
        other => format!("wasm trap: {other}"),
    }
}
