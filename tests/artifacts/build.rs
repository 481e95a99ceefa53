//! Builds the guests into a separate target folder, so that `cargo test` needs no step before
//! it.
#![expect(clippy::disallowed_methods, reason = "it runs cargo")]

use std::path::{Path, PathBuf};
use std::process::Command;

const TARGET: &str = "wasm32-wasip2";

/// Packages to build: folder and arguments. Each is built on its own, because a joint build
/// would unify their features.
const BUILDS: [(&str, &[&str]); 6] = [
    ("tests/guests", &["--package", "guests-no-std", "--examples"]),
    ("tests/guests", &["--package", "guests-std", "--examples"]),
    ("tests/guests", &["--package", "guests-unreleased", "--examples"]),
    ("examples", &["--package", "vault-secrets", "--lib"]),
    ("examples", &["--package", "terraform-deployer", "--lib"]),
    ("examples", &["--package", "oauth-extension", "--lib"]),
];

fn main() {
    let root =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the repository");
    let examples = BUILDS
        .iter()
        .filter(|(folder, _)| *folder == "examples")
        .map(|(_, arguments)| arguments[1]);
    let examples = examples.map(|example| format!("examples/{example}"));
    let others = ["tests/guests", "examples/Cargo.toml", "examples/Cargo.lock", "guest-sdk", "wit"]
        .map(str::to_owned);
    for input in others.into_iter().chain(examples) {
        println!("cargo::rerun-if-changed={}", root.join(input).display());
    }
    let target = root.join("target/guests");
    for (folder, arguments) in BUILDS {
        build(&root.join(folder), arguments, &target);
    }
    println!("cargo::rustc-env=GUESTS={}", target.join(TARGET).join("release").display());
}

fn build(folder: &Path, arguments: &[&str], target: &PathBuf) {
    let mut cargo = Command::new(std::env::var_os("CARGO").expect("cargo names itself"));
    // variables that cargo sets for this build script must not reach the build of a guest
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        let is_inherited =
            ["CARGO_HOME", "CARGO_NET_OFFLINE", "CARGO_HTTP_CAINFO"].contains(&name.as_str());
        let is_set_by_cargo = name.starts_with("CARGO")
            && !name.starts_with("CARGO_REGISTR")
            && !name.starts_with("CARGO_SOURCE");
        if is_set_by_cargo && !is_inherited
            || name.starts_with("RUSTC")
            || name == "RUSTFLAGS"
            || name == "CLIPPY_ARGS"
        {
            cargo.env_remove(name);
        }
    }
    cargo.args(["build", "--quiet", "--release", "--locked", "--target", TARGET]).args(arguments);
    let status =
        cargo.current_dir(folder).env("CARGO_TARGET_DIR", target).status().expect("cargo starts");
    assert!(
        status.success(),
        "guests in {} do not build; `rustup target add {TARGET}` adds what they are compiled for",
        folder.display()
    );
}
