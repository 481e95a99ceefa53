//! The resource limits of a worker process, which the kernel enforces.

use std::io;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::budget::CompileBudget;
use crate::config::MEMORY_RESERVATION;
use crate::limits::EngineLimits;

/// File descriptors of a compiler: standard input, output and error.
const COMPILER_FILES: u64 = 3;
/// File descriptors of a guest: in addition, its mapped code and the WASI runtime.
const GUEST_FILES: u64 = 16;
/// Address space that the allocator reserves for each thread, in bytes.
const ADDRESS_SPACE_PER_THREAD: u64 = 160 << 20;
/// Address space of the program itself, in bytes.
const PROGRAM_ADDRESS_SPACE: u64 = 256 << 20;
/// Memory that the program itself writes to when it runs a guest, in bytes.
const PROGRAM_MEMORY: u64 = 64 << 20;
/// Memory that each of its threads writes to, in bytes.
const MEMORY_PER_THREAD: u64 = 4 << 20;
/// Memory of one table element, in bytes.
const TABLE_ELEMENT_BYTES: u64 = 16;
/// Copies of what a guest returns: its own, the parsed message and the encoded message.
const MESSAGE_COPIES: u64 = 10;
/// CPU time to start the program and map the code, in seconds.
const STARTUP_SECONDS: u64 = 10;
/// Error output of a worker that runs a guest, in bytes.
const STDERR_BYTES: u64 = 64 << 10;

/// The limits of one worker.
pub(super) struct ProcessLimits {
    /// CPU time, in seconds.
    seconds: u64,
    /// Private writable memory, in bytes.
    memory_bytes: u64,
    /// Address space, in bytes.
    address_space: u64,
    /// The largest file it can write, in bytes.
    written_bytes: u64,
    /// Open file descriptors.
    files: u64,
}

impl ProcessLimits {
    /// Returns the limits of a compiler.
    pub(super) fn for_compiler(budget: &CompileBudget) -> Self {
        let reserved = PROGRAM_ADDRESS_SPACE
            .saturating_add(ADDRESS_SPACE_PER_THREAD.saturating_mul(max_threads()));
        Self {
            seconds: budget.seconds,
            memory_bytes: budget.memory_bytes,
            address_space: budget.memory_bytes.saturating_add(reserved),
            written_bytes: budget.code_bytes,
            files: COMPILER_FILES,
        }
    }

    /// Returns the limits of a guest. The guest reaches its [`EngineLimits`] first.
    pub(super) fn for_guest(limits: &EngineLimits, code_bytes: u64, time: Duration) -> Self {
        let tables = limits.table_elements.saturating_mul(TABLE_ELEMENT_BYTES);
        let messages = (limits.copied_bytes as u64).saturating_mul(MESSAGE_COPIES);
        let threads = MEMORY_PER_THREAD.saturating_mul(max_threads());
        // while a memory moves, it exists twice
        let is_moved = limits.memory_bytes > MEMORY_RESERVATION;
        let moved = if is_moved { limits.memory_bytes } else { 0 };
        let memory_bytes = [moved, tables, messages, PROGRAM_MEMORY, threads, code_bytes]
            .into_iter()
            .fold(limits.memory_bytes, u64::saturating_add);
        Self {
            seconds: time.as_secs().saturating_add(STARTUP_SECONDS),
            memory_bytes,
            // a memory that is only reserved costs nothing
            address_space: u64::MAX,
            written_bytes: STDERR_BYTES,
            files: GUEST_FILES,
        }
    }

    /// Returns true if this process may have less memory than the limits allow. Its workers
    /// inherit that.
    pub(super) fn exceeds_this_process(&self) -> bool {
        [(Resource::Data, self.memory_bytes), (Resource::As, self.address_space)]
            .into_iter()
            .any(|(resource, limit)| getrlimit(resource).maximum.is_some_and(|own| own < limit))
    }

    /// Returns true if this process may write only smaller files than the limits allow. Its
    /// workers inherit that.
    pub(super) fn file_size_exceeds_this_process(&self) -> bool {
        getrlimit(Resource::Fsize).maximum.is_some_and(|own| own < self.written_bytes)
    }

    /// Applies the limits to this process.
    pub(super) fn apply(&self) -> io::Result<()> {
        let limits = [
            (Resource::Cpu, self.seconds),
            (Resource::Data, self.memory_bytes),
            (Resource::As, self.address_space),
            (Resource::Fsize, self.written_bytes),
            (Resource::Core, 0),
            (Resource::Nofile, self.files),
        ];
        for (resource, limit) in limits {
            // at the soft limit of CPU time the kernel sends SIGXCPU, which the parent
            // recognises
            let hard =
                if matches!(resource, Resource::Cpu) { limit.saturating_add(1) } else { limit };
            // only root could raise a limit that is lower already
            let current_maximum = getrlimit(resource).maximum.unwrap_or(u64::MAX);
            let lower =
                |limit: u64| Some(limit.min(current_maximum)).filter(|limit| *limit != u64::MAX);
            setrlimit(resource, Rlimit { current: lower(limit), maximum: lower(hard) })?;
        }
        Ok(())
    }
}

fn max_threads() -> u64 {
    std::thread::available_parallelism().map_or(1, |threads| threads.get() as u64 + 1)
}
