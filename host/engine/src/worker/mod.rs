//! Disposable processes that compile external components and run untrusted guests.
//!
//! A compiler may fail on hostile input in any way, so it runs where it can damage
//! nothing. Its input and output are in-memory files, sealed before they are read. A
//! worker has no other files, no network and no environment variables; it ends when its
//! time or memory is used up, or when its parent ends. A worker that runs a guest also
//! has a channel to its parent. This module knows neither archives nor bindings.

pub(super) mod budget;
mod child;
mod confine;
mod host_channel;
mod ipc;
pub(super) mod launcher;
pub(super) mod messages;
mod print_wit;
pub(super) mod process;
mod process_limits;
pub mod protection;
pub mod protocol;
mod run_guest;
mod seccomp;

pub use budget::{CompileBudget, CompileLimits};
pub use child::run_if_worker;
pub use launcher::Worker;
pub use protection::{Protection, ProtectionEffect, ProtectionKind};
