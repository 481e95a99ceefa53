//! `gtc pack build` and `gtc pack inspect`.

use std::path::Path;

use serde_json::json;

use test_support::wat::Handler;
use test_support::{Sandbox, repository, text};

#[test]
fn build_takes_the_metadata_from_the_component() {
    let sandbox = Sandbox::new();
    let build = sandbox.pack().build(test_artifacts::vault()).version("0.4.2");
    let build = build.allow_tool("vault version");
    let report = build.clone().succeeded().result();
    assert_eq!(
        (&report["slot"], &report["descriptor_path"]),
        (&json!("secrets"), &json!("acme.secrets.vault"))
    );
    let first = sandbox.read("acme.secrets.vault-0.4.2.gtpack");
    build.output("again.gtpack").succeeded();
    assert_eq!(sandbox.read("again.gtpack"), first, "same input, same bytes");

    let report = sandbox.pack().inspect("again.gtpack").succeeded().result();
    let handler = &report["handlers"][0];
    assert_eq!(handler["declared"]["tools"], json!(["vault version", "vault token lookup"]));
    assert_eq!(handler["imports"][0], "greentic:env-pack/tools@0.1.0");
    assert_eq!(handler["interfaces"], json!(["greentic:env-pack/handler@0.1.0"]));
    assert_eq!(report["entries"].as_array().map(Vec::len), Some(4));
    let human = sandbox.pack().inspect("again.gtpack").human().succeeded();
    human.shows(&[
        "pack `acme.secrets.vault` 0.4.2 by acme",
        "`vault version`",
        "components/handler.wasm",
    ]);
    sandbox.pack().inspect("greentic.state.in-memory@0.1.0").succeeded();
}

#[test]
fn build_says_why_a_component_cannot_be_packed() {
    let sandbox = Sandbox::new();
    let build = |version| sandbox.pack().build(test_artifacts::vault()).version(version);
    let message = build("1.0.0").refused(1, "invalid-argument");
    assert!(message.contains("supports versions `^0.4`"), "{message}");
    build("one").refused(2, "invalid-argument");
    build("0.4.2").allow_tool("/bin/sh -c x").refused(2, "invalid-argument");
    build("0.4.2").allow_tool("vault 'unclosed").refused(2, "invalid-argument");
    build("0.4.2").allow_network("nowhere").refused(2, "invalid-argument");
    let message = build("0.4.2").output("/nowhere/x.gtpack").refused(2, "io");
    assert!(message.contains("/nowhere/x.gtpack"), "{message}");
    build("0.4.2").output("/dev/full").refused(2, "io");
    let build = |component| sandbox.pack().build(component).version("0.4.2");
    build(Path::new("/nowhere.wasm")).refused(2, "file-not-found");
    let message = sandbox.pack().inspect(test_artifacts::vault()).refused(1, "bare-component");
    assert!(message.contains("gtc pack build --component"), "{message}");
    let module = sandbox.write("module.wasm", wat::parse_str("(module)").expect("a module"));
    let message = build(&module).refused(1, "not-a-component");
    assert!(message.contains("core module"), "{message}");
    let mut handler = Handler::new("state", "a.b", "^1");
    handler.path = "A.B".to_owned();
    let bad = sandbox.write("bad.wasm", handler.component());
    sandbox.pack().build(bad).version("1.0.0").refused(1, "wrong-shape");
    assert!(!sandbox.home().join("a.b-1.0.0.gtpack").exists());
}

#[test]
fn build_replaces_a_pack_atomically() {
    let sandbox = Sandbox::new();
    let build = sandbox.pack().build(test_artifacts::vault()).version("0.4.2");
    let old = sandbox.write("out/vault.gtpack", "old");
    let reader = std::fs::File::open(&old).expect("a reader of the old one");
    std::os::unix::fs::symlink("vault.gtpack", sandbox.home().join("out/link.gtpack"))
        .expect("a link");
    build.output("out/link.gtpack").succeeded();
    assert_eq!(
        std::io::read_to_string(reader).expect("text"),
        "old",
        "an open file keeps its content"
    );
    let names = std::fs::read_dir(sandbox.home().join("out")).expect("a folder");
    let mut names: Vec<_> = names.map(|entry| entry.expect("an entry").file_name()).collect();
    names.sort();
    assert_eq!(
        names,
        ["link.gtpack", "vault.gtpack"],
        "the link stays, and no temporary file is left"
    );
    sandbox.pack().inspect("out/vault.gtpack").succeeded();
}

