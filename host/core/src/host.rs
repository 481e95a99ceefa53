//! Constructs a host and its parts from settings; nothing else constructs them.

use std::path::PathBuf;
use std::sync::LazyLock;

use env_pack_domain::{Binding, PackDescriptor};
use jiff::Timestamp;

use crate::limits::Limits;
use crate::project::ProgressNotice;
use crate::repeated_flags::RepeatedFlags;
use gtc_engine::{CompileNotice, Engine, LogSink, ToolEnvironment, Worker};
use gtc_fetch::{FetchSettings, NoProgress, PackSource, Progress, RegistrySettings};
use gtc_store::{Actor, Origin, Request, Store};

/// Returns the current time.
pub type Clock = Box<dyn Fn() -> Timestamp + Send + Sync>;

/// Settings of a [`Host`].
pub struct HostSettings {
    /// Folder that holds the environments.
    pub store_root: PathBuf,
    /// Folder of cached archives and compiled code. It can be deleted at any time.
    pub cache: PathBuf,
    /// Search path and variables of the programs that handlers run.
    pub tools: ToolEnvironment,
    /// Process that compiles external components, and runs those that are not trusted yet.
    pub worker: Worker,
    /// Receives the log messages of handlers.
    pub log: LogSink,
    /// Called before a component is compiled; the value that it returns is dropped when the
    /// compilation ends.
    pub on_compile: CompileNotice,
    /// Called before a toolchain builds a project; the value that it returns is dropped when
    /// the build ends.
    pub on_build: ProgressNotice,
    /// Called before a tool check runs a preflight, with the name of its pack; the value that
    /// it returns is dropped when the preflight ends.
    pub on_preflight: ProgressNotice,
    /// Connections and credentials of registries.
    pub registries: RegistrySettings,
    /// Receives the progress of transfers.
    pub progress: Box<dyn Progress>,
    /// Limits on archives, handlers and registries.
    pub limits: Limits,
    /// The time of pins, reports and audit records.
    pub clock: Clock,
    /// The user whom the audit log names.
    pub actor: Actor,
    /// Flags that the commands in reports repeat.
    pub repeated_flags: RepeatedFlags,
}

impl HostSettings {
    /// Settings with defaults for everything but the two folders: an empty search path for
    /// programs, anonymous access to registries, no log and no progress, the clock of the
    /// system and the user of this process. External components are compiled in a new process
    /// of the running program, whose `main` must first call
    /// [`run_if_worker`](gtc_engine::worker::run_if_worker).
    pub fn quiet(store_root: PathBuf, cache: PathBuf) -> Self {
        Self {
            store_root,
            cache,
            tools: ToolEnvironment::default(),
            worker: Worker::ThisProgram,
            log: Box::new(|_| {}),
            on_compile: Box::new(|_| Box::new(())),
            on_build: Box::new(|_| Box::new(())),
            on_preflight: Box::new(|_| Box::new(())),
            registries: RegistrySettings::default(),
            progress: Box::new(NoProgress),
            limits: Limits::default(),
            clock: Box::new(Timestamp::now),
            actor: current_user(),
            repeated_flags: RepeatedFlags::default(),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the audit log names the user as the system does")]
fn current_user() -> Actor {
    Actor { user: std::env::var("USER").ok(), uid: gtc_fs::process::user_id() }
}

/// A host for env-packs: a store of environments, a cache, registries and an engine.
pub struct Host {
    pub(crate) store: Store,
    /// Folder of cached archives and compiled code.
    pub(crate) cache: PathBuf,
    pub(crate) fetcher: PackSource,
    pub(crate) limits: Limits,
    /// Flags that the commands in reports repeat.
    pub(crate) repeated_flags: RepeatedFlags,
    clock: Clock,
    actor: Actor,
    /// Called before a toolchain builds a project.
    pub(crate) on_build: ProgressNotice,
    /// Called before a tool check runs a preflight.
    pub(crate) on_preflight: ProgressNotice,
    /// Started on first use, because many commands load no handler.
    pub(crate) engine: LazyLock<Engine, Box<dyn FnOnce() -> Engine + Send>>,
}

impl Host {
    /// Builds a host. Reads and writes no file, and starts no engine until one is needed.
    pub fn new(settings: HostSettings) -> Self {
        let HostSettings {
            store_root,
            cache,
            tools,
            worker,
            log,
            on_compile,
            on_build,
            on_preflight,
            registries,
            progress,
            limits,
            clock,
            actor,
            repeated_flags,
        } = settings;
        let compiled = Some(cache.join("compiled"));
        let offline = registries.offline;
        let engine_settings = gtc_engine::EngineSettings {
            limits: limits.engine.clone(),
            accepted_versions: gtc_engine::AcceptedVersions::Released,
            compiled,
            worker,
            tools,
            offline,
            log,
            on_compile,
        };
        let fetch_settings = FetchSettings {
            cache: cache.clone(),
            max_bytes: limits.archive.pack_bytes,
            limits: limits.fetch.clone(),
            registries,
            progress,
        };
        Self {
            store: Store::with_limits(store_root, limits.store),
            fetcher: PackSource::new(fetch_settings),
            cache,
            limits,
            repeated_flags,
            clock,
            actor,
            on_build,
            on_preflight,
            engine: LazyLock::new(Box::new(|| Engine::new(engine_settings))),
        }
    }

    /// Returns the descriptors of the packs that are part of the program.
    pub fn builtin_packs(&self) -> impl Iterator<Item = PackDescriptor> {
        self.fetcher.builtins()
    }

    /// Returns true if a binding has no pin and should have one: built-in packs change with the
    /// program.
    pub(crate) fn is_unpinned(&self, binding: &Binding) -> bool {
        binding.pin.is_none() && !self.fetcher.is_builtin(&binding.pack_ref)
    }

    /// Returns the current time.
    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// Returns a request for the store. `arguments` is everything that the caller asked for,
    /// without the idempotency key.
    pub(crate) fn request(
        &self,
        command: &str,
        idempotency_key: Option<&String>,
        arguments: &serde_json::Value,
    ) -> Request {
        let key = idempotency_key.map(String::as_str);
        Request::new(command, key, arguments, self.now())
    }

    /// Returns when and by whom a change is requested now.
    pub(crate) fn origin(&self) -> Origin {
        Origin { at: self.now(), actor: self.actor.clone() }
    }
}

impl std::fmt::Debug for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Host")
            .field("store", self.store.place())
            .field("cache", &self.cache)
            .finish_non_exhaustive()
    }
}
