//! Shares out the file descriptors and the address space that this process may have
//! (`ulimit -n` and `ulimit -v`).

use rustix::process::{Resource, getrlimit};

use super::config::MEMORY_RESERVATION;

/// One in this many file descriptors may belong to mapped code, which leaves the others to
/// preflights that run tools.
const DESCRIPTORS_PER_MAPPING: u64 = 4;
/// The most handlers whose code stays mapped, because Linux allows a process 65,530 mappings,
/// and code takes about six.
const MAX_MAPPINGS: u64 = 4096;
/// File descriptors per tool: some nine while it starts, and those of its preflight.
const DESCRIPTORS_PER_TOOL: u64 = 12;
/// File descriptors per preflight: its code, and those that WASI and a connection take.
const DESCRIPTORS_PER_PREFLIGHT: u64 = 4;
/// Address space of the process without guests, in bytes.
const PROGRAM_ADDRESS_SPACE: u64 = 512 << 20;
/// Address space of a guest in addition to its memory, in bytes: guard pages, and the stack and
/// the allocator of its thread.
const GUEST_ADDRESS_SPACE: u64 = 192 << 20;

/// Returns how many handlers may keep their code mapped.
pub(super) fn max_mappings() -> usize {
    (descriptors() / DESCRIPTORS_PER_MAPPING).min(MAX_MAPPINGS) as usize
}

/// Returns how many tools may run at the same time.
pub(super) fn max_tools() -> usize {
    usize::try_from(descriptors() / DESCRIPTORS_PER_TOOL).unwrap_or(usize::MAX).max(1)
}

/// Returns how many preflights may run at the same time, with a memory of the usual size each.
pub(super) fn max_preflights() -> usize {
    let address_space = getrlimit(Resource::As).current.unwrap_or(u64::MAX);
    let by_address_space = address_space.saturating_sub(PROGRAM_ADDRESS_SPACE)
        / MEMORY_RESERVATION.saturating_add(GUEST_ADDRESS_SPACE);
    let preflights = by_address_space.min(descriptors() / DESCRIPTORS_PER_PREFLIGHT);
    usize::try_from(preflights).unwrap_or(usize::MAX).max(1)
}

fn descriptors() -> u64 {
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}
