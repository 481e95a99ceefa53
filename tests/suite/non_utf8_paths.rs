//! Paths that are not UTF-8: commands that accept them report them, and commands that need
//! UTF-8 refuse them before they change anything.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::PathBuf;

use serde_json::Value;

use test_support::{Output, Sandbox, assert_contains, run, text};

/// The character that replaces invalid bytes in reports.
const REPLACEMENT: &str = "\u{fffd}";

/// A name that is not UTF-8.
fn non_utf8(name: &str) -> OsString {
    OsString::from_vec([b"\xff", name.as_bytes()].concat())
}

/// Runs `gtc` in a folder whose name is not UTF-8.
fn gtc_in_non_utf8_folder(sandbox: &Sandbox, arguments: &[&OsStr]) -> Output {
    let folder = sandbox.home().join(non_utf8("folder"));
    std::fs::create_dir_all(&folder).expect("a folder");
    let mut command = sandbox.gtc_command();
    run(command.args(arguments).current_dir(folder))
}

/// Splits a command line; `<name>` becomes a name that is not UTF-8.
fn arguments(line: &str) -> Vec<OsString> {
    let word = |word: &str| match word.strip_prefix('<').and_then(|word| word.strip_suffix('>')) {
        Some(name) => non_utf8(name),
        None => word.into(),
    };
    line.split(' ').map(word).collect()
}

fn gtc(sandbox: &Sandbox, line: &str) -> Output {
    sandbox.gtc(arguments(line))
}

/// A sandbox with a pack whose name is not UTF-8.
fn with_pack() -> Sandbox {
    let sandbox = Sandbox::new();
    let pack = sandbox.valid_pack("state", "acme.state.odd", "^1");
    std::fs::rename(pack, sandbox.home().join(non_utf8("pack"))).expect("renamed");
    sandbox
}

fn assert_replaced(report: &Value, members: &[&str]) {
    for member in members {
        assert!(text(&report[member]).contains(REPLACEMENT), "{member}: {report}");
    }
}

#[test]
fn reports_show_non_utf8_paths() {
    let sandbox = with_pack();
    assert_replaced(
        &gtc(&sandbox, "pack keygen --output <key>").succeeded().result(),
        &["path", "public_path"],
    );
    let signed = gtc(&sandbox, "pack sign <pack> --key <key>").succeeded().result();
    assert_replaced(&signed, &["path"]);
    assert!(sandbox.home().join(non_utf8("pack.sig")).exists(), "{signed}");
    gtc(&sandbox, "pack sign <pack> --key <key> --output <elsewhere>").succeeded();
    assert_replaced(
        &gtc(&sandbox, "pack repack <pack> --output <canonical>").succeeded().result(),
        &["path", "from"],
    );
    let new = gtc(&sandbox, "pack new acme.state.new --dir <project>").succeeded().result();
    assert_replaced(&new, &["folder"]);
    let component = std::fs::read(test_artifacts::witness()).expect("a component");
    std::fs::write(sandbox.home().join(non_utf8("component")), component).expect("a file");
    let built =
        gtc(&sandbox, "pack build --component <component> --version 1.0.0 --output <built>");
    assert_replaced(&built.succeeded().result(), &["path"]);
    let saved = gtc(&sandbox, "pack save greentic.state.in-memory@0.1.0 --output <layout>")
        .succeeded()
        .result();
    assert_replaced(&saved, &["path"]);
    let loaded = gtc(&sandbox, "pack load <layout> --output <packs>").succeeded().result();
    assert_replaced(&loaded, &["path"]);
    assert_replaced(&loaded["packs"][0], &["path"]);
    let human = arguments("pack repack <pack> --output <canonical> --format human");
    sandbox.gtc(human).succeeded().shows(&[REPLACEMENT]);
}

