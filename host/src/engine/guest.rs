//! One operation of one guest: what it may use, what it has used, and what it said.

use std::sync::Arc;
use std::time::{Duration, Instant};

use env_pack_domain::{BindingContext, Call, ForeignText, HandlerFault};
use wasmtime::component::ResourceTableError;
use wasmtime::{ResourceLimiter, Store, Trap, UpdateDeadline};

use super::crowd::Member;
use super::desk::Desk;
use super::wasi::Wasi;
use super::worker::HostLine;
use super::world::{NetworkReply, ToolReply};
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
    /// The time it had when it began.
    time: Duration,
    /// When the operation is out of time.
    pub deadline: Instant,
    pub wasi: Option<Wasi>,
    /// Who hears what a preflight asks.
    pub questions: Questions,
    usage: Usage,
    log: Log,
    member: Member,
}

/// Who hears what a preflight asks.
pub(super) enum Questions {
    /// Nobody: metadata calls have nothing to ask.
    Unheard,
    /// The host, in this process.
    Desk(Desk),
    /// The host, which is another process.
    Host(HostLine),
}

impl Questions {
    /// Has a program run.
    pub fn tool(&mut self, tool: &str, args: &[String]) -> ToolReply {
        match self {
            Self::Unheard => Err(tools::Failure::not_granted(&[&[tool.to_owned()], args].concat())),
            Self::Desk(desk) => desk.tool(tool, args),
            Self::Host(host) => host.tool(tool, args),
        }
    }

    /// Has a connection opened.
    pub fn network(&mut self, host: &str, port: u16) -> NetworkReply {
        match self {
            Self::Unheard => Err(network::Failure::not_granted(host, port)),
            Self::Desk(desk) => desk.network(host, port),
            Self::Host(line) => line.network(host, port),
        }
    }
}

#[derive(Default)]
struct Usage {
    memory_bytes: u64,
    table_elements: u64,
    /// What the guest was refused last, which it will hardly survive.
    refused: Option<Refused>,
}

#[derive(Clone, Copy)]
enum Refused {
    Memory,
    Tables,
}

#[derive(Default)]
struct Log {
    bytes: usize,
    last_error: Option<String>,
}

/// How much of its last words is reported when a guest traps, in bytes.
const LAST_WORDS_BYTES: usize = 4 << 10;

impl Guest {
    /// A guest that has this much time.
    pub fn new(
        shared: &Arc<Shared>,
        handler: ForeignText,
        binding: Option<BindingContext>,
        wasi: bool,
        time: Duration,
    ) -> Self {
        let limits = &shared.limits;
        Self {
            shared: Arc::clone(shared),
            handler,
            call: Call::Instantiate,
            binding,
            time,
            deadline: Instant::now() + time,
            wasi: wasi.then(|| Wasi::new(limits)),
            questions: Questions::Unheard,
            usage: Usage::default(),
            log: Log::default(),
            member: Member::new(&shared.crowd),
        }
    }

    /// The most memory that it had, in bytes: it never gives any back.
    pub fn memory_bytes(&self) -> u64 {
        self.usage.memory_bytes
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
        self.log
            .last_error
            .clone()
            .or_else(|| printed().as_deref().map(excerpt_tail))
            .map(ForeignText::new)
    }

    /// Turns an error of the engine into a fault that says what the guest did.
    pub fn fault(&self, error: &wasmtime::Error) -> HandlerFault {
        let call = self.call;
        let limits = self.limits();
        if let Some(forbidden) = error.downcast_ref::<Forbidden>() {
            return HandlerFault::ForbiddenImport { call, import: ForeignText::new(forbidden.0) };
        }
        if let (Some(refused), false) = (self.usage.refused, is_interrupt(error)) {
            return match refused {
                Refused::Memory => {
                    HandlerFault::OutOfMemory { call, limit_bytes: limits.memory_bytes }
                }
                Refused::Tables => {
                    let what = format!("more than {} table elements", limits.table_elements);
                    HandlerFault::TooMany { call, what: ForeignText::new(what) }
                }
            };
        }
        if self.wasi.as_ref().is_some_and(Wasi::is_full) {
            let what = format!("more than {} bytes on standard output or error", limits.log_bytes);
            return HandlerFault::TooMuchOutput { call, what: ForeignText::new(what) };
        }
        match error.downcast_ref::<Trap>() {
            Some(_) if is_interrupt(error) => self.out_of_time(),
            Some(trap) => {
                let reason = ForeignText::new(trap.to_string());
                HandlerFault::Trapped { call, reason, message: self.last_words() }
            }
            None => self.other_fault(error),
        }
    }

    /// What becomes of a guest that the clock found computing.
    fn tick(&mut self) -> UpdateDeadline {
        self.member.tick(self.deadline);
        match Instant::now() < self.deadline {
            true => UpdateDeadline::Continue(1),
            false => UpdateDeadline::Interrupt,
        }
    }

