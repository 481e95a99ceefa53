//! The engine: turns component bytes into handlers.

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use env_pack_domain::{ForeignText, Sha256Digest};
use wasmtime::component::Component;

use super::compiled::CompiledStore;
use super::complexity;
use super::config::wasmtime_config;
use super::context::EngineContext;
use super::error::LoadError;
use super::executor::FreshInstanceExecutor;
use super::handler::GuestHandler;
use super::handler_code::{CodeLocation, HandlerCode, UnmappedCode};
use super::in_process::InProcessExecutor;
use super::interface::{self, AcceptedVersions, ComponentInterface};
use super::isolated::IsolatedExecutor;
use super::limits::EngineLimits;
use super::log::LogSink;
use super::probes::broker::HostResources;
use super::probes::network::Network;
use super::probes::recorder::RecordPreflight;
use super::probes::tools::runner::{ToolEnvironment, Tools};
use super::process_resources;
use super::semaphore::Semaphore;
use super::ticker::Ticker;
use super::wit::select::Linkers;
use super::worker::launcher::Worker;
use super::worker::protection::Protection;

/// Called before a component is compiled, which may take seconds, with the size of the
/// component in bytes. The result is dropped when compilation has ended.
pub type CompileNotice = Box<dyn Fn(usize) -> Box<dyn Send> + Send + Sync>;

/// The settings of an engine.
pub struct EngineSettings {
    /// The limits of each handler.
    pub limits: EngineLimits,
    /// The versions of the handler interface whose components it loads.
    pub accepted_versions: AcceptedVersions,
    /// The folder for compiled code. Without one, every process compiles again.
    pub compiled: Option<PathBuf>,
    /// The process that compiles external components, and runs those that the operator
    /// has not decided to use.
    pub worker: Worker,
    /// The environment of tools.
    pub tools: ToolEnvironment,
    /// True if no connection is opened even if it is granted. Tools run only for their
    /// version, because the host cannot keep them from the network.
    pub offline: bool,
    /// Receives the log messages of guests.
    pub log: LogSink,
    /// Called before every compilation.
    pub on_compile: CompileNotice,
}

/// The origin of a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provenance {
    /// It is part of this program.
    Builtin,
    /// It comes from a pack of another author.
    External,
}

/// Loads components. Create one per process, and share it.
pub struct Engine {
    pub(super) wasmtime: wasmtime::Engine,
    pub(super) accepted_versions: AcceptedVersions,
    pub(super) linkers: Arc<Linkers>,
    ticker: Ticker,
    pub(super) compiled: Option<Arc<CompiledStore>>,
    mapping_permits: Semaphore,
    pub(super) worker: Worker,
    pub(super) on_compile: CompileNotice,
    pub(super) context: Arc<EngineContext>,
    resources: Arc<HostResources>,
}

/// A loaded component.
#[derive(Debug)]
pub struct LoadedComponent {
    /// The handler that it exports.
    pub handler: Box<dyn RecordPreflight>,
    /// The names of its imports, in order of declaration.
    pub imports: Vec<ForeignText>,
}

impl Engine {
    /// Creates an engine.
    ///
    /// # Panics
    /// When wasmtime rejects its configuration, which would be a bug of this crate.
    pub fn new(settings: EngineSettings) -> Self {
        let EngineSettings {
            limits,
            accepted_versions,
            compiled,
            worker,
            tools,
            offline,
            log,
            on_compile,
        } = settings;
        let wasmtime = wasmtime::Engine::new(&wasmtime_config(limits.stack_bytes))
            .expect("the configuration is valid");
        let linkers = Linkers::new(&wasmtime).expect("no interface is linked twice");
        let concurrent_tools = limits.concurrent_tools.min(process_resources::max_tools());
        let resources = HostResources {
            tools: Tools::new(tools, worker.program(), concurrent_tools),
            network: Network::new(limits.concurrent_lookups, offline),
            offline,
        };
        Self {
            accepted_versions,
            linkers: Arc::new(linkers),
            wasmtime,
            ticker: Ticker::default(),
            compiled: compiled.map(|folder| Arc::new(CompiledStore::new(folder))),
            mapping_permits: Semaphore::new(process_resources::max_mappings()),
            resources: Arc::new(resources),
            context: EngineContext::new(limits, log),
            worker,
            on_compile,
        }
    }

    /// Loads a component and makes its metadata calls. It runs in this process.
    ///
    /// `digest` is the digest of `bytes`. It is the key of the cached code.
    ///
    /// # Errors
    /// [`LoadError`] when it is not a handler of a supported version, exceeds a limit, or
    /// one of its metadata calls fails.
    pub fn load(
        &self,
        bytes: &[u8],
        digest: &Sha256Digest,
        provenance: Provenance,
    ) -> Result<LoadedComponent, LoadError> {
        self.load_in_process(bytes, digest, provenance, self.context.limits.preflight_time)
    }

    /// Loads a component whose every operation runs in a fresh worker process.
    ///
    /// Without a worker, built-in components run in this process, and external ones only
    /// with [`Worker::InProcess`].
    ///
    /// # Errors
    /// Same as [`load`](Self::load), and [`LoadError::NoWorker`].
    pub fn load_isolated(
        &self,
        bytes: &[u8],
        digest: &Sha256Digest,
        provenance: Provenance,
    ) -> Result<LoadedComponent, LoadError> {
        self.load_in_worker(bytes, digest, provenance, self.context.limits.preflight_time)
    }

