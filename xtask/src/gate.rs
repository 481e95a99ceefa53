//! The gate: everything that must hold before a change is taken, on a machine that may have nothing but Rust.

use std::time::Instant;

use anyhow::Result;

use crate::builtins;
use crate::process::command;

/// What guests are compiled for, and what shows that the domain needs no operating system.
const TARGETS: [&str; 2] = ["wasm32-wasip2", "wasm32-unknown-unknown"];

/// Runs the whole gate and says how long each step took.
fn run_all(steps: &[(&str, &dyn Fn() -> Result<()>)]) -> Result<()> {
    for (name, step) in steps {
        println!("==> {name}");
        let start = Instant::now();
        step()?;
        println!("==> {name}: {} s", start.elapsed().as_secs());
    }
    Ok(())
}

/// Runs the gate.
pub fn run() -> Result<()> {
    let cargo = |arguments: &'static [&'static str]| move || crate::process::run(&mut command("cargo", arguments));
    let steps: [(&str, &dyn Fn() -> Result<()>); 7] = [
        ("targets", &add_targets),
        ("format", &cargo(&["fmt", "--all", "--check"])),
        ("clippy", &cargo(&["clippy", "--workspace", "--all-targets", "--locked", "--", "--deny", "warnings"])),
        (
            "domain for WebAssembly",
            &cargo(&["check", "--package", "env-pack-domain", "--target", "wasm32-unknown-unknown", "--locked"]),
        ),
        ("built-ins", &builtins::check),
        ("tests", &cargo(&["test", "--workspace", "--locked"])),
        ("documentation", &|| {
            let mut doc =
                command("cargo", &["doc", "--workspace", "--no-deps", "--document-private-items", "--locked"]);
            crate::process::run(doc.env("RUSTDOCFLAGS", "--deny warnings"))
        }),
    ];
    run_all(&steps)?;
    println!("the gate is open");
    Ok(())
}

fn add_targets() -> Result<()> {
    crate::process::run(&mut command("rustup", &[&["target", "add"][..], &TARGETS].concat()))
}