#[test]
fn pack_test_accepts_non_utf8_paths() {
    let sandbox = with_pack();
    let scenario: PathBuf = [OsStr::new("tests"), OsStr::from_bytes(b"\xff.yaml")].iter().collect();
    sandbox.write(&scenario, "expect: {}");
    let tested = gtc(&sandbox, "pack test <pack>").succeeded().result();
    assert_replaced(&tested, &["path"]);
    assert_replaced(&tested["scenarios"][0], &["path", "name"]);
    let component = std::fs::read(test_artifacts::witness()).expect("a component");
    sandbox.write(PathBuf::from(non_utf8("folder")).join("component.wasm"), component);
    let recorded = gtc_in_non_utf8_folder(
        &sandbox,
        &["pack", "test", "component.wasm", "--record"].map(OsStr::new),
    );
    assert_eq!(recorded.succeeded().result()["recorded"], "tests/recorded.yaml");
}

#[test]
fn store_root_and_cache_may_have_non_utf8_paths() {
    let sandbox = Sandbox::new();
    let flags = ["--store-root", "<store>", "--cache-dir", "<cache>"].join(" ");
    for line in [
        "op env init",
        "op env list",
        "op env show local",
        "op env doctor",
        "cache path",
        "cache list",
    ] {
        gtc(&sandbox, &format!("{line} {flags}")).succeeded();
    }
    gtc(&sandbox, &format!("cache verify {flags}")).succeeded();
    gtc(&sandbox, &format!("cache gc {flags}")).succeeded();
    assert!(sandbox.home().join(non_utf8("store/local/environment.json")).exists());
    gtc(&sandbox, "pack keygen --output <key>").succeeded();
    gtc(&sandbox, &format!("op trust-root add --env local --key <key.pub> {flags}")).succeeded();
    gtc(&sandbox, &format!("op trust-root list local {flags}")).succeeded();
}

#[test]
fn non_utf8_reference_is_refused_by_name() {
    let sandbox = with_pack();
    for verb in ["inspect", "validate", "bench", "verify --key k", "save --output o"] {
        let message = gtc(&sandbox, &format!("pack {verb} <pack>")).refused(2, "invalid-argument");
        assert_contains(&message, &["`\u{fffd}pack` is not UTF-8", "rename"]);
    }
    let human = sandbox.gtc(arguments("pack inspect <pack> --format human")).exited(2);
    assert!(human.stderr.starts_with("error: argument `\u{fffd}pack` is not UTF-8"), "{human:?}");
    let mut variable = sandbox.gtc_command();
    let message = run(variable.args(["doctor", "limits"]).env("GTC_LIMITS", non_utf8("x")))
        .refused(2, "invalid-argument");
    assert!(message.contains("variable `GTC_LIMITS`"), "{message}");
    let mut secret = sandbox.gtc_command();
    let secret =
        secret.args(["doctor", "limits"]).env("GTC_REGISTRY_PASSWORD", non_utf8("hunter2"));
    let message = run(secret.env("GTC_LIMITS", non_utf8("x"))).refused(2, "invalid-argument");
    assert!(message.contains("variable `GTC_LIMITS`") && !message.contains("hunter2"), "{message}");
}

#[test]
fn non_utf8_path_cannot_be_bound() {
    let sandbox = Sandbox::with_local();
    let before = sandbox.document("local");
    let pack = sandbox.valid_pack("state", "acme.state.odd", "^1");
    sandbox.write(
        PathBuf::from(non_utf8("folder")).join("pack.gtpack"),
        std::fs::read(pack).expect("a pack"),
    );
    let line = "op env-packs update --env local --slot state --kind acme.state.odd@1.0.0 --pack-ref pack.gtpack";
    let message =
        gtc_in_non_utf8_folder(&sandbox, &line.split(' ').map(OsStr::new).collect::<Vec<_>>())
            .refused(2, "invalid-argument");
    assert!(message.contains("folder/pack.gtpack` is not UTF-8"), "{message}");
    assert_eq!(sandbox.document("local"), before);
    for verb in ["inspect", "validate", "bench"] {
        gtc_in_non_utf8_folder(&sandbox, &["pack", verb, "pack.gtpack"].map(OsStr::new))
            .succeeded();
    }
}