    fn out_of_time(&self) -> HandlerFault {
        HandlerFault::OutOfTime { call: self.call, limit: self.time }
    }

    /// Whether the guest came back before its deadline. The engine looks at the time only
    /// where a guest loops or calls, and so not between the end of a sleep and the
    /// end of a call.
    pub fn still_in_time(&self) -> Result<(), HandlerFault> {
        if Instant::now() <= self.deadline { Ok(()) } else { Err(self.out_of_time()) }
    }

    /// Errors that the engine has no type for.
    fn other_fault(&self, error: &wasmtime::Error) -> HandlerFault {
        let call = self.call;
        if let Some(code) = super::wasi::exit_code(error) {
            return HandlerFault::Exited { call, code, message: self.last_words() };
        }
        let text = error.root_cause().to_string();
        // the type of this error is private to the engine
        if text.contains("fuel allocated for hostcalls") {
            let what = format!("more than {} bytes in one call", self.limits().copied_bytes);
            return HandlerFault::TooMuchOutput { call, what: ForeignText::new(what) };
        }
        if let Some(what) = self.too_many(error, &text) {
            return HandlerFault::TooMany { call, what: ForeignText::new(what) };
        }
        HandlerFault::Trapped {
            call,
            reason: ForeignText::sentence(&text),
            message: self.last_words(),
        }
    }
}

impl Guest {
    /// What it wanted too much of, if that is what ended it. The engine has a sentence of
    /// its own for each of them.
    fn too_many(&self, error: &wasmtime::Error, text: &str) -> Option<String> {
        let limits = self.limits();
        let full = matches!(error.downcast_ref(), Some(ResourceTableError::Full));
        let (limit, what) = match text.strip_prefix("resource limit exceeded: ") {
            Some(rest) if rest.starts_with("instance") => (limits.instances, "instances"),
            Some(rest) if rest.starts_with("memory") => (limits.memories, "memories"),
            Some(rest) if rest.starts_with("table") => (limits.tables, "tables"),
            _ if full || text.contains("store handle limit exceeded") => {
                (limits.handles, "handles")
            }
            _ => return None,
        };
        Some(format!("more than {limit} {what}"))
    }
}

impl ResourceLimiter for Guest {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let limit = self.limits().memory_bytes;
        let usage = &mut self.usage;
        let granted = grow(&mut usage.memory_bytes, current, desired, maximum, limit);
        if granted == Growth::OverLimit {
            usage.refused = Some(Refused::Memory);
        }
        Ok(granted == Growth::Granted)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let limit = self.limits().table_elements;
        let usage = &mut self.usage;
        let granted = grow(&mut usage.table_elements, current, desired, maximum, limit);
        if granted == Growth::OverLimit {
            usage.refused = Some(Refused::Tables);
        }
        Ok(granted == Growth::Granted)
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

#[derive(PartialEq)]
enum Growth {
    Granted,
    /// More than the guest's own declaration: nothing changes, and nothing is used up.
    OverDeclared,
    OverLimit,
}

/// Adds a growth to what is used of all memories, or of all tables, together.
fn grow(
    used: &mut u64,
    current: usize,
    desired: usize,
    declared: Option<usize>,
    limit: u64,
) -> Growth {
    if current > 0 && declared.is_some_and(|declared| desired > declared) {
        return Growth::OverDeclared;
    }
    let wanted = used.saturating_add(desired.saturating_sub(current) as u64);
    if wanted > limit {
        return Growth::OverLimit;
    }
    *used = wanted;
    Growth::Granted
}

/// A store for one operation, with every limit in force before anything of the guest
/// runs.
pub(super) fn store(engine: &wasmtime::Engine, guest: Guest) -> Store<Guest> {
    let (copied_bytes, handles) = (guest.limits().copied_bytes, guest.limits().handles);
    let mut store = Store::new(engine, guest);
    store.limiter(|guest| guest);
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(|mut store| Ok(store.data_mut().tick()));
    store.set_hostcall_fuel(copied_bytes);
    store.set_max_component_handles(handles);
    store
}

/// An import used where it may not be.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` may only be called from `preflight`")]
pub(super) struct Forbidden(pub &'static str);

/// Whether it is the deadline that ended a guest, whatever else happened to it before.
fn is_interrupt(error: &wasmtime::Error) -> bool {
    matches!(error.downcast_ref(), Some(Trap::Interrupt))
}

fn excerpt(message: &str) -> String {
    let end = message.floor_char_boundary(LAST_WORDS_BYTES.min(message.len()));
    let cut = if end < message.len() { "…" } else { "" };
    format!("{}{cut}", &message[..end])
}

fn excerpt_tail(message: &str) -> String {
    let message = message.trim_end();
    let begin = message.ceil_char_boundary(message.len().saturating_sub(LAST_WORDS_BYTES));
    let cut = if begin > 0 { "…" } else { "" };
    format!("{cut}{}", &message[begin..])
}
