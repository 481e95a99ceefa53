//! Handlers from other toolchains: built by the recipes of the examples, bound, and asked.
//!
//! These need `python3` or `node`, and the network for a toolchain of a hundred megabytes. `cargo xtask test` runs them where
//! those are, and says so where they are not; `cargo test` alone leaves them out and lists them as ignored.

use std::net::TcpListener;
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
    let wit = [folder.join("wit"), repository().join("wit/env-pack/0.1.0")];
    let wit =
        wit.iter().flat_map(|wit| std::fs::read_dir(wit).expect("WIT")).map(|entry| entry.expect("an entry").path());
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

/// Packs a component, binds it with everything it declares, and gives back what its preflight found.
fn bound(sandbox: &Sandbox, example: &str, slot: &str, kind: &str, declared: &[&str], answers: &Value) -> Vec<Value> {
    let pack = sandbox.built_pack(component(example), "0.1.0", declared).display().to_string();
    sandbox.write(".greentic/environments/local/answers.json", answers.to_string());
    let update = ["op", "env-packs", "update", "--env", "local", "--slot", slot, "--kind", kind, "--pack-ref", &pack];
    sandbox.gtc(update.iter().chain(&["--answers-ref", "answers.json", "--grant", "declared"])).succeeded();
    sandbox.gtc(["op", "env", "doctor", "local"]).succeeded();
    let report = sandbox.gtc(["op", "env", "tool-check", "local"]).succeeded().result();
    let checks = report["bindings"].as_array().expect("a list").iter().find(|binding| binding["slot"] == slot);
    checks.expect("it is bound")["checks"].as_array().expect("a list").clone()
}

#[test]
#[ignore = "needs python3; `cargo xtask test` runs it"]
fn a_python_handler_is_a_handler() {
    let mut sandbox = Sandbox::with_local();
    sandbox.program("python3", "echo Python 3.99.1");
    let (kind, declared) = ("acme.secrets.python-demo@0.1.0", ["--allow-tool", "python3 --version"]);
    let checks = bound(&sandbox, "python-secrets", "secrets", kind, &declared, &json!({"one": 1, "two": 2}));
    assert_eq!(checks[0]["outcome"], json!({"status": "ok", "detail": "Python 3.99.1"}));
    assert_eq!(checks[1]["outcome"], json!({"status": "ok", "detail": "2 answers"}));
}

#[test]
#[ignore = "needs node and npm; `cargo xtask test` runs it"]
fn a_javascript_handler_is_a_handler() {
    let mut sandbox = Sandbox::with_local();
    sandbox.program("node", "echo v99.1.0");
    let collector = TcpListener::bind("127.0.0.1:0").expect("a port");
    let endpoint = collector.local_addr().expect("an address").to_string();
    let declared = ["--allow-tool", "node --version", "--allow-network", &endpoint];
    let kind = "acme.telemetry.javascript-demo@0.1.0";
    let checks = bound(&sandbox, "javascript-telemetry", "telemetry", kind, &declared, &json!({"endpoint": endpoint}));
    assert_eq!(text(&checks[0]["outcome"]["detail"]), "v99.1.0");
    assert_eq!(text(&checks[1]["outcome"]["detail"]), format!("{endpoint} answers"));
}
