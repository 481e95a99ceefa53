//! The registry of an environment: handlers by descriptor path.

use crate::{
    CapabilitySlot, DescriptorPath, EnvPackHandler, PackDescriptor, PackRef, Sha256Digest, Version,
    VersionReq,
};

/// The source of a registered handler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The reference of its pack; `None` for a native handler of an embedding program.
    pub pack_ref: Option<PackRef>,
    /// The digest of its archive; `None` for a native handler.
    pub archive: Option<Sha256Digest>,
}

/// Handlers by descriptor path, in order of registration.
#[derive(Debug, Default)]
pub struct Registry {
    entries: Vec<(Box<dyn EnvPackHandler>, Origin)>,
}

impl Registry {
    /// Adds a handler.
    ///
    /// Registering the same path from the same archive again has no effect, because
    /// several instances of an extension share one pack.
    ///
    /// # Errors
    /// [`DuplicateRegistration`] when the path is registered by another pack. The first
    /// registration stays, so that no pack can shadow a built-in or another pack.
    pub fn register(
        &mut self,
        handler: Box<dyn EnvPackHandler>,
        origin: Origin,
    ) -> Result<(), DuplicateRegistration> {
        match self.entry(handler.descriptor_path()) {
            None => self.entries.push((handler, origin)),
            Some((_, kept)) if kept.archive.is_some() && kept.archive == origin.archive => {}
            Some((_, kept)) => {
                let path = handler.descriptor_path().clone();
                return Err(DuplicateRegistration { path, kept: kept.clone(), refused: origin });
            }
        }
        Ok(())
    }

    /// Finds the handler for a descriptor.
    ///
    /// # Errors
    /// [`ResolveError::Unknown`] or [`ResolveError::VersionUnsupported`]
    pub fn resolve(&self, kind: &PackDescriptor) -> Result<&dyn EnvPackHandler, ResolveError> {
        let (handler, _) = self
            .entry(kind.path())
            .ok_or_else(|| ResolveError::Unknown { path: kind.path().clone() })?;
        let supported = handler.supported_versions();
        if !supported.matches(kind.version()) {
            return Err(ResolveError::VersionUnsupported {
                path: kind.path().clone(),
                requested: kind.version().clone(),
                supported: supported.clone(),
            });
        }
        Ok(handler.as_ref())
    }

    /// Finds the handler for a descriptor, which must serve this slot. The slot is checked
    /// before the version.
    ///
    /// # Errors
    /// [`ResolveError`]
    pub fn resolve_for_slot(
        &self,
        kind: &PackDescriptor,
        slot: CapabilitySlot,
    ) -> Result<&dyn EnvPackHandler, ResolveError> {
        match self.entry(kind.path()) {
            Some((handler, _)) if handler.slot() != slot => Err(ResolveError::SlotMismatch {
                path: kind.path().clone(),
                expected: slot,
                actual: handler.slot(),
            }),
            _ => self.resolve(kind),
        }
    }

    /// Returns all handlers with their origins, in order of registration.
    pub fn iter(&self) -> impl Iterator<Item = (&dyn EnvPackHandler, &Origin)> {
        self.entries.iter().map(|(handler, origin)| (handler.as_ref(), origin))
    }

    /// Returns the origin of the handler for a path.
    pub fn origin(&self, path: &DescriptorPath) -> Option<&Origin> {
        self.entry(path).map(|(_, origin)| origin)
    }

    fn entry(&self, path: &DescriptorPath) -> Option<&(Box<dyn EnvPackHandler>, Origin)> {
        self.entries.iter().find(|(handler, _)| handler.descriptor_path() == path)
    }
}

/// The error for a second handler for a descriptor path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "descriptor path `{path}` is already registered by {}; {} was left out",
    describe_origin(.kept),
    describe_origin(.refused)
)]
pub struct DuplicateRegistration {
    /// The descriptor path.
    pub path: DescriptorPath,
    /// Origin of the registered handler.
    pub kept: Origin,
    /// Origin of the handler that was left out.
    pub refused: Origin,
}

fn describe_origin(origin: &Origin) -> String {
    match &origin.pack_ref {
        Some(PackRef::Builtin(name)) => format!("the built-in pack `{name}`"),
        Some(pack_ref) => format!("pack `{pack_ref}`"),
        None => "the program itself".to_owned(),
    }
}

