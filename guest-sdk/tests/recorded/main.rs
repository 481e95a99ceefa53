//! What tools really print, and what the catalogue makes of it.
//!
//! "Ran here" is the output of the program itself on a Linux machine with an empty home.
//! Where a program spoke to a server, the server was a stand-in on the same machine that
//! gave the answer in question: the words are the program's. The others come from
//! the documentation or the issue that stands beside them.

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

/// An outcome in one line: its kind, and what was found.
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

/// What the operator is told to do next.
fn hint(check: ToolCheck) -> String {
    match check.outcome {
        Outcome::Missing(it) => it.install_hint,
        Outcome::VersionMismatch(it) => it.install_hint,
        Outcome::AuthFailed(it) | Outcome::Unreachable(it) => it.recovery_hint,
        other => panic!("{other:?} has no hint"),
    }
}
