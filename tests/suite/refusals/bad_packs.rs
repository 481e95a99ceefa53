//! Packs that cannot be bound, built or inspected.

use super::{pack_refused, refused, with_free_state};
use test_support::Sandbox;
use test_support::wat::Handler;

#[test]
fn files_that_are_not_packs() {
    let sandbox = with_free_state();
    let kind = "acme.state.x@1.0.0";
    let folder = sandbox.home().display().to_string();
    let garbage = sandbox.write("garbage.gtpack", "PK").display().to_string();
    pack_refused(
        &sandbox,
        kind,
        "/nowhere.gtpack",
        1,
        "file-not-found",
        &["there is no file `/nowhere.gtpack`"],
    );
    pack_refused(&sandbox, kind, &folder, 1, "not-a-file", &["is a folder"]);
    pack_refused(&sandbox, kind, "/dev/zero", 1, "not-a-file", &["is a device"]);
    pack_refused(&sandbox, kind, &garbage, 1, "zip-end-record", &["canonical zip profile"]);
    pack_refused(
        &sandbox,
        kind,
        "oci://127.0.0.1:1/a/b:1",
        2,
        "registry-unreachable",
        &["cannot be connected to"],
    );
    pack_refused(&sandbox, kind, "https://a.example/x", 1, "unknown-scheme", &["scheme"]);
    pack_refused(&sandbox, kind, "a.b.c@1.0.0", 1, "no-such-builtin", &["is not a built-in pack"]);
    let name = ["greentic.state.in-memory", "with its version: `greentic.state.in-memory@0.1.0`"];
    pack_refused(&sandbox, "greentic.state.in-memory@0.1.0", name[0], 1, "file-not-found", &name);
}

#[test]
fn packs_that_do_not_fit() {
    let sandbox = with_free_state();
    let valid = |slot, path: &str, versions: &str| {
        sandbox.valid_pack(slot, path, versions).display().to_string()
    };
    let secrets = valid("secrets", "acme.secrets.vault", "^0.4");
    let mismatch =
        ["serves slot `secrets`, cannot be bound to `state`", "bind it to slot `secrets`"];
    pack_refused(&sandbox, "acme.secrets.vault@0.4.2", &secrets, 1, "slot-mismatch", &mismatch);
    let state = valid("state", "acme.state.redis", "^0.1.0");
    pack_refused(
        &sandbox,
        "acme.state.redis@9.9.9",
        &state,
        1,
        "version-skew",
        &["supports versions `^0.1.0`, not `9.9.9`"],
    );
    pack_refused(
        &sandbox,
        "acme.state.other@0.1.0",
        &state,
        1,
        "unknown-kind",
        &["it provides `acme.state.redis`, not `acme.state.other`"],
    );
    let impostor = valid("state", "greentic.state.in-memory", "*");
    let builtin = [
        "already provided by the built-in pack `greentic.state.in-memory@0.1.0`",
        "with another descriptor path",
    ];
    pack_refused(&sandbox, "greentic.state.in-memory@0.1.0", &impostor, 1, "conflict", &builtin);

    let update = sandbox.env_packs().update("secrets").kind("acme.secrets.vault@0.4.2");
    update.pack_ref(&secrets).succeeded();
    let twin = Handler::new("state", "acme.secrets.vault", "^0.4").archive_by("another", "1.0.0");
    let twin = sandbox.write("packs/twin.gtpack", twin).display().to_string();
    let taken = [secrets.as_str(), "bound to slot `secrets`", "only versions of one pack"];
    pack_refused(&sandbox, "acme.secrets.vault@0.4.2", &twin, 1, "conflict", &taken);

    let flags = ["--tool", "probed 'a b' *", "--network", "127.0.0.1:1"];
    let prober = sandbox.built_pack(test_artifacts::prober(), "1.0.0", &flags);
    let update = sandbox.env_packs().update("deployer").kind("test.deployer.prober@1.0.0");
    let words = ["to run `probed 'a b' *`", "--network 127.0.0.1:1", "--declared"];
    refused(&sandbox, update.pack_ref(prober), 1, "unauthorized", &words);
}