/// The reason a descriptor has no handler.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// No handler is registered for the path.
    #[error("no handler is registered for `{path}`")]
    Unknown {
        /// The descriptor path.
        path: DescriptorPath,
    },
    /// The handler does not implement this version.
    #[error("handler `{path}` supports versions `{supported}`, not `{requested}`")]
    VersionUnsupported {
        /// The descriptor path.
        path: DescriptorPath,
        /// The requested version.
        requested: Version,
        /// The versions that the handler supports.
        supported: VersionReq,
    },
    /// The handler serves another slot.
    #[error("env-pack `{path}` serves slot `{actual}`, cannot be bound to `{expected}`")]
    SlotMismatch {
        /// The descriptor path.
        path: DescriptorPath,
        /// The requested slot.
        expected: CapabilitySlot,
        /// The slot that the handler serves.
        actual: CapabilitySlot,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Native(CapabilitySlot, DescriptorPath, VersionReq);

    impl EnvPackHandler for Native {
        fn slot(&self) -> CapabilitySlot {
            self.0
        }
        fn descriptor_path(&self) -> &DescriptorPath {
            &self.1
        }
        fn supported_versions(&self) -> &VersionReq {
            &self.2
        }
    }

    fn handler(slot: CapabilitySlot, path: &str, versions: &str) -> Box<dyn EnvPackHandler> {
        Box::new(Native(slot, path.parse().expect(path), versions.parse().expect(versions)))
    }

    fn origin(pack_ref: &str, archive: u8) -> Origin {
        Origin {
            pack_ref: Some(pack_ref.parse().expect(pack_ref)),
            archive: Some(Sha256Digest::from_bytes([archive; 32])),
        }
    }

    fn registry() -> Registry {
        let mut registry = Registry::default();
        let vault = handler(CapabilitySlot::Secrets, "acme.secrets.vault", "^0.4");
        registry.register(vault, origin("/vault.gtpack", 1)).expect("free");
        registry
    }

    #[track_caller]
    fn check(kind: &str, slot: CapabilitySlot, expected: Result<(), &str>) {
        let registry = registry();
        let found = registry.resolve_for_slot(&kind.parse().expect(kind), slot);
        assert_eq!(found.map(|_| ()).map_err(|e| e.to_string()), expected.map_err(str::to_owned));
    }

    #[test]
    fn a_descriptor_resolves_by_path_version_and_slot() {
        use CapabilitySlot::{Secrets, State};
        check("acme.secrets.vault@0.4.2", Secrets, Ok(()));
        check(
            "acme.secrets.other@0.4.2",
            Secrets,
            Err("no handler is registered for `acme.secrets.other`"),
        );
        check(
            "acme.secrets.vault@9.9.9",
            Secrets,
            Err("handler `acme.secrets.vault` supports versions `^0.4`, not `9.9.9`"),
        );
        let mismatch =
            "env-pack `acme.secrets.vault` serves slot `secrets`, cannot be bound to `state`";
        check("acme.secrets.vault@0.4.2", State, Err(mismatch));
        check("acme.secrets.vault@9.9.9", State, Err(mismatch));
    }

    #[test]
    fn the_first_registration_wins() {
        let mut registry = registry();
        let imposter = handler(CapabilitySlot::State, "acme.secrets.vault", "*");
        let refused =
            registry.register(imposter, origin("/imposter.gtpack", 2)).expect_err("taken");
        assert_eq!(
            refused.to_string(),
            "descriptor path `acme.secrets.vault` is already registered by pack `/vault.gtpack`; pack `/imposter.gtpack` was left out"
        );
        let kept = registry
            .resolve(&"acme.secrets.vault@0.4.0".parse().expect("a descriptor"))
            .expect("kept");
        assert_eq!(kept.slot(), CapabilitySlot::Secrets);
    }

    #[test]
    fn one_archive_can_be_registered_repeatedly() {
        let mut registry = registry();
        let again = handler(CapabilitySlot::Secrets, "acme.secrets.vault", "^0.4");
        registry.register(again, origin("/copy-of-vault.gtpack", 1)).expect("the same archive");
        assert_eq!(registry.iter().count(), 1);
    }

    #[test]
    fn native_handlers_for_one_path_conflict() {
        let mut registry = Registry::default();
        let native = || {
            (handler(CapabilitySlot::State, "a.b", "*"), Origin { pack_ref: None, archive: None })
        };
        let (first, origin) = native();
        registry.register(first, origin).expect("free");
        let (second, origin) = native();
        registry.register(second, origin).expect_err("taken");
    }
}
