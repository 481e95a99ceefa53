//! Replies to probes.

use env_pack_domain::ForeignText;
use serde::{Deserialize, Serialize};

/// The result of running a tool.
pub type ToolReply = Result<ToolOutput, ToolFailure>;
/// The result of opening a connection.
pub type NetworkReply = Result<(), NetworkFailure>;

/// The output of a tool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolOutput {
    /// The exit code.
    pub exit_code: i32,
    /// Standard output, redacted.
    pub stdout: String,
    /// Standard error, redacted.
    pub stderr: String,
    /// True if either was truncated.
    pub truncated: bool,
}

/// The reason why a tool has no output.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum ToolFailure {
    /// There is no such program.
    #[error("not found on PATH")]
    NotFound,
    /// The host refuses to run it. The text is the reason.
    #[error("denied: {0}")]
    Denied(String),
    /// It exceeded its time limit.
    #[error("out of time")]
    TimedOut,
    /// It could not be run.
    #[error("{0}")]
    Io(String),
    /// This machine lacks memory, processes or file descriptors to run it, which says nothing
    /// about the tool. The preflight has no result then.
    #[error("{0}")]
    Shortage(String),
}

impl ToolFailure {
    /// Returns the failure of a command without a permission.
    pub fn not_permitted(command: &[String], missing: MissingPermission) -> Self {
        Self::Denied(missing.explain(&ForeignText::sentence(&command.join(" "))))
    }
}

/// The reason why a connection could not be opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum NetworkFailure {
    /// The host refuses to open it. The text is the reason.
    #[error("denied: {0}")]
    Denied(String),
    /// The host name has no address.
    #[error("no such host")]
    NotFound,
    /// The port is closed.
    #[error("connection refused")]
    Refused,
    /// It exceeded its time limit.
    #[error("out of time")]
    TimedOut,
    /// Another error of the operating system.
    #[error("{0}")]
    Io(String),
    /// This machine lacks memory, threads or file descriptors to open it. The preflight has no
    /// result then.
    #[error("{0}")]
    Shortage(String),
}

impl NetworkFailure {
    /// Returns the failure of an address without a permission.
    pub fn not_permitted(host: &str, port: u16, missing: MissingPermission) -> Self {
        let host = ForeignText::excerpt(host);
        let address = ForeignText::new(format!("{}:{port}", host.as_exact()));
        Self::Denied(missing.explain(&address))
    }
}

/// The side that is missing of a permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MissingPermission {
    /// The pack does not declare it, so it cannot be granted.
    Declaration,
    /// The pack declares it, and the operator did not grant it.
    Grant,
}

impl MissingPermission {
    /// Both sides, for callers that accept either.
    pub const ALL: [Self; 2] = [Self::Declaration, Self::Grant];

    /// Returns the missing side of a permission that is not granted.
    pub(crate) fn of(is_declared: bool) -> Self {
        if is_declared { Self::Grant } else { Self::Declaration }
    }

    fn explain(self, probe: &ForeignText) -> String {
        let probe = probe.as_exact();
        match self {
            Self::Declaration => format!("`{probe}` is not declared by the pack"),
            Self::Grant => {
                format!("`{probe}` is declared by the pack, but not granted by the operator")
            }
        }
    }
}
