//! One operation of one guest: what it may use, what it has used, and what it said.

use std::sync::Arc;
use std::time::Instant;

use env_pack_domain::{BindingContext, Call, ForeignText, HandlerFault, Permissions, Probe};
use wasmtime::{ResourceLimiter, Store, Trap};

use super::wasi::Wasi;
use super::{Limits, LogLine, Shared, network, tools};

/// The data of a store: everything the host knows about the operation that runs in it.
pub(super) struct Guest {
    pub shared: Arc<Shared>,
    /// What it is called in the log.
    pub handler: ForeignText,
    /// The call that runs now.
    pub call: Call,
    /// The binding a preflight runs for; nothing for metadata calls.
    pub binding: Option<BindingContext>,
    /// When the operation is out of time.
    pub deadline: Instant,
    pub wasi: Option<Wasi>,
    usage: Usage,
    log: Log,
    probes: Vec<Probe>,
}

#[derive(Default)]
struct Usage {
    memory_bytes: u64,
    table_elements: u64,
    /// Whether the guest was refused memory, which it will not survive.
    refused: bool,
}

#[derive(Default)]
struct Log {
    bytes: usize,
    last_error: Option<String>,
}

/// How much of its last words is reported when a guest traps, in bytes.
const LAST_WORDS_BYTES: usize = 4 << 10;

impl Guest {
    pub fn new(shared: &Arc<Shared>, handler: ForeignText, binding: Option<BindingContext>, wasi: bool) -> Self {
        let limits = &shared.limits;
        let time = if binding.is_some() { limits.preflight_time } else { limits.metadata_time };
        Self {
            shared: Arc::clone(shared),
            handler,
            call: Call::Instantiate,
            binding,
            deadline: Instant::now() + time,
            wasi: wasi.then(|| Wasi::new(limits)),
            usage: Usage::default(),
            log: Log::default(),
            probes: Vec::new(),
        }
    }

    /// What it asked of the host.
    pub fn into_probes(self) -> Vec<Probe> {
        self.probes
    }

    /// Runs a program for the guest.
    pub fn probe_tool(&mut self, tool: &str, args: &[String]) -> Result<tools::Output, tools::Failure> {
        let shared = Arc::clone(&self.shared);
        let command = std::iter::once(tool).chain(args.iter().map(String::as_str));
        let asked = ForeignText::sentence(&command.collect::<Vec<_>>().join(" "));
        let (grants, deadline) = self.turn().map_err(tools::Failure::Denied)?;
        let probe = tools::Probe { grants: &grants, tool, args, deadline, limits: &shared.limits };
        let mut program = None;
        let result = shared.tools.probe(&probe, &mut program);
        let outcome = match &result {
            Ok(output) => format!("exit code {}", output.exit_code),
            Err(failure) => failure.to_string(),
        };
        let program = program.map(|path| ForeignText::new(path.to_string_lossy()));
        self.probes.push(Probe { asked, program, outcome: ForeignText::sentence(&outcome) });
        result
    }

    /// Opens a connection for the guest.
    pub fn reach_address(&mut self, host: &str, port: u16) -> Result<(), network::Failure> {
        let shared = Arc::clone(&self.shared);
        let (grants, deadline) = self.turn().map_err(network::Failure::Denied)?;
        let result = network::reach(&grants, host, port, deadline, &shared.limits);
        let outcome = result.as_ref().map_or_else(ToString::to_string, |()| "connected".to_owned());
        let asked = ForeignText::sentence(&format!("{host}:{port}"));
        self.probes.push(Probe { asked, program: None, outcome: ForeignText::sentence(&outcome) });
        result
    }

    /// What the guest may ask of the host once more, and until when; or why it may not.
    fn turn(&self) -> Result<(Permissions, Instant), String> {
        let limit = self.limits().probes;
        let grants = self.binding.as_ref().map(|binding| binding.grants.clone()).unwrap_or_default();
        match self.probes.len() < limit {
            true => Ok((grants, self.deadline)),
            false => Err(format!("a preflight may run programs and try connections {limit} times, not more")),
        }
    }

    fn limits(&self) -> &Limits {
        &self.shared.limits
    }

