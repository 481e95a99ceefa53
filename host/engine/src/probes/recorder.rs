//! Records the probes of a preflight, and answers them if the backend is scripted.

use std::time::Duration;

use env_pack_domain::{BindingContext, EnvPackHandler, ForeignText, HandlerFault, ToolCheck};

use super::backend::ProbeBackend;
use super::reply::{NetworkFailure, NetworkReply, ToolFailure, ToolReply};
use super::service::{MAX_WORD_BYTES, MAX_WORDS};
use super::tools::output::redact_and_truncate;

/// A probe and its reply.
#[derive(Clone, Debug)]
pub enum Interaction {
    /// A request to run a tool.
    Tool {
        /// The tool and its arguments, shortened where no permission could allow them.
        command: Vec<String>,
        /// The reply that the handler received.
        reply: ToolReply,
    },
    /// A request to open a connection.
    Network {
        /// The host name, shortened where no permission could allow it.
        host: String,
        /// The port.
        port: u16,
        /// The reply that the handler received.
        reply: NetworkReply,
    },
}

/// The result of a recorded preflight.
#[derive(Debug)]
pub struct PreflightRecording {
    /// The checks, or the fault that ended the preflight.
    pub checks: Result<Vec<ToolCheck>, HandlerFault>,
    /// The probes until then, in order.
    pub interactions: Vec<Interaction>,
}

/// A handler whose preflight can be recorded.
pub trait RecordPreflight: EnvPackHandler {
    /// Runs the preflight against a backend and records its probes. `time` can only
    /// shorten the time limit.
    fn record_preflight(
        &self,
        binding: &BindingContext,
        backend: ProbeBackend,
        time: Duration,
    ) -> PreflightRecording;
}

/// Records the probes of one preflight, and answers them if the backend is scripted.
#[derive(Debug)]
pub(crate) struct ProbeRecorder {
    backend: ProbeBackend,
    interactions: Vec<Interaction>,
}

impl ProbeRecorder {
    pub(crate) fn new(backend: ProbeBackend) -> Self {
        Self { backend, interactions: Vec::new() }
    }

    /// Returns the scripted reply to a granted command, or `None` if the host replies.
    pub(crate) fn tool_reply(
        &self,
        tool: &str,
        args: &[String],
        text_bytes: usize,
    ) -> Option<ToolReply> {
        let ProbeBackend::Scripted(script) = &self.backend else { return None };
        let is_same = |command: &[String]| {
            command.split_first().is_some_and(|(first, rest)| first == tool && rest == args)
        };
        let previous = self.interactions.iter().filter(
            |previous| matches!(previous, Interaction::Tool { command, .. } if is_same(command)),
        );
        let replies = script.tools.iter().find(|(command, _)| is_same(command));
        let reply = replies.and_then(|(_, replies)| nth_reply(replies, previous.count()));
        let reply = reply.unwrap_or(Err(ToolFailure::NotFound));
        Some(reply.map(|output| redact_and_truncate(output, text_bytes)))
    }

    /// Returns the scripted reply to a granted connection, or `None` if the host replies.
    pub(crate) fn network_reply(&self, host: &str, port: u16) -> Option<NetworkReply> {
        let ProbeBackend::Scripted(script) = &self.backend else { return None };
        let is_same =
            |other: &str, other_port: u16| other_port == port && other.eq_ignore_ascii_case(host);
        let previous = self.interactions.iter().filter(|previous| {
            matches!(previous, Interaction::Network { host, port, .. } if is_same(host, *port))
        });
        let replies = script.network.iter().find(|((host, port), _)| is_same(host, *port));
        let reply = replies.and_then(|(_, replies)| nth_reply(replies, previous.count()));
        Some(reply.unwrap_or(Err(NetworkFailure::NotFound)))
    }

    pub(crate) fn record_tool(&mut self, tool: &str, args: &[String], reply: &ToolReply) {
        let words = std::iter::once(tool).chain(args.iter().map(String::as_str));
        let command = words.take(MAX_WORDS).map(shorten).collect();
        self.interactions.push(Interaction::Tool { command, reply: reply.clone() });
    }

    pub(crate) fn record_network(&mut self, host: &str, port: u16, reply: &NetworkReply) {
        let interaction = Interaction::Network { host: shorten(host), port, reply: reply.clone() };
        self.interactions.push(interaction);
    }

    pub(crate) fn into_interactions(self) -> Vec<Interaction> {
        self.interactions
    }
}

/// Returns the reply after this many previous ones, or the last one.
fn nth_reply<T: Clone>(replies: &[T], previous: usize) -> Option<T> {
    replies.get(previous).or(replies.last()).cloned()
}

fn shorten(word: &str) -> String {
    if word.len() > MAX_WORD_BYTES {
        ForeignText::excerpt(word).as_exact().to_owned()
    } else {
        word.to_owned()
    }
}
