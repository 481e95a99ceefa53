//! Handlers for a program that embeds the host: its own beside packs, in a registry that
//! is its own too.
//!
//! No environment, no pin and no audit log take part: the program says what it registers
//! and what it grants. Nor does anybody ask who signed a pack;
//! [`signing::verify`](crate::ops::signing::verify) does, and [`Plugin::origin`] says
//! which archive was loaded then. A program that keeps environments needs nothing of
//! this: [`doctor`](crate::ops::doctor::doctor), [`bind`](crate::ops::bind::bind),
//! [`tool_check`](crate::ops::tool_check::tool_check) and all the others take a host, and
//! return what the command line shows.
//!
//! A [`Host`] and [`Plugins`] can be sent to other threads and shared by them. Calls wait
//! where they are: a preflight may run programs for half a minute.
//!
//! ```
//! use gtc::host::{Host, HostSettings};
//! use gtc::ops::{doctor, embed::Plugins, env};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // first thing in `main`: foreign components are compiled in another process of this very program, which becomes a worker here
//! gtc::engine::worker::run_if_worker();
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
//! let local = "local".parse()?;
//! env::init(&host, &local, None)?;
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

use super::{PackError, load_pack};
use crate::host::Host;

/// Registered handlers, and what each may do.
///
/// The built-in packs are registered first, so that nothing can stand in for one. A path
/// has one handler, the one that was registered first: there are no two of different
/// versions.
#[derive(Debug)]
pub struct Plugins {
    registry: Registry,
    permissions: BTreeMap<DescriptorPath, PluginPermissions>,
}

/// What a handler of a pack wants to be allowed, and what it is.
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
    /// Where it comes from.
    pub origin: &'a Origin,
    /// What its pack says that it wants to run and to reach; nothing for a handler of the
    /// program's own, which nobody holds back.
    pub declared: &'a Permissions,
    /// What it may do of that.
    pub granted: &'a Permissions,
}

/// Why a pack was not registered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegisterError {
    /// It does not load.
    #[error("pack `{pack_ref}` does not load: {source}")]
    Pack {
        /// Where the pack is.
        pack_ref: PackRef,
        /// Why.
        source: PackError,
    },
    /// Another handler answers for one of its paths already, and stays.
    #[error(transparent)]
    PathTaken(#[from] DuplicateRegistration),
}

impl Plugins {
    /// The built-in packs, loaded.
    ///
    /// # Errors
    /// [`RegisterError`] when one of them does not load, which is a bug.
    pub fn new(host: &Host) -> Result<Self, RegisterError> {
        let mut plugins = Self { registry: Registry::default(), permissions: BTreeMap::new() };
        for builtin in host.fetcher.builtins() {
            plugins.register_pack(host, &PackRef::Builtin(builtin), &Permissions::default())?;
        }
        Ok(plugins)
    }

    /// Registers a handler of the program's own. It is code of this process: no sandbox
    /// holds it, and no limit.
    ///
    /// # Errors
    /// [`DuplicateRegistration`] when its path is taken, whatever versions the two
    /// support.
    pub fn register(
        &mut self,
        handler: Box<dyn EnvPackHandler>,
    ) -> Result<(), DuplicateRegistration> {
        self.registry.register(handler, Origin { pack_ref: None, archive: None })
    }

    /// Loads a pack from wherever it is, and registers its handlers. They may do what is
    /// granted, as far as the pack declares it;
    /// [`declared_permissions`](crate::ops::inspect::declared_permissions) says what that is. An archive that
    /// was registered before stays as it was.
    ///
    /// # Errors
    /// [`RegisterError`]; none of the handlers is registered then. Where the program has
    /// no worker, every pack but the built-in ones is refused with
    /// [`LoadError::NoWorker`](crate::engine::LoadError::NoWorker), unless its code is in
    /// the cache already.
    pub fn register_pack(
        &mut self,
        host: &Host,
        pack_ref: &PackRef,
        granted: &Permissions,
    ) -> Result<Vec<DescriptorPath>, RegisterError> {
        let failed = |source| RegisterError::Pack { pack_ref: pack_ref.clone(), source };
        let (_, pack) = load_pack::load_pack(host, pack_ref).map_err(failed)?;
        let origin = Origin { pack_ref: Some(pack_ref.clone()), archive: Some(pack.digest) };
        let paths: Vec<_> = pack.paths().cloned().collect();
        for (at, path) in paths.iter().enumerate() {
            let kept = match paths[..at].contains(path) {
                true => Some(&origin),
                false => self.registry.origin(path).filter(|kept| kept.archive != origin.archive),
            };
            if let Some(kept) = kept {
                return Err(DuplicateRegistration {
                    path: path.clone(),
                    kept: kept.clone(),
                    refused: origin,
                }
                .into());
            }
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

    /// The handler for a descriptor.
    ///
    /// # Errors
    /// [`ResolveError`] when nobody answers for the path, or not in this version.
    pub fn resolve(&self, kind: &PackDescriptor) -> Result<Plugin<'_>, ResolveError> {
        self.registry.resolve(kind).map(|handler| self.plugin(handler))
    }

    /// The handler for a descriptor, provided it serves this slot.
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

    /// Every handler, in the order in which they were registered.
    pub fn iter(&self) -> impl Iterator<Item = Plugin<'_>> {
        self.registry.iter().map(|(handler, _)| self.plugin(handler))
    }

    fn plugin<'a>(&'a self, handler: &'a dyn EnvPackHandler) -> Plugin<'a> {
        const NATIVE: &Origin = &Origin { pack_ref: None, archive: None };
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
    /// Runs the preflight for an environment, and for an instance where it is an
    /// extension, with these answers, a JSON document. A handler of the program's own
    /// that panics has failed, like one in the sandbox that traps; the others go on.
    ///
    /// # Errors
    /// [`HandlerFault`] when the handler did not come to an answer.
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
            grants: self.granted.clone(),
        };
        // what a panic leaves half done is the handler's own
        panic::catch_unwind(AssertUnwindSafe(|| self.handler.preflight(&binding))).unwrap_or_else(
            |panic| {
                let (call, reason) = (Call::Preflight, ForeignText::new("it panicked"));
                Err(HandlerFault::Trapped { call, reason, message: panic_message(panic.as_ref()) })
            },
        )
    }
}

/// What a panic says.
fn panic_message(panic: &(dyn Any + Send)) -> Option<ForeignText> {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied());
    text.map(ForeignText::sentence)
}
