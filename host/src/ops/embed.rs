//! Handlers for a program that embeds the host: its own beside packs, in a registry that is its own too.
//!
//! No environment, no lock and no audit log take part: the program says what it registers and what it grants.

use std::collections::BTreeMap;

use env_pack_domain::{
    BindingContext, DescriptorPath, DuplicateRegistration, EnvId, EnvPackHandler, HandlerFault, Origin, PackDescriptor,
    PackRef, Permissions, Preflight, Registry, ResolveError,
};

use super::{PackError, packs};
use crate::host::Host;

/// Registered handlers, and what each may do.
///
/// The built-in packs are registered first, so that nothing can stand in for one.
#[derive(Debug)]
pub struct Plugins<'a> {
    host: &'a Host,
    registry: Registry,
    grants: BTreeMap<DescriptorPath, Permissions>,
}

/// A handler that was asked for.
#[derive(Clone, Copy, Debug)]
pub struct Plugin<'a> {
    /// The handler.
    pub handler: &'a dyn EnvPackHandler,
    grants: Option<&'a Permissions>,
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
    Taken(#[from] DuplicateRegistration),
}

impl<'a> Plugins<'a> {
    /// The built-in packs, loaded.
    ///
    /// # Errors
    /// [`RegisterError`] when one of them does not load, which is a bug.
    pub fn new(host: &'a Host) -> Result<Self, RegisterError> {
        let mut plugins = Self { host, registry: Registry::default(), grants: BTreeMap::new() };
        for builtin in host.fetcher.builtins() {
            plugins.register_pack(&PackRef::Named(builtin), &Permissions::default())?;
        }
        Ok(plugins)
    }

    /// Registers a handler of the program's own.
    ///
    /// # Errors
    /// [`DuplicateRegistration`] when its path is taken.
    pub fn register(&mut self, handler: Box<dyn EnvPackHandler>) -> Result<(), DuplicateRegistration> {
        self.registry.register(handler, Origin { pack_ref: None, archive: None })
    }

    /// Loads a pack from wherever it is, and registers its handlers. They may do what is granted, as far as the pack declares it.
    ///
    /// # Errors
    /// [`RegisterError`]; handlers before the one whose path is taken are registered then.
    pub fn register_pack(
        &mut self,
        pack_ref: &PackRef,
        granted: &Permissions,
    ) -> Result<Vec<DescriptorPath>, RegisterError> {
        let failed = |source| RegisterError::Pack { pack_ref: pack_ref.clone(), source };
        let (_, pack) = packs::load(self.host, pack_ref).map_err(failed)?;
        let mut paths = Vec::new();
        for loaded in pack.handlers {
            let path = loaded.handler.descriptor_path().clone();
            let origin = Origin { pack_ref: Some(pack_ref.clone()), archive: Some(pack.digest) };
            self.registry.register(loaded.handler, origin)?;
            let undeclared = granted.without(&loaded.permissions);
            self.grants.insert(path.clone(), granted.without(&undeclared));
            paths.push(path);
        }
        Ok(paths)
    }

    /// The handler for a descriptor.
    ///
    /// # Errors
    /// [`ResolveError`] when nobody answers for the path, or not in this version.
    pub fn resolve(&self, kind: &PackDescriptor) -> Result<Plugin<'_>, ResolveError> {
        let handler = self.registry.resolve(kind)?;
        Ok(Plugin { handler, grants: self.grants.get(handler.descriptor_path()) })
    }

    /// Every handler, in the order in which they were registered.
    pub fn iter(&self) -> impl Iterator<Item = &dyn EnvPackHandler> {
        self.registry.iter().map(|(handler, _)| handler)
    }
}

impl Plugin<'_> {
    /// Runs the preflight with these answers, a JSON document.
    ///
    /// # Errors
    /// [`HandlerFault`] when the handler did not come to an answer.
    pub fn preflight(&self, environment: &EnvId, answers_json: &str) -> Result<Preflight, HandlerFault> {
        self.handler.preflight(&BindingContext {
            env_id: environment.clone(),
            instance_id: None,
            answers_json: answers_json.to_owned(),
            grants: self.grants.cloned().unwrap_or_default(),
        })
    }
}
