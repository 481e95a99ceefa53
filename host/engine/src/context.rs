//! The state that all operations of an engine share.

use std::sync::Arc;

use env_pack_domain::{Call, ForeignText, HandlerFault};

use super::fair_share::CpuShare;
use super::limits::EngineLimits;
use super::log::LogSink;
use super::stack;

/// Limits, log and CPU share of an engine.
pub(super) struct EngineContext {
    pub limits: EngineLimits,
    pub log: LogSink,
    pub cpu_share: Arc<CpuShare>,
}

impl EngineContext {
    pub(crate) fn new(limits: EngineLimits, log: LogSink) -> Arc<Self> {
        Arc::new(Self { limits, log, cpu_share: Arc::default() })
    }

    /// Runs code of a guest with enough stack, so that it cannot overflow the host's.
    pub(crate) fn run_with_stack<T: Send>(
        &self,
        run: impl FnOnce() -> T + Send,
    ) -> Result<T, HandlerFault> {
        stack::run_with_stack(self.limits.stack_bytes, run).map_err(|error| HandlerFault::NotRun {
            call: Call::Instantiate,
            reason: ForeignText::new(format!("could not start a thread: {error}")),
        })
    }
}
