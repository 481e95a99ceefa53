//! Handlers from other toolchains: built by the recipes of the examples, bound, and asked.
//!
//! These need `python3` or `node`, and the network for a toolchain of a hundred megabytes. `cargo xtask test` runs them where
//! those are, and says so where they are not; `cargo test` alone leaves them out and lists them as ignored.

use std::path::PathBuf;
use std::process::Command;
use std::time::SystemTime;

use serde_json::{Value, json};

use crate::support::{Sandbox, repository, text};

/// The component of an example, built anew when it is older than what it is made of.
fn component(example: &str) -> PathBuf {
    let folder = repository().join("examples").join(example);
    let out = repository().join("target/toolchains").join(format!("{example}.wasm"));
    let built = modified(&out).unwrap_or(SystemTime::UNIX_EPOCH);
    let sources = std::fs::read_dir(&folder).expect("an example").map(|entry| entry.expect("an entry").path());
    let wit = repository().join("wit/env-pack/0.1.0");
    let wit = std::fs::read_dir(wit).expect("the WIT").map(|entry| entry.expect("an entry").path());
    if sources.chain(wit).filter(|path| path.is_file()).any(|source| modified(&source) > Some(built)) {
        let mut build = Command::new(folder.join("build.sh"));
        build.arg(&out).env("GTC_TOOLCHAINS", repository().join("target/toolchains"));
        let built = build.output().expect("it starts");
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    }
    out
}

fn modified(path: &std::path::Path) -> Option<SystemTime> {
    path.metadata().and_then(|metadata| metadata.modified()).ok()
}

/// Packs a component, binds it, and gives back what its preflight found.
fn bound(example: &str, slot: &str, kind: &str, tool: &str, program: &str) -> Vec<Value> {
    let mut sandbox = Sandbox::with_local();
    sandbox.program(tool, program);
    let version_query = format!("{tool} --version");
    let pack = sandbox.built_pack(component(example), "0.1.0", &["--allow-tool", &version_query]).display().to_string();
    sandbox.write(".greentic/environments/local/answers.json", "{\"one\": 1, \"two\": 2}");
    let update = ["op", "env-packs", "update", "--env", "local", "--slot", slot, "--kind", kind, "--pack-ref", &pack];
    sandbox.gtc(update.iter().chain(&["--answers-ref", "answers.json"])).succeeded();
    sandbox.gtc(["op", "env", "doctor", "local"]).succeeded();
    let report = sandbox.gtc(["op", "env", "tool-check", "local"]).succeeded().result();
    let checks = report["bindings"].as_array().expect("a list").iter().find(|binding| binding["slot"] == slot);
    checks.expect("it is bound")["checks"].as_array().expect("a list").clone()
}

#[test]
#[ignore = "needs python3; `cargo xtask test` runs it"]
fn a_python_handler_is_a_handler() {
    let checks = bound("python-secrets", "secrets", "acme.secrets.python-demo@0.1.0", "python3", "echo Python 3.99.1");
    assert_eq!(checks[0]["outcome"], json!({"status": "ok", "detail": "Python 3.99.1"}));
    assert_eq!(checks[1]["outcome"], json!({"status": "ok", "detail": "2 answers"}));
}

#[test]
#[ignore = "needs node and npm; `cargo xtask test` runs it"]
fn a_javascript_handler_is_a_handler() {
    let checks =
        bound("javascript-telemetry", "telemetry", "acme.telemetry.javascript-demo@0.1.0", "node", "echo v99.1.0");
    assert_eq!(text(&checks[0]["outcome"]["detail"]), "v99.1.0");
    assert_eq!(text(&checks[1]["outcome"]["detail"]), "no endpoint configured");
}
