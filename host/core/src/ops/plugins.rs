//! A handler registry for programs that embed the host. It holds handlers of packs and
//! handlers that the program implements itself.
//!
//! It uses no environment, pins or audit log: the program decides which packs to register
//! and which permissions to grant. Signatures are not checked; call
//! [`signing::verify`](crate::ops::signing::verify), and compare its digest with
//! [`Plugin::origin`]. Programs with environments use
//! [`doctor`](crate::ops::doctor::doctor), [`bind`](crate::ops::bind),
//! [`Preflights`](crate::ops::tool_check::Preflights) and the other operations instead.
//!
//! [`Host`] and [`Plugins`] are `Send` and `Sync`. Calls block: a preflight may run
//! programs for half a minute.
//!
//! ```
//! use gtc_core::{Host, HostSettings};
//! use gtc_core::ops::env::{self, InitRequest};
//! use gtc_core::ops::{doctor, plugins::Plugins};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // call this first in `main`: the host starts this program again as its worker
//! gtc_core::run_if_worker();
//! # let folder = tempfile::tempdir()?;
//! # let folder = folder.path();
//! let host = Host::new(HostSettings::quiet(folder.join("environments"), folder.join("cache")));
//!
//! // a registry of the program's own
//! let plugins = Plugins::new(&host)?;
//! let plugin = plugins.resolve(&"greentic.secrets.dev-store@0.1.0".parse()?)?;
//! assert!(plugin.preflight(&"local".parse()?, None, "{}")?.checks.is_empty());
//! assert_eq!(plugins.iter().count(), 5);
//!
//! // what `gtc op env init` and `gtc op env doctor` do
//! let local: env_pack_domain::EnvId = "local".parse()?;
//! env::init(&host, &InitRequest::new(local.clone()))?;
//! assert!(doctor::doctor(&host, &local, false)?.healthy);
//! # Ok(())
//! # }
//! ```

use std::any::Any;
use std::collections::BTreeMap;
use std::panic::{self, AssertUnwindSafe};

use env_pack_domain::{
    BindingContext, Call, CapabilitySlot, DescriptorPath, DuplicateRegistration, EnvId,
    EnvPackHandler, ForeignText, HandlerFault, InstanceId, Origin, PackDescriptor, PackRef,
    Permissions, Preflight, Registry, ResolveError,
};

use super::answered_addresses;
use super::load_pack::{self, LoadedPack};
use super::pack_error::PackError;
use crate::Host;
use crate::operation_error::{Explanation, OperationError};
use gtc_engine::Engine;

/// Registered handlers and their permissions.
///
/// The built-in packs are registered first, so that no other pack can replace one. Each
/// descriptor path has one handler: the first one registered.
#[derive(Debug)]
pub struct Plugins {
    registry: Registry,
    permissions: BTreeMap<DescriptorPath, PluginPermissions>,
}

/// The declared and granted permissions of a handler.
#[derive(Debug, Default)]
struct PluginPermissions {
    declared: Permissions,
    granted: Permissions,
}

/// A registered handler.
#[derive(Clone, Copy, Debug)]
pub struct Plugin<'a> {
    /// The handler.
    pub handler: &'a dyn EnvPackHandler,
    /// The pack reference and archive of the handler; none for a handler of the program.
    pub origin: &'a Origin,
    /// The permissions that its pack declares. Empty for a handler of the program, which
    /// is not sandboxed.
    pub declared: &'a Permissions,
    /// The declared permissions that are granted.
    pub granted: &'a Permissions,
}

/// A pack could not be registered.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// The pack does not load.
    #[error("pack `{pack_ref}` does not load")]
    Pack {
        /// The pack reference.
        pack_ref: PackRef,
        /// The cause.
        source: PackError,
    },
    /// Another handler already provides one of its descriptor paths.
    #[error(transparent)]
    PathTaken(#[from] DuplicateRegistration),
}

impl OperationError for RegisterError {
    fn explain(&self) -> Explanation {
        match self {
            Self::Pack { source, .. } => source.explain(),
            Self::PathTaken(error) => error.explain(),
        }
    }
}

impl Plugins {
    /// Creates a registry with the built-in packs.
    ///
    /// # Errors
    /// [`RegisterError`] when a built-in pack does not load, which is a bug.
    pub fn new(host: &Host) -> Result<Self, RegisterError> {
        let mut plugins = Self { registry: Registry::default(), permissions: BTreeMap::new() };
        for builtin in host.fetcher.builtins() {
            plugins.register_pack(host, &PackRef::Builtin(builtin), &Permissions::default())?;
        }
        Ok(plugins)
    }

    /// Registers a handler that the program implements. It runs in this process, without
    /// sandbox or limits.
    ///
    /// # Errors
    /// [`DuplicateRegistration`] when another handler provides its path, in any version.
    pub fn register(
        &mut self,
        handler: Box<dyn EnvPackHandler>,
    ) -> Result<(), DuplicateRegistration> {
        self.registry.register(handler, Origin::NATIVE)
    }