#[test]
fn inspect_names_the_rule_a_hostile_archive_breaks() {
    let sandbox = Sandbox::new();
    let pack = std::fs::read(repository().join("builtins/packed/greentic.state.in-memory.gtpack"))
        .expect("a pack");
    let inspect = |bytes: &[u8], rule: &str| {
        let path = sandbox.write("hostile.gtpack", bytes);
        let message = sandbox.pack().inspect(&path).refused(1, rule);
        assert!(message.contains("hostile.gtpack"), "{message}");
    };
    inspect(&[&pack[..], b"tail"].concat(), "zip-end-record");
    inspect(&[b"head", &pack[..]].concat(), "zip-tiling");
    inspect(&pack[..pack.len() / 2], "zip-end-record");
    let mut flipped = pack.clone();
    flipped[pack.len() / 2] ^= 1;
    inspect(&flipped, "zip-checksum");
    inspect(b"", "zip-end-record");
    sandbox.pack().inspect("/dev/zero").refused(1, "not-a-file");
    sandbox.pack().inspect("oci://ghcr.io/acme/x:1").offline().refused(2, "offline");
}

#[test]
fn inspect_prints_the_world_of_a_component() {
    let sandbox = Sandbox::new();
    let inspect = sandbox.pack().inspect("greentic.secrets.dev-store@0.1.0");
    let plain = inspect.clone().succeeded().result();
    assert!(plain["handlers"][0]["wit"].is_null(), "{plain}");
    let report = inspect.clone().arg("--wit").succeeded().result();
    let world = text(&report["handlers"][0]["wit"]);
    for line in [
        "import greentic:env-pack/log@0.1.0;",
        "export greentic:env-pack/handler@0.1.0;",
        "preflight: func()",
    ] {
        assert!(world.contains(line), "`{line}` is not in:\n{world}");
    }
    let human = inspect.arg("--wit").human().succeeded();
    human.shows(&["    export greentic:env-pack/handler@0.1.0;"]);
}

/// Imports and interfaces come from the binary, whatever the manifest states, and even if
/// no host supports them.
#[test]
fn the_printed_world_comes_from_the_binary() {
    let sandbox = Sandbox::new();
    let inspect = |component: Vec<u8>| {
        let pack = sandbox
            .written_pack("secrets", "acme.secrets.odd", "^1", component)
            .display()
            .to_string();
        sandbox.pack().inspect(&pack).human().succeeded().shows(&["  sha256    ", "  exports   "]);
        sandbox.pack().inspect(&pack).succeeded().result()["handlers"][0].clone()
    };
    let odd = "(component (import \"wasi:http/types@0.2.0\" (instance)) (import \"greentic:env-pack/log@0.1.0\" (instance $i))
        (export \"greentic:env-pack/handler@0.9.0\" (instance $i)))";
    let handler = inspect(wat::parse_str(odd).expect("a component"));
    assert_eq!(handler["imports"], json!(["wasi:http/types@0.2.0", "greentic:env-pack/log@0.1.0"]));
    assert_eq!(handler["interfaces"], json!(["greentic:env-pack/handler@0.9.0"]));
    assert!(text(&handler["problem"]).contains("wasi:http/types"), "{handler}");
    let later = Handler::new("state", "a.b", "^1").component_of("0.2.0");
    let handler = inspect(later);
    assert_eq!(handler["interfaces"], json!(["greentic:env-pack/handler@0.2.0"]));
    assert!(text(&handler["problem"]).contains("0.2.0"), "{handler}");
    let handler = inspect(wat::parse_str("(component)").expect("a component"));
    assert_eq!((&handler["interfaces"], handler["problem"].is_string()), (&json!([]), true));
}

#[test]
fn an_unprintable_world_is_an_error_of_its_own() {
    let sandbox = Sandbox::new();
    let module = wat::parse_str("(module)").expect("a module");
    for component in [module, b"\0asm\x0d\0\x01\0\xff\xff\xff".to_vec(), vec![0; 100]] {
        let pack = sandbox.written_pack("secrets", "acme.secrets.none", "^1", component);
        let report = sandbox.pack().inspect(&pack).arg("--wit").succeeded().result();
        let handler = &report["handlers"][0];
        assert!(handler["wit"].is_null() && handler["problem"].is_string(), "{handler}");
    }
}
