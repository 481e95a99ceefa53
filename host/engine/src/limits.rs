//! Resource limits of a handler. Every default is stated with its reason.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::complexity::limits::ComplexityLimits;
use super::worker::budget::CompileLimits;

/// Resource limits of one handler.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EngineLimits {
    /// Memory of all linear memories together, in bytes (256 MiB).
    pub memory_bytes: u64,
    /// Elements of all tables together (200,000).
    pub table_elements: u64,
    /// Core instances in one store (128).
    pub instances: usize,
    /// Linear memories in one store (16).
    pub memories: usize,
    /// Tables in one store (64).
    pub tables: usize,
    /// Resource handles, such as WASI streams, that a guest holds at a time (1,000).
    pub handles: usize,
    /// Stack, in bytes (512 KiB).
    pub stack_bytes: usize,
    /// Time for instantiation and the three metadata calls together (1 s).
    pub metadata_time: Duration,
    /// Time for one preflight, including its probes (30 s).
    pub preflight_time: Duration,
    /// Time for the preflight of a dry run, whose probes are all denied (1 s).
    pub dry_run_time: Duration,
    /// Time for one tool that a preflight runs (10 s).
    pub tool_time: Duration,
    /// Time for one connection that a preflight opens (5 s).
    pub connect_time: Duration,
    /// Tools and connections of one preflight together (32).
    pub probes: usize,
    /// Tools running at the same time, for all handlers together (16).
    pub concurrent_tools: usize,
    /// Host names being resolved at the same time, for all handlers together (32).
    pub concurrent_lookups: usize,
    /// Output of one tool, in bytes; a tool that prints more is killed (16 MiB).
    pub tool_output_bytes: u64,
    /// One text that a handler or a tool returns, in bytes (64 KiB).
    pub text_bytes: usize,
    /// Checks of one preflight (256).
    pub checks: usize,
    /// Log messages of one operation together, in bytes; the rest is dropped (64 KiB).
    pub log_bytes: usize,
    /// Data that one call may copy out of the guest, in bytes (8 MiB).
    pub copied_bytes: usize,
    /// Size and nesting of a component.
    pub complexity: ComplexityLimits,
    /// Cost of compiling a component.
    pub compile: CompileLimits,
}

impl EngineLimits {
    /// Returns the CPU time that compiling a component of this size may take.
    pub fn compile_time(&self, component_bytes: usize) -> Duration {
        Duration::from_secs(self.compile.budget(component_bytes).seconds)
    }
}

impl Default for EngineLimits {
    fn default() -> Self {
        const KIB: usize = 1 << 10;
        const MIB: usize = 1 << 20;
        Self {
            // a Python handler needs 60 MiB
            memory_bytes: 256 * MIB as u64,
            // a Python handler fills about 20,000
            table_elements: 200_000,
            // a Python handler has 38; a composed handler has one to four for each of its
            // components, and their adapters
            instances: 128,
            // a component has one, also one that componentize-py links of thirty modules
            memories: 16,
            tables: 64,
            // an ordinary guest holds three streams and a clock
            handles: 1_000,
            // wasmtime's documentation calls this generous
            stack_bytes: 512 * KIB,
            // metadata are constants; a Python handler returns them in 0.1 s
            metadata_time: Duration::from_secs(1),
            // preflights run tools that use the network
            preflight_time: Duration::from_secs(30),
            // a Python handler starts in a tenth of this
            dry_run_time: Duration::from_secs(1),
            // version and login checks of cloud tools take up to a few seconds
            tool_time: Duration::from_secs(10),
            connect_time: Duration::from_secs(5),
            // a handler of many tools needs a dozen; denied probes count too, because a guest
            // could repeat them without end
            probes: 32,
            // one for each preflight of a tool check, so that a tool that hangs keeps none of the
            // others waiting
            concurrent_tools: 16,
            // twice the preflights of a tool check, because the system resolver has no deadline: a
            // lookup may hold its thread for 30 s after its preflight went on
            concurrent_lookups: 32,
            // output beyond `text_bytes` is read and dropped, so that the tool does not block
            tool_output_bytes: 16 * MIB as u64,
            // a hundred screens of text
            text_bytes: 64 * KIB,
            checks: 256,
            log_bytes: 64 * KIB,
            // 256 checks with six texts at their limits would need 96 MiB; ordinary preflights
            // need less than a tenth of this
            copied_bytes: 8 * MIB,
            complexity: ComplexityLimits::default(),
            compile: CompileLimits::default(),
        }
    }
}