    /// Loads a pack and registers its handlers. They get the permissions in `granted` that
    /// the pack declares; see
    /// [`declared_permissions`](crate::ops::inspect::declared_permissions). Registering the
    /// same archive again has no effect.
    ///
    /// # Errors
    /// [`RegisterError`]; no handler of the pack is registered then. Without a worker,
    /// packs that are neither built in nor compiled in the cache are refused with
    /// [`LoadError::NoWorker`](gtc_engine::LoadError::NoWorker).
    pub fn register_pack(
        &mut self,
        host: &Host,
        pack_ref: &PackRef,
        granted: &Permissions,
    ) -> Result<Vec<DescriptorPath>, RegisterError> {
        let not_loaded = |source| RegisterError::Pack { pack_ref: pack_ref.clone(), source };
        let fetched = host.fetcher.fetch(pack_ref).map_err(PackError::from).map_err(not_loaded)?;
        let opened = load_pack::open_archive(host, &fetched).map_err(PackError::from);
        let opened = opened.map_err(not_loaded)?;
        // without environments, each path has one handler, and no pack has other versions
        let origin = load_pack::origin(pack_ref, fetched.digest, None, None);
        for declared in opened.handlers.iter().filter_map(|handler| handler.declared.as_ref()) {
            self.registry.ensure_free(&declared.descriptor_path, &origin)?;
        }
        let pack = load_pack::load_opened(host, &fetched, opened, Engine::load)
            .and_then(LoadedPack::ensure_handler)
            .map_err(not_loaded)?;
        let paths: Vec<_> = pack.paths().cloned().collect();
        for path in &paths {
            self.registry.ensure_free(path, &origin)?;
        }
        for (loaded, path) in pack.handlers.into_iter().zip(&paths) {
            self.registry.register(loaded.handler, origin.clone())?;
            let undeclared = granted.without(&loaded.permissions);
            let asked = PluginPermissions {
                granted: granted.without(&undeclared),
                declared: loaded.permissions,
            };
            self.permissions.entry(path.clone()).or_insert(asked);
        }
        Ok(paths)
    }

    /// Returns the handler for a descriptor.
    ///
    /// # Errors
    /// [`ResolveError`] when no handler provides the path, or it does not support the
    /// version.
    pub fn resolve(&self, kind: &PackDescriptor) -> Result<Plugin<'_>, ResolveError> {
        self.registry.resolve(kind).map(|handler| self.plugin(handler))
    }

    /// Returns the handler for a descriptor if it serves this slot.
    ///
    /// # Errors
    /// [`ResolveError`] as for [`resolve`](Self::resolve), or when it serves another
    /// slot.
    pub fn resolve_for_slot(
        &self,
        kind: &PackDescriptor,
        slot: CapabilitySlot,
    ) -> Result<Plugin<'_>, ResolveError> {
        self.registry.resolve_for_slot(kind, slot).map(|handler| self.plugin(handler))
    }

    /// Iterates over the handlers in the order of registration.
    pub fn iter(&self) -> impl Iterator<Item = Plugin<'_>> {
        self.registry.iter().map(|(handler, _)| self.plugin(handler))
    }

    fn plugin<'a>(&'a self, handler: &'a dyn EnvPackHandler) -> Plugin<'a> {
        const NATIVE: &Origin = &Origin::NATIVE;
        const NOTHING: &PluginPermissions = &PluginPermissions {
            declared: Permissions { tools: Vec::new(), network: Vec::new() },
            granted: Permissions { tools: Vec::new(), network: Vec::new() },
        };
        let path = handler.descriptor_path();
        let PluginPermissions { declared, granted } = self.permissions.get(path).unwrap_or(NOTHING);
        Plugin { handler, origin: self.registry.origin(path).unwrap_or(NATIVE), declared, granted }
    }
}

impl Plugin<'_> {
    /// Runs the preflight of the handler. `instance` is the instance of an extension, and
    /// `answers_json` a JSON document. A panic of a handler that the program implements is
    /// returned as a fault, like a trap in the sandbox.
    ///
    /// # Errors
    /// [`HandlerFault`] when the preflight returned no checks.
    pub fn preflight(
        &self,
        environment: &EnvId,
        instance: Option<&InstanceId>,
        answers_json: &str,
    ) -> Result<Preflight, HandlerFault> {
        let binding = BindingContext {
            env_id: environment.clone(),
            instance_id: instance.cloned(),
            answers_json: answers_json.to_owned(),
            grants: answered_addresses::resolve(self.granted, answers_json).permissions,
            declared: answered_addresses::resolve(self.declared, answers_json).permissions,
        };
        preflight_or_panic(self.handler, &binding)
    }
}

/// Runs a preflight. A panic is returned as a fault, like a trap in the sandbox.
pub(super) fn preflight_or_panic(
    handler: &dyn EnvPackHandler,
    binding: &BindingContext,
) -> Result<Preflight, HandlerFault> {
    // a panic can only leave the handler's own state inconsistent
    panic::catch_unwind(AssertUnwindSafe(|| handler.preflight(binding))).unwrap_or_else(|panic| {
        Err(HandlerFault::Trapped {
            call: Call::Preflight,
            reason: ForeignText::new("it panicked"),
            message: panic_message(panic.as_ref()),
        })
    })
}

/// Returns the message of a panic.
fn panic_message(panic: &(dyn Any + Send)) -> Option<ForeignText> {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied());
    text.map(ForeignText::sentence)
}
