//! What a handler may use up. Every limit is a named constant with its reason; an
//! embedder may change any of them.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{CompileLimits, ShapeLimits};

/// Caps on one handler.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Limits {
    /// Memory of all linear memories together, in bytes.
    pub memory_bytes: u64,
    /// Elements of all tables together.
    pub table_elements: u64,
    /// Core instances in one store.
    pub instances: usize,
    /// Linear memories in one store.
    pub memories: usize,
    /// Tables in one store.
    pub tables: usize,
    /// Handles of resources that a guest holds at a time: streams, clocks, what else WASI
    /// has.
    pub handles: usize,
    /// Stack, in bytes.
    pub stack_bytes: usize,
    /// Time for loading: instantiation and the three metadata calls together.
    pub metadata_time: Duration,
    /// Time for one preflight, with everything it asks of the host.
    pub preflight_time: Duration,
    /// Time for a preflight on trial, in which everything is refused: nothing is waited
    /// for.
    pub trial_time: Duration,
    /// Time for one program that a preflight runs.
    pub tool_time: Duration,
    /// Time for one connection that a preflight tries.
    pub reach_time: Duration,
    /// Programs and connections of one preflight together.
    pub probes: usize,
    /// Programs that run at a time, for all handlers together.
    pub tools_at_a_time: usize,
    /// Names that are looked up at a time, for all handlers together.
    pub lookups_at_a_time: usize,
    /// All that one program prints, in bytes; one that prints more is ended.
    pub printed_bytes: u64,
    /// One text that a handler or a program says, in bytes.
    pub text_bytes: usize,
    /// The checks of one preflight.
    pub checks: usize,
    /// All log messages of one operation together, in bytes; more is cut off.
    pub log_bytes: usize,
    /// What one call across the border may copy out of the guest, in bytes.
    pub copied_bytes: usize,
    /// How large and how nested a component may be.
    pub shape: ShapeLimits,
    /// What compiling a component may cost.
    pub compile: CompileLimits,
}

impl Default for Limits {
    fn default() -> Self {
        const KIB: usize = 1 << 10;
        const MIB: usize = 1 << 20;
        Self {
            // a Python handler settles at 60 MiB; four times that leaves room and still fits every
            // machine
            memory_bytes: 256 * MIB as u64,
            // a Python handler fills about 20,000
            table_elements: 200_000,
            // componentize-py links some thirty modules into one component
            instances: 128,
            memories: 16,
            tables: 64,
            // an honest guest holds its three streams and a clock
            handles: 1_000,
            // what wasmtime's own documentation calls generous
            stack_bytes: 512 * KIB,
            // metadata are constants; a Python handler needs 0.1 s to say them
            metadata_time: Duration::from_secs(1),
            // preflights ask tools that ask networks
            preflight_time: Duration::from_secs(30),
            // a Python handler comes up in a tenth of it
            trial_time: Duration::from_secs(1),
            // a tool that says nothing for this long says nothing more
            tool_time: Duration::from_secs(10),
            reach_time: Duration::from_secs(5),
            // a handler of many tools asks a dozen; a denied one counts too, or there would be no
            // end to asking
            probes: 32,
            tools_at_a_time: 4,
            // the system's resolver has no deadline: one that never answers keeps a thread of ours
            // for half a minute
            lookups_at_a_time: 8,
            // what is cut off is read all the same, so that a program which says too much still
            // comes to its end
            printed_bytes: 16 * MIB as u64,
            // a screenful is a hundredth of it
            text_bytes: 64 * KIB,
            checks: 256,
            log_bytes: 64 * KIB,
            // 256 checks of six texts at their caps would be 96 MiB; nobody honest comes near a
            // tenth of this
            copied_bytes: 8 * MIB,
            shape: ShapeLimits::default(),
            compile: CompileLimits::default(),
        }
    }
}
