//! The data of a store: everything the host knows about one operation of a guest.

use std::sync::Arc;
use std::time::{Duration, Instant};

use env_pack_domain::{BindingContext, Call, ForeignText, HandlerFault};
use wasmtime::UpdateDeadline;

use crate::context::EngineContext;
use crate::fair_share::Participant;
use crate::limits::EngineLimits;
use crate::log::{LogLevel, LogLine};
use crate::probes::reply::{
    MissingPermission, NetworkFailure, NetworkReply, ToolFailure, ToolReply,
};
use crate::probes::service::ProbeService;
use crate::wasi::state::Wasi;

/// The most that is reported of a guest's last message, in bytes.
const LAST_MESSAGE_BYTES: usize = 4 << 10;

/// The state of one operation of a guest.
pub(crate) struct Guest {
    context: Arc<EngineContext>,
    /// The name of the handler in the log.
    pub handler: ForeignText,
    /// The current call.
    pub call: Call,
    /// The binding of a preflight; `None` in metadata calls.
    pub binding: Option<BindingContext>,
    /// The time limit of the operation.
    time: Duration,
    pub deadline: Instant,
    /// Only if the component imports WASI.
    pub wasi: Option<Wasi>,
    /// The service that probes go to; `None` in metadata calls.
    pub probes: Option<Box<dyn ProbeService>>,
    pub(super) usage: Usage,
    log: GuestLog,
    participant: Participant,
}

/// The memory and tables of a guest.
#[derive(Default)]
pub(super) struct Usage {
    pub memory_bytes: u64,
    pub table_elements: u64,
    /// The last growth that was denied. A guest rarely survives that.
    pub denied: Option<DeniedGrowth>,
}

/// A growth that exceeds a limit.
#[derive(Clone, Copy)]
pub(super) enum DeniedGrowth {
    Memory,
    Tables,
}

#[derive(Default)]
struct GuestLog {
    bytes: usize,
    last_error: Option<String>,
}

impl Guest {
    /// Creates the state of an operation that begins now.
    pub(crate) fn new(
        context: &Arc<EngineContext>,
        handler: ForeignText,
        binding: Option<BindingContext>,
        wasi: bool,
        time: Duration,
    ) -> Self {
        Self {
            context: Arc::clone(context),
            handler,
            call: Call::Instantiate,
            binding,
            time,
            deadline: Instant::now() + time,
            wasi: wasi.then(|| Wasi::new(&context.limits)),
            probes: None,
            usage: Usage::default(),
            log: GuestLog::default(),
            participant: Participant::new(&context.cpu_share),
        }
    }

    pub(crate) fn limits(&self) -> &EngineLimits {
        &self.context.limits
    }

    /// Returns the peak size of its linear memories, in bytes. They never shrink.
    pub(crate) fn memory_bytes(&self) -> u64 {
        self.usage.memory_bytes
    }

    /// Runs a tool.
    pub(crate) fn run_tool(&mut self, tool: &str, args: &[String]) -> ToolReply {
        match &mut self.probes {
            Some(probes) => probes.tool(tool, args),
            None => {
                let command = [&[tool.to_owned()], args].concat();
                Err(ToolFailure::not_permitted(&command, MissingPermission::Grant))
            }
        }
    }

    /// Opens a connection and closes it.
    pub(crate) fn connect(&mut self, host: &str, port: u16) -> NetworkReply {
        match &mut self.probes {
            Some(probes) => probes.network(host, port),
            None => Err(NetworkFailure::not_permitted(host, port, MissingPermission::Grant)),
        }
    }

    /// Passes a log message on, and drops what exceeds the limit.
    pub(crate) fn log(&mut self, level: LogLevel, message: &str) {
        let room = self.limits().log_bytes.saturating_sub(self.log.bytes);
        let message = &message[..message.floor_char_boundary(room.min(message.len()))];
        if message.is_empty() {
            return;
        }
        self.log.bytes += message.len();
        if level == LogLevel::Error {
            self.log.last_error = Some(excerpt(message));
        }
        (self.context.log)(&LogLine {
            handler: self.handler.clone(),
            call: self.call,
            level,
            message: ForeignText::new(message),
        });
    }

    /// Returns its last error message, or the end of its standard error or output.
    pub(crate) fn last_message(&self) -> Option<ForeignText> {
        let printed = || self.wasi.as_ref().and_then(Wasi::printed);
        let error = self.log.last_error.clone();
        error.or_else(|| printed().as_deref().map(excerpt_tail)).map(ForeignText::new)
    }

    /// Handles an epoch that found the guest computing.
    pub(crate) fn on_epoch(&mut self) -> UpdateDeadline {
        self.participant.on_tick(self.deadline);
        if Instant::now() < self.deadline {
            UpdateDeadline::Continue(1)
        } else {
            UpdateDeadline::Interrupt
        }
    }

    /// Fails if the deadline has passed. The engine checks it only at loops and calls, so
    /// not between the end of a sleep and the end of a call.
    pub(crate) fn check_deadline(&self) -> Result<(), HandlerFault> {
        if Instant::now() <= self.deadline { Ok(()) } else { Err(self.out_of_time()) }
    }

    pub(crate) fn out_of_time(&self) -> HandlerFault {
        HandlerFault::OutOfTime { call: self.call, limit: self.time }
    }
}

fn excerpt(message: &str) -> String {
    let end = message.floor_char_boundary(LAST_MESSAGE_BYTES.min(message.len()));
    let ellipsis = if end < message.len() { "…" } else { "" };
    format!("{}{ellipsis}", &message[..end])
}

fn excerpt_tail(message: &str) -> String {
    let message = message.trim_end();
    let begin = message.ceil_char_boundary(message.len().saturating_sub(LAST_MESSAGE_BYTES));
    let ellipsis = if begin > 0 { "…" } else { "" };
    format!("{ellipsis}{}", &message[begin..])
}
