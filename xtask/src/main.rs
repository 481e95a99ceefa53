//! The tasks of this repository: `cargo xtask test` runs the gate, `cargo xtask builtins
//! [--check]` builds the packs that the host embeds, `cargo xtask messages [--check]`
//! writes the snapshots of messages, `cargo xtask wording
//! [--update]` checks retired words and style limits, `cargo xtask faults` shows that the
//! tests notice
//! faults.
#![expect(clippy::disallowed_methods, reason = "it runs toolchains and writes generated files")]
#![expect(clippy::print_stdout, reason = "it talks to whoever started it")]

mod builtins;
mod dependencies;
mod faults;
mod gate;
mod messages;
mod process;
mod sources;
mod tools;
mod wording;

use anyhow::{Result, bail};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["test"] => gate::run(),
        ["builtins"] => builtins::rebuild(),
        ["builtins", "--check"] => builtins::check(),
        ["messages"] => messages::update(),
        ["messages", "--check"] => messages::check(),
        ["wording"] => wording::check(),
        ["wording", "--update"] => wording::update(),
        ["faults"] => faults::run(""),
        ["faults", filter] => faults::run(filter),
        _ => bail!(
            "expected `cargo xtask test`, `cargo xtask builtins [--check]`, `cargo xtask messages [--check]` or `cargo xtask faults [<part of a name>]`"
        ),
    }
}
