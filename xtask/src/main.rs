//! What this repository does beside compiling: `cargo xtask test` runs the gate, `cargo
//! xtask builtins [--check]` builds the packs that the host embeds, `cargo xtask faults`
//! shows that the tests notice faults.
#![expect(clippy::print_stdout, reason = "it talks to whoever started it")]

mod builtins;
mod dependencies;
mod faults;
mod gate;
mod process;
mod tools;

use anyhow::{Result, bail};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["test"] => gate::run(),
        ["builtins"] => builtins::rebuild(),
        ["builtins", "--check"] => builtins::check(),
        ["faults"] => faults::run(""),
        ["faults", filter] => faults::run(filter),
        _ => bail!(
            "expected `cargo xtask test`, `cargo xtask builtins [--check]` or `cargo xtask faults [<part of a name>]`"
        ),
    }
}
