//! The sandbox: component bytes to a handler. The only room that knows wasmtime.
//!
//! Imports are read from the binary before any code runs. Each operation gets a store of
//! its own with every limit in force, so a guest that traps poisons nothing. This room
//! knows no archives, no bindings on disk and no terminal.

mod apart;
mod bench;
mod compiled;
mod crowd;
mod debug;
mod desk;
mod error;
mod guest;
mod handler;
mod imports;
mod lane;
mod lane_0_1;
mod limits;
mod network;
mod permissions;
mod shape;
mod stack;
mod ticker;
mod tools;
mod turnstile;
mod wasi;
pub mod worker;
mod world;

use std::fs::File;
use std::io::Seek as _;
use std::os::fd::AsRawFd as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use env_pack_domain::{Call, ForeignText, Sha256Digest};
use serde::{Deserialize, Serialize};
use wasmtime::component::{Component, Linker};
use wasmtime::{Config, OptLevel, Precompiled, WasmFeatures};

use apart::Apart;
use compiled::CompiledStore;
use crowd::Crowd;
use desk::Machine;
use guest::Guest;
use handler::{Handler, Here, Place};
use imports::Outside;
pub use imports::Seen;
use network::Network;
use ticker::Ticker;
use tools::Tools;
use worker::Protection;

pub use bench::Times;
pub use compiled::{CodeFault, CompiledCode, CompiledListing, KeptCode, StaleFile};
pub use debug::debug_bytes;
pub use error::LoadError;
pub use limits::Limits;
pub use network::Failure as NetworkFailure;
pub use permissions::{PERMISSIONS_SECTION, permissions_section};
pub use shape::ShapeLimits;
pub use tools::{Failure as ToolFailure, Output as ToolOutput, ToolEnvironment};
pub use worker::{CompileLimits, Worker};
pub use world::{Exchange, Rehearsal, Rehearse, Script, World};

/// How much a log message matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Level {
    /// Step-by-step detail.
    Trace,
    /// Detail for someone looking for a fault.
    Debug,
    /// Worth knowing.
    Info,
    /// Something is not as it should be.
    Warn,
    /// Something failed.
    Error,
}

/// A message from a guest.
#[derive(Clone, Debug)]
pub struct LogLine {
    /// The handler: its path, or the digest of its component as long as it has not said
    /// its path.
    pub handler: ForeignText,
    /// The call it was sent from.
    pub call: Call,
    /// How much it matters.
    pub level: Level,
    /// What it says.
    pub message: ForeignText,
}

/// Where the messages of guests go.
pub type LogSink = Box<dyn Fn(&LogLine) + Send + Sync>;

/// Told before a component is compiled, which may take seconds: the size of the
/// component, in bytes. What it gives back lives until the component is compiled, or
/// cannot be.
pub type CompileNotice = Box<dyn Fn(usize) -> Box<dyn Send> + Send + Sync>;

/// What an engine is built from.
pub struct Settings {
    /// What a handler may use up.
    pub limits: Limits,
    /// Where compiled code is kept; nowhere, and every process compiles anew.
    pub compiled: Option<PathBuf>,
    /// Where foreign components are compiled, and run as long as nobody decided to trust
    /// them.
    pub worker: Worker,
    /// What programs run in.
    pub tools: ToolEnvironment,
    /// Whether no connection is opened, whatever was granted. Programs are not run then
    /// either, but to say their versions: what they do beyond that is theirs.
    pub offline: bool,
    /// Where the messages of guests go.
    pub log: LogSink,
    /// Told of every compilation.
    pub compiling: CompileNotice,
}

/// What the compiler may take of a stack, in bytes: what a thread has by default.
const COMPILER_STACK_BYTES: usize = 2 << 20;

/// Who vouches for a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// This program, which it is a part of.
    Builtin,
    /// Nobody.
    Foreign,
}

/// What every operation of an engine shares.
struct Shared {
    limits: Limits,
    log: LogSink,
    crowd: Arc<Crowd>,
}

/// Turns components into handlers.
pub struct Engine {
    wasmtime: wasmtime::Engine,
    /// For guests that import nothing but our interfaces, and for those that import WASI
    /// too.
    linkers: [Linker<Guest>; 2],
    ticker: Ticker,
    compiled: Option<CompiledStore>,
    worker: Worker,
    compiling: CompileNotice,
    shared: Arc<Shared>,
    machine: Arc<Machine>,
}

/// A component that became a handler.
#[derive(Debug)]
pub struct Loaded {
    /// The handler.
    pub handler: Box<dyn Rehearse>,
    /// What its component imports, in its own order: all it can ever ask for.
    pub imports: Vec<ForeignText>,
}

