//! The sandbox: component bytes to handlers. The only crate that knows wasmtime.
//!
//! Imports are read from the binary before any code runs. Each operation runs in a fresh
//! store with all limits in force, so a trap in one does not affect another. This crate
//! knows neither archives, nor stored bindings, nor the terminal.
//!
//! From the bottom up: limits, errors and log; `complexity` and `interface`, which read
//! binaries; `probes`; `guest`; `wit`, with a folder per version; `worker` and the two
//! executors; `loader`.

mod answer;
mod bench;
mod compile;
mod compiled;
mod complexity;
mod config;
mod context;
mod debug_sections;
mod error;
mod executor;
mod fair_share;
mod guest;
mod handler;
mod handler_code;
mod in_process;
mod interface;
mod isolated;
mod limits;
mod loader;
mod log;
mod measurements;
mod permissions;
mod probes;
mod process_resources;
mod semaphore;
mod shortage;
mod stack;
mod ticker;
mod wasi;
mod wit;
pub mod worker;

pub use compiled::{CodeInventory, CompiledCode, CompiledCodeError, CompiledListing, StaleFile};
pub use complexity::ComplexityLimits;
pub use debug_sections::debug_section_bytes;
pub use error::LoadError;
pub use interface::{AcceptedVersions, InspectedInterface, inspect_interface};
pub use limits::EngineLimits;
pub use loader::{CompileNotice, Engine, EngineSettings, LoadedComponent, Provenance};
pub use log::{LogLevel, LogLine, LogSink};
pub use measurements::HandlerMeasurements;
pub use permissions::permissions_section;
pub use probes::backend::{ProbeBackend, ScriptedReplies};
pub use probes::recorder::{Interaction, PreflightRecording, RecordPreflight};
pub use probes::reply::{
    MissingPermission, NetworkFailure, NetworkReply, ToolFailure, ToolOutput, ToolReply,
};
pub use probes::tools::redact::{REDACTED, holds_credential, is_credential};
pub use probes::tools::runner::ToolEnvironment;
pub use worker::{CompileLimits, Worker};