    /// Same as [`load_isolated`](Self::load_isolated), with the shorter time limit of a dry
    /// run ([`EngineLimits::dry_run_time`]) for preflights.
    ///
    /// # Errors
    /// Same as [`load_isolated`](Self::load_isolated).
    pub fn load_for_dry_run(
        &self,
        bytes: &[u8],
        digest: &Sha256Digest,
        provenance: Provenance,
    ) -> Result<LoadedComponent, LoadError> {
        let limits = &self.context.limits;
        let time = limits.dry_run_time.min(limits.preflight_time);
        self.load_in_worker(bytes, digest, provenance, time)
    }

    fn load_in_process(
        &self,
        bytes: &[u8],
        digest: &Sha256Digest,
        provenance: Provenance,
        preflight_time: Duration,
    ) -> Result<LoadedComponent, LoadError> {
        let interface = interface::read(bytes, self.accepted_versions)?;
        // before the compiler, which can do without threads, has taken all that there are
        self.ticker
            .start(&self.wasmtime)
            .map_err(|source| LoadError::Shortage { what: "start a thread", source })?;
        let component = self.load_or_compile(bytes, digest, provenance)?;
        let executor = InProcessExecutor {
            code: self.handler_code(component, digest, &interface)?,
            context: Arc::clone(&self.context),
            resources: Arc::clone(&self.resources),
            wasi: interface.needs_wasi(),
        };
        self.query_handler(Box::new(executor), &interface, digest, preflight_time)
    }

    /// Keeps a component mapped if there are file descriptors to spare.
    fn handler_code(
        &self,
        component: Component,
        digest: &Sha256Digest,
        interface: &ComponentInterface,
    ) -> Result<HandlerCode, LoadError> {
        let version = interface.version;
        let wasi = interface.needs_wasi();
        if let Some(permit) = self.mapping_permits.try_acquire() {
            let prepared = self.linkers.prepare(version, wasi, &component)?;
            return Ok(HandlerCode::Mapped { prepared, _permit: permit });
        }
        let store = self.compiled.as_ref().filter(|store| store.contains(&self.wasmtime, digest));
        let location = match store {
            Some(store) => CodeLocation::Store(Arc::clone(store), *digest),
            None => CodeLocation::Memory(component.serialize().map_err(LoadError::from_mapping)?),
        };
        let engine = self.wasmtime.clone();
        let linkers = Arc::clone(&self.linkers);
        Ok(HandlerCode::Unmapped(UnmappedCode { engine, linkers, location, version, wasi }))
    }

    fn load_in_worker(
        &self,
        bytes: &[u8],
        digest: &Sha256Digest,
        provenance: Provenance,
        preflight_time: Duration,
    ) -> Result<LoadedComponent, LoadError> {
        if self.worker.program().is_none() {
            return match (provenance, &self.worker) {
                (Provenance::Builtin, _) | (_, Worker::InProcess) => {
                    self.load_in_process(bytes, digest, provenance, preflight_time)
                }
                _ => Err(LoadError::NoWorker),
            };
        }
        let interface = interface::read(bytes, self.accepted_versions)?;
        if let Some(cached) =
            self.compiled.as_ref().and_then(|store| store.open(&self.wasmtime, digest))
        {
            let executor = self.isolated(&interface, cached)?;
            match self.query_handler(executor, &interface, digest, preflight_time) {
                // the cached code is stale or damaged
                Err(LoadError::UnusableCode { .. }) => {}
                loaded => return loaded,
            }
        }
        let notice = (self.on_compile)(bytes.len());
        let code = self.compile_in_worker(bytes, digest)?;
        drop(notice);
        let executor = self.isolated(&interface, code)?;
        self.query_handler(executor, &interface, digest, preflight_time)
    }

    fn isolated(
        &self,
        interface: &ComponentInterface,
        code: File,
    ) -> Result<Box<dyn FreshInstanceExecutor>, LoadError> {
        Ok(Box::new(IsolatedExecutor {
            program: self.worker.program().ok_or(LoadError::NoWorker)?.to_owned(),
            code,
            version: interface.version,
            wasi: interface.needs_wasi(),
            context: Arc::clone(&self.context),
            resources: Arc::clone(&self.resources),
        }))
    }

    fn query_handler(
        &self,
        executor: Box<dyn FreshInstanceExecutor>,
        interface: &ComponentInterface,
        digest: &Sha256Digest,
        preflight_time: Duration,
    ) -> Result<LoadedComponent, LoadError> {
        let name = ForeignText::new(digest.to_string());
        let handler = GuestHandler::query(executor, &self.context, name, preflight_time)?;
        let imports = interface.imports.iter().map(ForeignText::new).collect();
        Ok(LoadedComponent { handler: Box::new(handler), imports })
    }

    /// Returns how many preflights can run at the same time with the address space and the file
    /// descriptors that this process may have (`ulimit -v` and `ulimit -n`). More may end as
    /// [`HandlerFault::NotRun`](env_pack_domain::HandlerFault::NotRun).
    pub fn max_preflights(&self) -> usize {
        process_resources::max_preflights()
    }

    /// Returns the WIT of a component, printed by a worker.
    ///
    /// # Errors
    /// [`LoadError`] when it is not a component, or there is no worker.
    pub fn print_wit(&self, bytes: &[u8]) -> Result<ForeignText, LoadError> {
        let limits = &self.context.limits;
        complexity::check(bytes, &limits.complexity)?;
        self.worker.describe(bytes, &limits.compile.budget(bytes.len())).map(ForeignText::new)
    }

    /// Starts a worker that reports which protections are effective on this machine.
    ///
    /// # Errors
    /// [`LoadError::NoWorker`] or [`LoadError::Worker`].
    pub fn examine_worker(&self) -> Result<Vec<Protection>, LoadError> {
        self.worker.examine()
    }
}