impl Engine {
    /// Builds an engine.
    ///
    /// # Panics
    /// When the settings contradict each other, which is a bug of this room.
    pub fn new(settings: Settings) -> Self {
        let Settings { limits, compiled, worker, tools, offline, log, compiling } = settings;
        let wasmtime = wasmtime::Engine::new(&config(&limits))
            .expect("a configuration without contradictions");
        let linkers = [false, true]
            .map(|wasi| lane::linker(&wasmtime, wasi).expect("each interface is linked once"));
        Self {
            wasmtime,
            linkers,
            ticker: Ticker::default(),
            compiled: compiled.map(CompiledStore::new),
            machine: Arc::new(Machine {
                tools: Tools::new(tools, worker.program(), limits.tools_at_a_time),
                network: Network::new(limits.lookups_at_a_time, offline),
                offline,
            }),
            shared: Arc::new(Shared { limits, log, crowd: Arc::default() }),
            worker,
            compiling,
        }
    }

    /// Loads a component and asks it who it is.
    ///
    /// `digest` is the digest of `bytes`, under which compiled code is kept.
    ///
    /// # Errors
    /// [`LoadError`] when it is no handler of a version this host speaks, or does not
    /// answer properly.
    pub fn load(
        &self,
        bytes: &[u8],
        digest: &Sha256Digest,
        trust: Trust,
    ) -> Result<Loaded, LoadError> {
        self.load_here(bytes, digest, trust, self.shared.limits.preflight_time)
    }

