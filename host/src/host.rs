//! The one place that constructs rooms: settings in, a host out.

use std::path::PathBuf;
use std::sync::LazyLock;

use crate::engine::{self, CompileNotice, Engine, LogSink, ToolEnvironment, Worker};
use crate::fetch::{FetchSettings, NoProgress, PackSource, Progress, RegistrySettings};
use crate::limits::Limits;
use crate::project::ProgressNotice;
use crate::store::Store;

/// What a host is built from.
pub struct HostSettings {
    /// The folder of environments.
    pub store_root: PathBuf,
    /// The folder of everything that can be had again: kept archives and compiled code.
    pub cache: PathBuf,
    /// What programs run in.
    pub tools: ToolEnvironment,
    /// Where foreign components are compiled, and run as long as nobody decided to trust
    /// them.
    pub worker: Worker,
    /// Where the messages of handlers go.
    pub log: LogSink,
    /// Told of every component that is compiled.
    pub compiling: CompileNotice,
    /// Told of every toolchain that builds a project.
    pub working: ProgressNotice,
    /// How registries are reached.
    pub registries: RegistrySettings,
    /// Told how far a transfer is.
    pub progress: Box<dyn Progress>,
    /// What archives may hold and handlers may use up.
    pub limits: Limits,
}

impl HostSettings {
    /// A host that keeps quiet: it finds no programs, asks registries anonymously, tells
    /// nobody what it does, and compiles foreign components in a process of this very
    /// program, whose `main` calls [`run_if_worker`](crate::engine::worker::run_if_worker) first. A program
    /// that embeds it changes what it wants otherwise.
    pub fn quiet(store_root: PathBuf, cache: PathBuf) -> Self {
        Self {
            store_root,
            cache,
            tools: ToolEnvironment::default(),
            worker: Worker::ThisProgram,
            log: Box::new(|_| {}),
            compiling: Box::new(|_| Box::new(())),
            working: Box::new(|_| Box::new(())),
            registries: RegistrySettings::default(),
            progress: Box::new(NoProgress),
            limits: Limits::default(),
        }
    }
}

/// A host for env-packs.
pub struct Host {
    pub(crate) store: Store,
    /// The folder of everything that can be had again.
    pub(crate) cache: PathBuf,
    pub(crate) fetcher: PackSource,
    pub(crate) limits: Limits,
    /// Told of every toolchain that builds a project.
    pub(crate) working: ProgressNotice,
    /// Started when it is first needed: many commands load no handler.
    pub(crate) engine: LazyLock<Engine, Box<dyn FnOnce() -> Engine + Send>>,
}

impl Host {
    /// Builds a host. Nothing is read or written, and no engine started, before something
    /// is asked of it.
    pub fn new(settings: HostSettings) -> Self {
        let HostSettings {
            store_root,
            cache,
            tools,
            worker,
            log,
            compiling,
            working,
            registries,
            progress,
            limits,
        } = settings;
        let compiled = Some(cache.join("compiled"));
        let offline = registries.offline;
        let engine_settings = engine::EngineSettings {
            limits: limits.engine.clone(),
            compiled,
            worker,
            tools,
            offline,
            log,
            on_compile: compiling,
        };
        let fetch_settings = FetchSettings {
            cache: cache.clone(),
            max_bytes: limits.archive.pack_bytes,
            limits: limits.fetch.clone(),
            registries,
            progress,
        };
        Self {
            store: Store::new(store_root),
            fetcher: PackSource::new(fetch_settings),
            cache,
            limits,
            working,
            engine: LazyLock::new(Box::new(|| Engine::new(engine_settings))),
        }
    }
}

impl std::fmt::Debug for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Host")
            .field("store", &self.store.root())
            .field("cache", &self.cache)
            .finish_non_exhaustive()
    }
}
