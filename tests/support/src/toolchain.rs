//! The toolchain of this machine, for programs that run in an environment of their own.

use std::path::Path;
use std::process::Command;

use crate::{gtc_folder, repository};

/// `gtc` first, then what the machine has.
pub fn path() -> String {
    let cargo = Path::new(env!("CARGO")).parent().expect("a folder").display().to_string();
    format!("{}:{cargo}:/usr/bin:/bin", gtc_folder())
}

/// Lets `cargo` find its own home, and the guests that are built already.
pub fn toolchain(command: &mut Command) {
    for name in ["CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN", "RUSTUP_AUTO_INSTALL"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    if std::env::var_os("CARGO_HOME").is_none() {
        command.env("CARGO_HOME", std::env::home_dir().expect("a home").join(".cargo"));
    }
    command.env("CARGO_TARGET_DIR", repository().join("target/guests"));
}