    /// Loads a component as [`load`](Self::load) does, to find out what it is: whatever
    /// it does, it does in a worker, each time in a process of its own. Without a
    /// worker, only built-in components are loaded, and others by a host that compiles
    /// them in its own process.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn load_apart(
        &self,
        bytes: &[u8],
        digest: &Sha256Digest,
        trust: Trust,
    ) -> Result<Loaded, LoadError> {
        self.load_in_worker(bytes, digest, trust, self.shared.limits.preflight_time)
    }

    /// Loads a component as [`load_apart`](Self::load_apart) does, to find out whether it
    /// behaves: its preflights have only the time for a trial, in which nothing is
    /// granted and nothing is waited for.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn load_on_trial(
        &self,
        bytes: &[u8],
        digest: &Sha256Digest,
        trust: Trust,
    ) -> Result<Loaded, LoadError> {
        let limits = &self.shared.limits;
        self.load_in_worker(bytes, digest, trust, limits.trial_time.min(limits.preflight_time))
    }

    fn load_here(
        &self,
        bytes: &[u8],
        digest: &Sha256Digest,
        trust: Trust,
        preflight_time: Duration,
    ) -> Result<Loaded, LoadError> {
        let outside = imports::read(bytes)?;
        let component = self.component(bytes, digest, trust)?;
        self.ticker.start(&self.wasmtime);
        let wasi = outside.needs_wasi();
        let (shared, machine) = (Arc::clone(&self.shared), Arc::clone(&self.machine));
        let prepared = outside.lane.prepare(&self.linkers[usize::from(wasi)], &component)?;
        self.introduced(
            Box::new(Here { prepared, shared, machine, wasi }),
            outside,
            digest,
            preflight_time,
        )
    }

    fn load_in_worker(
        &self,
        bytes: &[u8],
        digest: &Sha256Digest,
        trust: Trust,
        preflight_time: Duration,
    ) -> Result<Loaded, LoadError> {
        let Some(program) = self.worker.program() else {
            return match (trust, &self.worker) {
                (Trust::Builtin, _) | (_, Worker::InProcess) => {
                    self.load_here(bytes, digest, trust, preflight_time)
                }
                _ => Err(LoadError::NoWorker),
            };
        };
        let place = |outside: &Outside, code| {
            let (shared, machine) = (Arc::clone(&self.shared), Arc::clone(&self.machine));
            let (program, lane, wasi) = (program.to_owned(), outside.lane, outside.needs_wasi());
            Box::new(Apart { program, code, lane, wasi, shared, machine })
        };
        let outside = imports::read(bytes)?;
        if let Some(kept) =
            self.compiled.as_ref().and_then(|store| store.open(&self.wasmtime, digest))
        {
            match self.introduced(place(&outside, kept), outside.clone(), digest, preflight_time) {
                // what is stale or damaged is compiled again
                Err(LoadError::UnusableCode { .. }) => {}
                loaded => return loaded,
            }
        }
        let compiling = (self.compiling)(bytes.len());
        let code = self.compile_in_worker(bytes, digest)?;
        drop(compiling);
        self.introduced(place(&outside, code), outside, digest, preflight_time)
    }

    fn introduced(
        &self,
        place: Box<dyn Place>,
        outside: Outside,
        digest: &Sha256Digest,
        preflight_time: Duration,
    ) -> Result<Loaded, LoadError> {
        // as long as it has not said its path
        let name = ForeignText::new(digest.to_string());
        let handler = Handler::introduced(place, &self.shared, name, preflight_time)?;
        let imports = outside.imports.into_iter().map(ForeignText::new).collect();
        Ok(Loaded { handler: Box::new(handler), imports })
    }

    /// The world of a component as text in the language WIT, printed by a worker.
    ///
    /// # Errors
    /// [`LoadError`] when it is no component, or there is no worker.
    pub fn world(&self, bytes: &[u8]) -> Result<ForeignText, LoadError> {
        let limits = &self.shared.limits;
        shape::check(bytes, &limits.shape)?;
        self.worker.describe(bytes, &limits.compile.budget(bytes.len())).map(ForeignText::new)
    }

    /// What a worker is kept from on this machine, found out by starting one.
    ///
    /// # Errors
    /// [`LoadError::NoWorker`] or [`LoadError::Worker`].
    pub fn examine_worker(&self) -> Result<Vec<Protection>, LoadError> {
        self.worker.examine()
    }

    fn component(
        &self,
        bytes: &[u8],
        digest: &Sha256Digest,
        trust: Trust,
    ) -> Result<Component, LoadError> {
        if let Some(component) =
            self.compiled.as_ref().and_then(|store| store.get(&self.wasmtime, digest))
        {
            return Ok(component);
        }
        self.compile(bytes, digest, trust)
    }

    /// Compiles a component, and keeps what comes of it.
    fn compile(
        &self,
        bytes: &[u8],
        digest: &Sha256Digest,
        trust: Trust,
    ) -> Result<Component, LoadError> {
        let _compiling = (self.compiling)(bytes.len());
        if trust == Trust::Foreign && self.worker != Worker::InProcess {
            let code = self.compile_in_worker(bytes, digest)?;
            return self.adopt(digest, &code);
        }
        if trust == Trust::Foreign {
            shape::check(bytes, &self.shared.limits.shape)?;
        }
        let compiled = stack::with_room(COMPILER_STACK_BYTES, || {
            Component::from_binary(&self.wasmtime, bytes)
        });
        let component =
            compiled.map_err(|source| LoadError::Worker { source })?.map_err(|error| {
                LoadError::Compile { reason: ForeignText::sentence(&format!("{error:#}")) }
            })?;
        if let (Some(store), Ok(code)) = (&self.compiled, component.serialize()) {
            store.put(&self.wasmtime, digest, &mut code.as_slice());
        }
        Ok(component)
    }

    /// Has a worker compile a component, and keeps what comes of it; the code, in a file
    /// in memory that nobody can change.
    fn compile_in_worker(&self, bytes: &[u8], digest: &Sha256Digest) -> Result<File, LoadError> {
        let limits = &self.shared.limits;
        shape::check(bytes, &limits.shape)?;
        let mut code =
            self.worker.compile(bytes, &limits.compile.budget(bytes.len()), limits.stack_bytes)?;
        let is_code = wasmtime::Engine::detect_precompiled_file(in_memory(&code));
        if !is_code.is_ok_and(|kind| kind == Some(Precompiled::Component)) {
            return Err(LoadError::UnusableCode {
                reason: ForeignText::new("it is no compiled component"),
            });
        }
        if let Some(store) = &self.compiled {
            code.rewind().map_err(|source| LoadError::Worker { source })?;
            store.put(&self.wasmtime, digest, &mut code);
        }
        Ok(code)
    }

    /// Maps what a worker compiled: out of the store, if it could be kept.
    fn adopt(&self, digest: &Sha256Digest, code: &File) -> Result<Component, LoadError> {
        if let Some(component) =
            self.compiled.as_ref().and_then(|store| store.get(&self.wasmtime, digest))
        {
            return Ok(component);
        }
        // SAFETY: a worker of this very program compiled it, the file is sealed, and the engine
        // checks that versions and settings agree. What a compiler makes of hostile input
        // is code of the sandbox all the same.
        unsafe { Component::deserialize_file(&self.wasmtime, in_memory(code)) }.map_err(|error| {
            LoadError::UnusableCode { reason: ForeignText::sentence(&format!("{error:#}")) }
        })
    }
}

/// The path of a file that has none, while it is open.
fn in_memory(file: &File) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()))
}

/// What a component imports and which handler interfaces it exports, read from its
/// binary; nothing is compiled and nothing runs.
pub fn look(bytes: &[u8]) -> Seen {
    imports::look(bytes)
}

/// What guests may be made of: what the toolchains for Rust, Python and JavaScript emit,
/// and nothing beside it. Each proposal more is code of the compiler that only a hostile
/// component would reach.
fn config(limits: &Limits) -> Config {
    let used = WasmFeatures::WASM2 | WasmFeatures::EXTENDED_CONST | WasmFeatures::COMPONENT_MODEL;
    let mut config = Config::new();
    config
        .concurrency_support(false)
        .epoch_interruption(true)
        .max_wasm_stack(limits.stack_bytes)
        .cranelift_opt_level(OptLevel::Speed)
        // also what a later wasmtime turns on
        .wasm_features(WasmFeatures::all().difference(used), false);
    config
}
