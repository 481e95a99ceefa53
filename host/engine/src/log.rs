//! Log messages of guests.

use env_pack_domain::{Call, ForeignText};
use serde::{Deserialize, Serialize};

/// The severity of a log message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum LogLevel {
    /// Step-by-step detail.
    Trace,
    /// Detail for debugging.
    Debug,
    /// General information.
    Info,
    /// An unexpected condition.
    Warn,
    /// A failure.
    Error,
}

/// A log message of a guest.
#[derive(Clone, Debug)]
pub struct LogLine {
    /// The descriptor path of the handler, or the digest of its component until the path
    /// is known.
    pub handler: ForeignText,
    /// The call that sent it.
    pub call: Call,
    /// The severity.
    pub level: LogLevel,
    /// The text.
    pub message: ForeignText,
}

/// Receives the log messages of all guests.
pub type LogSink = Box<dyn Fn(&LogLine) + Send + Sync>;