    /// Takes a log message, as far as there is room for it.
    pub fn log(&mut self, level: super::Level, message: &str) {
        let room = self.limits().log_bytes.saturating_sub(self.log.bytes);
        let message = &message[..message.floor_char_boundary(room.min(message.len()))];
        if message.is_empty() {
            return;
        }
        self.log.bytes += message.len();
        if level == super::Level::Error {
            self.log.last_error = Some(excerpt(message));
        }
        let (handler, message) = (self.handler.clone(), ForeignText::new(message));
        (self.shared.log)(&LogLine { handler, call: self.call, level, message });
    }

    /// What the guest said last: its last error message, or the end of its error output.
    fn last_words(&self) -> Option<ForeignText> {
        let printed = || self.wasi.as_ref().and_then(Wasi::printed);
        self.log.last_error.clone().or_else(|| printed().as_deref().map(excerpt_tail)).map(ForeignText::new)
    }

    /// Turns an error of the engine into a fault that says what the guest did.
    pub fn fault(&self, error: &wasmtime::Error) -> HandlerFault {
        let call = self.call;
        let limits = self.limits();
        if let Some(forbidden) = error.downcast_ref::<Forbidden>() {
            return HandlerFault::ForbiddenImport { call, import: forbidden.0 };
        }
        if self.usage.refused {
            return HandlerFault::OutOfMemory { call, limit_bytes: limits.memory_bytes };
        }
        if self.wasi.as_ref().is_some_and(Wasi::is_full) {
            let what = format!("more than {} bytes on standard output or error", limits.log_bytes);
            return HandlerFault::TooMuchOutput { call, what };
        }
        match error.downcast_ref::<Trap>() {
            Some(Trap::Interrupt) => {
                let limit = if self.binding.is_some() { limits.preflight_time } else { limits.metadata_time };
                HandlerFault::OutOfTime { call, limit }
            }
            Some(trap) => {
                let reason = ForeignText::new(trap.to_string());
                HandlerFault::Trapped { call, reason, message: self.last_words() }
            }
            None => self.other_fault(error),
        }
    }

    /// Errors that the engine has no type for.
    fn other_fault(&self, error: &wasmtime::Error) -> HandlerFault {
        let call = self.call;
        let text = error.root_cause().to_string();
        // the type of this error is private to the engine
        if text.contains("fuel allocated for hostcalls") {
            let what = format!("more than {} bytes in one call", self.limits().copied_bytes);
            return HandlerFault::TooMuchOutput { call, what };
        }
        HandlerFault::Trapped { call, reason: ForeignText::sentence(&text), message: self.last_words() }
    }
}

impl ResourceLimiter for Guest {
    fn memory_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        let wanted = self.usage.memory_bytes + (desired - current) as u64;
        let allowed = wanted <= self.limits().memory_bytes;
        match allowed {
            true => self.usage.memory_bytes = wanted,
            false => self.usage.refused = true,
        }
        Ok(allowed)
    }

    fn table_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        let wanted = self.usage.table_elements + (desired - current) as u64;
        let allowed = wanted <= self.limits().table_elements;
        match allowed {
            true => self.usage.table_elements = wanted,
            false => self.usage.refused = true,
        }
        Ok(allowed)
    }

    fn instances(&self) -> usize {
        self.limits().instances
    }

    fn tables(&self) -> usize {
        self.limits().tables
    }

    fn memories(&self) -> usize {
        self.limits().memories
    }
}

/// A store for one operation, with every limit in force before anything of the guest runs.
pub(super) fn store(engine: &wasmtime::Engine, guest: Guest) -> Store<Guest> {
    let ticks = super::ticker::ticks_until(guest.deadline);
    let copied_bytes = guest.limits().copied_bytes;
    let mut store = Store::new(engine, guest);
    store.limiter(|guest| guest);
    store.set_epoch_deadline(ticks);
    store.epoch_deadline_trap();
    store.set_hostcall_fuel(copied_bytes);
    store
}

/// An import used where it may not be.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` may only be called from `preflight`")]
pub(super) struct Forbidden(pub &'static str);

fn excerpt(message: &str) -> String {
    message[..message.floor_char_boundary(LAST_WORDS_BYTES.min(message.len()))].to_owned()
}

fn excerpt_tail(message: &str) -> String {
    let message = message.trim_end();
    message[message.ceil_char_boundary(message.len().saturating_sub(LAST_WORDS_BYTES))..].to_owned()
}