#[test]
fn packs_that_misbehave() {
    let sandbox = with_free_state();
    let check = |change: &dyn Fn(&mut Handler), error: &str, reason: &str| {
        let mut handler = Handler::new("state", "acme.state.bad", "^1");
        change(&mut handler);
        let pack = sandbox
            .written_pack("state", "acme.state.bad", "^1", handler.component())
            .display()
            .to_string();
        pack_refused(&sandbox, "acme.state.bad@1.0.0", &pack, 1, error, &[reason]);
    };
    let set =
        |body: &'static str| move |handler: &mut Handler| handler.slot_body = Some(body.to_owned());
    check(&set("unreachable"), "trapped", "handler trapped in `slot`");
    check(&set("(loop (br 0)) (i32.const 0)"), "out-of-time", "more than 1 s");
    let eats = "(loop (br_if 0 (i32.ne (memory.grow (i32.const 256)) (i32.const -1)))) unreachable";
    check(&set(eats), "out-of-memory", "more than 256 MiB");
    check(
        &|handler| handler.path = "Not A Path".to_owned(),
        "wrong-shape",
        "an invalid answer in `descriptor-path`",
    );
    check(
        &|handler| handler.versions = "new enough".to_owned(),
        "wrong-shape",
        "an invalid answer in `supported-versions`",
    );
    check(
        &|handler| handler.path = "acme.state.other".to_owned(),
        "declaration-differs",
        "returns descriptor path",
    );

    let component = |text: &str, error: &str, reason: &str| {
        let bytes = wat::parse_str(text).expect("a component");
        let pack =
            sandbox.written_pack("state", "acme.state.bad", "^1", bytes).display().to_string();
        pack_refused(&sandbox, "acme.state.bad@1.0.0", &pack, 1, error, &[reason]);
    };
    component("(component)", "no-handler", "does not export the handler interface");
    component("(module)", "not-a-component", "core module");
    let http = "(component (import \"wasi:http/types@0.2.0\" (instance)))";
    component(http, "unsupported-import", "unsupported import `wasi:http/types@0.2.0`");
}

#[test]
fn packs_that_cannot_be_built_or_inspected() {
    let sandbox = Sandbox::new();
    let text = sandbox.write("text.wasm", "root:x:0:0").display().to_string();
    let build = |component: &str, code: i32, kind: &str, words: &[&str]| {
        let build = sandbox.pack().build(component).version("1.0.0");
        refused(&sandbox, build, code, kind, words);
    };
    let words = ["it does not begin with the WebAssembly magic number"];
    build(&text, 1, "not-a-component", &words);
    let words = ["there is no file `none.wasm`", "check the path"];
    build("none.wasm", 2, "file-not-found", &words);
    let valid = sandbox.pack().build(test_artifacts::prober());
    let unversioned = valid.clone().version("one");
    refused(&sandbox, unversioned, 2, "invalid-argument", &["argument `version`"]);
    let valid = valid.version("1.0.0");
    let invalid = |flags: &[&str], words: &[&str]| {
        refused(&sandbox, valid.clone().args(flags), 2, "invalid-argument", words);
    };
    invalid(&["--id", "A B"], &["argument `id`", "pack id", "offset 1"]);
    invalid(&["--network", "x"], &["argument `allow_network`"]);
    invalid(&["--tool", "'"], &["argument `allow_tool`"]);
    let unwritable = valid.clone().output("/nowhere/p.gtpack");
    refused(&sandbox, unwritable, 2, "io", &["cannot write `/nowhere/p.gtpack`"]);
    let inspect = |pack: &str, kind: &str, words: &[&str]| {
        refused(&sandbox, sandbox.pack().inspect(pack), 1, kind, words)
    };
    inspect("none.gtpack", "file-not-found", &["there is no file"]);
    inspect(&text, "zip-end-record", &["canonical zip profile"]);
    let words = ["`greentic.secrets.dev-store@0.1.0`", "name the built-in pack with its version"];
    inspect("greentic.secrets.dev-store", "file-not-found", &words);
}
