//! The tasks of this repository, run as `cargo xtask <task>`.
//!
//! - `test`: run the gate
//! - `builtins [--check]`: build the packs that the host embeds, or compare them with their sources
//! - `messages [--check]`: write the snapshots of messages, or compare them with the sources
//! - `wording [--update]`: check retired words and style limits, or lower the limits
#![expect(clippy::disallowed_methods, reason = "tasks run toolchains and write generated files")]
#![expect(clippy::print_stdout, reason = "tasks report to a terminal")]

mod builtins;
mod dependencies;
mod gate;
mod messages;
mod process;
mod report;
mod sources;
mod tools;
mod wording;

use anyhow::{Result, bail};

use report::Report;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["test"] => gate::run(),
        ["builtins"] => builtins::rebuild(),
        ["builtins", "--check"] => builtins::check(&mut Report::default()),
        ["messages"] => messages::update(),
        ["messages", "--check"] => messages::check(),
        ["wording"] => wording::check(),
        ["wording", "--update"] => wording::update(),
        _ => bail!(
            "expected `cargo xtask test`, `cargo xtask builtins [--check]`, \
             `cargo xtask messages [--check]` or `cargo xtask wording [--update]`"
        ),
    }
}
