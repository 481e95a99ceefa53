//! The service that a guest's probes go to.

use super::reply::{NetworkReply, ToolReply};

/// The longest word of a command that a permission can allow, in bytes.
pub(crate) const MAX_WORD_BYTES: usize = 1 << 10;
/// More words than a command of any permission has.
pub(crate) const MAX_WORDS: usize = 33;

/// Answers the probes of one preflight.
pub(crate) trait ProbeService: Send {
    /// Runs a tool.
    fn tool(&mut self, tool: &str, args: &[String]) -> ToolReply;

    /// Opens a connection and closes it.
    fn network(&mut self, host: &str, port: u16) -> NetworkReply;
}

/// Returns the reason that a guest gets after its last permitted probe.
pub(crate) fn limit_reached(limit: usize) -> String {
    format!("a preflight may run tools and open connections at most {limit} times")
}

/// Cuts a word so that it can be sent to the host. It remains too long for every
/// permission.
pub(crate) fn cut_oversized(word: &str) -> &str {
    &word[..word.floor_char_boundary(word.len().min(2 * MAX_WORD_BYTES))]
}
