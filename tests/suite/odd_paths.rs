//! Paths that are no text: what is done is reported, and what cannot be done is refused
//! before anything is.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::PathBuf;

use serde_json::Value;

use crate::support::{Ran, Sandbox, run, text};

/// How a report shows such a name.
const SHOWN: &str = "\u{fffd}";

/// A name that is no UTF-8.
fn odd(name: &str) -> OsString {
    OsString::from_vec([b"\xff", name.as_bytes()].concat())
}

/// Runs `gtc` in a folder whose own name is no text.
fn there(sandbox: &Sandbox, arguments: &[&OsStr]) -> Ran {
    let folder = sandbox.home().join(odd("folder"));
    std::fs::create_dir_all(&folder).expect("a folder");
    let mut command = sandbox.command(env!("CARGO_BIN_EXE_gtc"));
    run(command.args(arguments).current_dir(folder))
}

/// The arguments, of which those in angle brackets are names that are no text.
fn arguments(line: &str) -> Vec<OsString> {
    let word = |word: &str| match word.strip_prefix('<').and_then(|word| word.strip_suffix('>')) {
        Some(name) => odd(name),
        None => word.into(),
    };
    line.split(' ').map(word).collect()
}

fn gtc(sandbox: &Sandbox, line: &str) -> Ran {
    sandbox.gtc(arguments(line))
}

/// A sandbox with a pack under a name that is no text.
fn with_pack() -> Sandbox {
    let sandbox = Sandbox::new();
    let pack = sandbox.honest_pack("state", "acme.state.odd", "^1");
    std::fs::rename(pack, sandbox.home().join(odd("pack"))).expect("renamed");
    sandbox
}

fn shows(report: &Value, members: &[&str]) {
    for member in members {
        assert!(text(&report[member]).contains(SHOWN), "{member}: {report}");
    }
}

#[test]
fn what_was_done_to_a_file_is_reported_whatever_it_is_called() {
    let sandbox = with_pack();
    shows(
        &gtc(&sandbox, "pack keygen --output <key>").succeeded().result(),
        &["path", "public_path"],
    );
    let signed = gtc(&sandbox, "pack sign <pack> --key <key>").succeeded().result();
    shows(&signed, &["path"]);
    assert!(sandbox.home().join(odd("pack.sig")).exists(), "{signed}");
    gtc(&sandbox, "pack sign <pack> --key <key> --output <elsewhere>").succeeded();
    shows(
        &gtc(&sandbox, "pack repack <pack> --output <canonical>").succeeded().result(),
        &["path", "from"],
    );
    let new = gtc(&sandbox, "pack new acme.state.new --dir <project>").succeeded().result();
    shows(&new, &["folder"]);
    let component = std::fs::read(test_artifacts::witness()).expect("a component");
    std::fs::write(sandbox.home().join(odd("component")), component).expect("a file");
    let built =
        gtc(&sandbox, "pack build --component <component> --version 1.0.0 --output <built>");
    shows(&built.succeeded().result(), &["path"]);
    let saved = gtc(&sandbox, "pack save greentic.state.in-memory@0.1.0 --output <layout>")
        .succeeded()
        .result();
    shows(&saved, &["path"]);
    let loaded = gtc(&sandbox, "pack load <layout> --output <packs>").succeeded().result();
    shows(&loaded, &["path"]);
    shows(&loaded["packs"][0], &["path"]);
    let human = arguments("pack repack <pack> --output <canonical> --format human");
    sandbox.gtc(human).succeeded().shows(&[SHOWN]);
}

#[test]
fn a_pack_is_tested_whatever_it_and_its_scenarios_are_called() {
    let sandbox = with_pack();
    let scenario: PathBuf = [OsStr::new("tests"), OsStr::from_bytes(b"\xff.yaml")].iter().collect();
    sandbox.write(&scenario, "expect: {}");
    let tested = gtc(&sandbox, "pack test <pack>").succeeded().result();
    shows(&tested, &["path"]);
    shows(&tested["scenarios"][0], &["path", "name"]);
    let component = std::fs::read(test_artifacts::witness()).expect("a component");
    sandbox.write(PathBuf::from(odd("folder")).join("component.wasm"), component);
    let recorded = there(&sandbox, &["pack", "test", "component.wasm", "--record"].map(OsStr::new));
    assert_eq!(recorded.succeeded().result()["recorded"], "tests/recorded.yaml");
}

#[test]
fn folders_of_environments_and_caches_may_have_any_name() {
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
    assert!(sandbox.home().join(odd("store/local/environment.json")).exists());
    gtc(&sandbox, "pack keygen --output <key>").succeeded();
    gtc(&sandbox, &format!("op trust-root add --env local --key <key.pub> {flags}")).succeeded();
    gtc(&sandbox, &format!("op trust-root list local {flags}")).succeeded();
}

#[test]
fn a_reference_that_is_no_text_is_refused_by_name() {
    let sandbox = with_pack();
    for verb in ["inspect", "validate", "bench", "verify --key k", "save --output o"] {
        let message = gtc(&sandbox, &format!("pack {verb} <pack>")).refused(2, "invalid-argument");
        assert!(
            message.contains("`\u{fffd}pack` is not UTF-8") && message.contains("rename"),
            "{message}"
        );
    }
    let human = sandbox.gtc(arguments("pack inspect <pack> --format human")).exited(2);
    assert!(human.stderr.starts_with("error: argument `\u{fffd}pack` is not UTF-8"), "{human:?}");
    let mut variable = sandbox.command(env!("CARGO_BIN_EXE_gtc"));
    let message = run(variable.args(["doctor", "limits"]).env("GTC_LIMITS", odd("x")))
        .refused(2, "invalid-argument");
    assert!(message.contains("variable `GTC_LIMITS`"), "{message}");
    let mut secret = sandbox.command(env!("CARGO_BIN_EXE_gtc"));
    let secret = secret.args(["doctor", "limits"]).env("GTC_REGISTRY_PASSWORD", odd("hunter2"));
    let message = run(secret.env("GTC_LIMITS", odd("x"))).refused(2, "invalid-argument");
    assert!(message.contains("variable `GTC_LIMITS`") && !message.contains("hunter2"), "{message}");
}

#[test]
fn a_place_that_no_environment_could_write_down_is_refused() {
    let sandbox = Sandbox::with_local();
    let before = sandbox.document("local");
    let pack = sandbox.honest_pack("state", "acme.state.odd", "^1");
    sandbox.write(
        PathBuf::from(odd("folder")).join("pack.gtpack"),
        std::fs::read(pack).expect("a pack"),
    );
    let line = "op env-packs update --env local --slot state --kind acme.state.odd@1.0.0 --pack-ref pack.gtpack";
    let message = there(&sandbox, &line.split(' ').map(OsStr::new).collect::<Vec<_>>())
        .refused(2, "invalid-argument");
    assert!(message.contains("folder/pack.gtpack` is not UTF-8"), "{message}");
    assert_eq!(sandbox.document("local"), before);
    for verb in ["inspect", "validate", "bench"] {
        there(&sandbox, &["pack", verb, "pack.gtpack"].map(OsStr::new)).succeeded();
    }
}
