//! The worker's channel to its host, which carries log messages, probes and the result.

use std::sync::{Arc, Mutex, PoisonError};

use serde::de::DeserializeOwned;

use super::ipc::Channel;
use super::messages::{HostCall, WorkerMessage};
use crate::probes::reply::{NetworkFailure, NetworkReply, ToolFailure, ToolReply};
use crate::probes::service::{MAX_WORDS, ProbeService, cut_oversized, limit_reached};

/// A channel that the guest and its log share.
#[derive(Clone, Debug)]
pub(crate) struct HostChannel {
    channel: Arc<Mutex<Channel>>,
    /// The most probes that the host accepts.
    max_probes: usize,
    probes: usize,
}

impl HostChannel {
    pub(super) fn new(channel: Channel, max_probes: usize) -> Self {
        Self { channel: Arc::new(Mutex::new(channel)), max_probes, probes: 0 }
    }

    /// Sends a message that has no reply.
    pub(super) fn send(&self, message: &WorkerMessage) {
        // fails only when the host has ended, and then the kernel kills this process too
        let _ = self.channel.lock().unwrap_or_else(PoisonError::into_inner).send(message, None);
    }

    /// Makes a host call, and waits for its answer.
    fn call<T, E>(
        &mut self,
        call: HostCall,
        denied: fn(String) -> E,
        failed: fn(String) -> E,
    ) -> Result<T, E>
    where
        Result<T, E>: DeserializeOwned,
    {
        if self.probes >= self.max_probes {
            return Err(denied(limit_reached(self.max_probes)));
        }
        self.probes += 1;
        let mut channel = self.channel.lock().unwrap_or_else(PoisonError::into_inner);
        let reply =
            channel.send(&WorkerMessage::HostCall(call), None).and_then(|()| channel.receive(None));
        reply.unwrap_or_else(|error| Err(failed(error.to_string())))
    }
}

impl ProbeService for HostChannel {
    fn tool(&mut self, tool: &str, args: &[String]) -> ToolReply {
        let args = args.iter().take(MAX_WORDS).map(|arg| cut_oversized(arg).to_owned()).collect();
        let call = HostCall::Tool { tool: cut_oversized(tool).to_owned(), args };
        self.call(call, ToolFailure::Denied, ToolFailure::Io)
    }

    fn network(&mut self, host: &str, port: u16) -> NetworkReply {
        let call = HostCall::Network { host: cut_oversized(host).to_owned(), port };
        self.call(call, NetworkFailure::Denied, NetworkFailure::Io)
    }
}
