//! `gtc pack build` reads the permissions section of a component.

use serde_json::json;

use test_support::wat::Handler;
use test_support::{Output, Sandbox};

const SECTION: &str = "greentic:env-pack/permissions@0.1.0";

/// A component with these permissions sections at its end.
fn component(sections: &[&[u8]]) -> Vec<u8> {
    let mut component = Handler::new("state", "test.state.derived", "^1").component();
    for data in sections {
        component.push(0);
        write_leb128(&mut component, 1 + SECTION.len() + data.len());
        write_leb128(&mut component, SECTION.len());
        component.extend(SECTION.as_bytes());
        component.extend(*data);
    }
    component
}

/// Encodes a number in LEB128.
fn write_leb128(bytes: &mut Vec<u8>, mut number: usize) {
    while number >= 128 {
        bytes.push((number % 128) as u8 | 128);
        number /= 128;
    }
    bytes.push(number as u8);
}

fn build(sandbox: &Sandbox, sections: &[&[u8]], flags: &[&str]) -> Output {
    let path = sandbox.write("component.wasm", component(sections)).display().to_string();
    let base =
        ["pack", "build", "--component", &path, "--version", "1.0.0", "--output", "built.gtpack"];
    sandbox.gtc(base.iter().chain(flags))
}

#[test]
fn build_declares_the_permissions_section_and_flags() {
    let sandbox = Sandbox::new();
    let section =
        br#"{"tools":[{"tool":"x","args":["a","*"]},{"tool":"x","args":["a","*"]}],"network":["x.example:1"]}"#;
    let report = build(&sandbox, &[section], &[]).succeeded().result();
    assert_eq!(
        (&report["tools"], &report["network"]),
        (&json!(["x a *"]), &json!(["x.example:1"]))
    );
    let flags = ["--tool", "x a *", "--tool", "y", "--network", "y.example:2"];
    let report = build(&sandbox, &[section], &flags).succeeded().result();
    assert_eq!(
        (&report["tools"], &report["network"]),
        (&json!(["x a *", "y"]), &json!(["x.example:1", "y.example:2"]))
    );
    let declared =
        sandbox.pack().inspect("built.gtpack").succeeded().result()["handlers"][0]["declared"]
            .clone();
    assert_eq!((&declared["tools"], &declared["network"]), (&report["tools"], &report["network"]));
    for nothing in [&[][..], &[&b""[..]], &[&br#"{"tools":[],"network":[]}"#[..]]] {
        let report = build(&sandbox, nothing, &[]).succeeded().result();
        assert_eq!((&report["tools"], &report["network"]), (&json!([]), &json!([])));
    }
}

#[test]
fn a_malformed_permissions_section_is_named() {
    let sandbox = Sandbox::new();
    let good = r#"{"tools":[],"network":[]}"#;
    for (section, reason) in [
        ("tools", "expected"),
        ("{}", "missing field"),
        (r#"{"tools":[],"network":[]"#, "EOF"),
        (r#"{"tools":[],"network":[],"more":1}"#, "unknown field"),
        (r#"{"tools":[],"tools":[],"network":[]}"#, "duplicate field"),
        (&[good, good].concat(), "trailing"),
        (r#"{"tools":[{"tool":"x"}],"network":[]}"#, "missing field"),
        (r#"{"tools":[{"tool":"/bin/sh","args":[]}],"network":[]}"#, "/bin/sh"),
        (r#"{"tools":[{"tool":"x","args":["\u001b[m"]}],"network":[]}"#, "control characters"),
        (r#"{"tools":[],"network":["nowhere"]}"#, "nowhere"),
        (r#"{"tools":[],"network":["\u001b[2J"]}"#, r"\u{1b}[2J"),
    ] {
        let message =
            build(&sandbox, &[section.as_bytes()], &[]).refused(1, "permissions-malformed");
        assert!(message.contains(SECTION) && message.contains(reason), "{section}: {message}");
        assert!(!message.contains('\u{1b}') && message.contains("component.wasm"), "{message}");
    }
    build(&sandbox, &[b"\xff"], &[]).refused(1, "permissions-malformed");
    assert!(!sandbox.home().join("built.gtpack").exists());
}

#[test]
fn only_one_bounded_permissions_section_is_allowed() {
    let sandbox = Sandbox::new();
    let good = br#"{"tools":[],"network":[]}"#;
    assert!(
        build(&sandbox, &[&good[..], good], &[])
            .refused(1, "too-complex")
            .contains("2 sections of permissions")
    );
    build(&sandbox, &[&b""[..], good], &[]).succeeded();
    let padded = |bytes: usize| [&good[..], &b" ".repeat(bytes - good.len())].concat();
    build(&sandbox, &[&padded(64 << 10)], &[]).succeeded();
    assert!(
        build(&sandbox, &[&padded((64 << 10) + 1)], &[])
            .refused(1, "too-complex")
            .contains("bytes of permissions")
    );
    build(&sandbox, &[&padded(64 << 10)], &["--limit", "component.permissions-bytes=65535"])
        .refused(1, "too-complex");
}
