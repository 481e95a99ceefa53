//! The source of replies to the probes of a recorded preflight: this machine or a script.
//!
//! A script replaces tools and network only. Permissions, limits and deadlines apply as
//! in any preflight.

use super::reply::{NetworkReply, ToolReply};

/// The source of replies to probes.
#[derive(Clone, Debug)]
pub enum ProbeBackend {
    /// Tools and network of this machine.
    Host,
    /// Prepared replies.
    Scripted(ScriptedReplies),
}

/// Prepared replies. A repeated probe gets the next reply of its list, and after the end
/// the last one again. Other tools are not found, and other hosts have no address.
#[derive(Clone, Debug, Default)]
pub struct ScriptedReplies {
    /// Replies to commands: the words of the command, and its list.
    pub tools: Vec<(Vec<String>, Vec<ToolReply>)>,
    /// Replies to connections: host and port, and its list.
    pub network: Vec<((String, u16), Vec<NetworkReply>)>,
}
