//! Recorded output of real tools, and the outcomes that the catalogue derives from it.
//!
//! "Ran here" marks the output of the program itself on a Linux machine with an empty home
//! folder. If the program connected to a server, a substitute on the same machine gave the reply,
//! but the messages are the program's. Other output comes from the documentation or the issue in
//! the comment next to it.

mod access;
mod odd;
mod versions;

use env_pack_sdk::tools::{Failure, Output};
use env_pack_sdk::{Outcome, ToolCheck};

fn ended(exit_code: i32, stdout: &str, stderr: &str) -> Result<Output, Failure> {
    Ok(Output { exit_code, stdout: stdout.to_owned(), stderr: stderr.to_owned(), truncated: false })
}

fn printed(stdout: &str) -> Result<Output, Failure> {
    ended(0, stdout, "")
}

/// An outcome on one line: its kind and its detail.
fn summary(check: ToolCheck) -> String {
    match check.outcome {
        Outcome::Ok(None) => "ok".to_owned(),
        Outcome::Ok(Some(detail)) => format!("ok: {detail}"),
        Outcome::Missing(_) => "missing".to_owned(),
        Outcome::VersionMismatch(it) => format!("mismatch: {} {}", it.found, it.required),
        Outcome::AuthFailed(it) => format!("auth failed: {}", it.detail),
        Outcome::Unreachable(it) => format!("unreachable: {}", it.detail),
        Outcome::ProbeError(it) => format!("error: {}", it.detail),
    }
}

/// The hint for the operator.
fn hint(check: ToolCheck) -> String {
    match check.outcome {
        Outcome::Missing(it) => it.install_hint,
        Outcome::VersionMismatch(it) => it.install_hint,
        Outcome::AuthFailed(it) | Outcome::Unreachable(it) => it.recovery_hint,
        other => panic!("{other:?} has no hint"),
    }
}
