//! The registry of an environment: handlers by descriptor path.

use std::collections::HashMap;

use crate::pack_identity::is_same_pack;
use crate::{
    CapabilitySlot, DescriptorPath, EnvPackHandler, ForeignText, PackDescriptor, PackIdentity,
    PackRef, Sha256Digest, Version, VersionReq,
};

/// The source of a registered handler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The reference of its pack; `None` for a native handler of an embedding program.
    pub pack_ref: Option<PackRef>,
    /// The digest of its archive; `None` for a native handler.
    pub archive: Option<Sha256Digest>,
    /// The pack that the archive is a version of. `None` for a native handler, and for a pack of
    /// which only one version may be registered, such as a built-in pack.
    pub pack: Option<PackIdentity>,
    /// The id of the trusted key that signed the archive, if signatures are verified.
    pub signer: Option<ForeignText>,
}

impl Origin {
    /// The origin of a native handler of an embedding program.
    pub const NATIVE: Self = Self { pack_ref: None, archive: None, pack: None, signer: None };

    fn is_same_archive(&self, other: &Self) -> bool {
        self.archive.is_some() && self.archive == other.archive
    }

    fn is_same_pack(&self, other: &Self) -> bool {
        is_same_pack(
            (self.pack.as_ref(), self.signer.as_ref()),
            (other.pack.as_ref(), other.signer.as_ref()),
        )
    }
}

/// Handlers by descriptor path, in order of registration. A path may have several, from
/// different versions of one pack.
#[derive(Debug, Default)]
pub struct Registry {
    entries: Vec<Entry>,
    /// The positions of the entries of each path.
    positions: HashMap<DescriptorPath, Vec<usize>>,
}

type Entry = (Box<dyn EnvPackHandler>, Origin);

impl Registry {
    /// Adds a handler.
    ///
    /// Registering the same path from the same archive again has no effect, because
    /// several instances of an extension share one pack. Another version of the same pack is
    /// registered next to it.
    ///
    /// # Errors
    /// [`DuplicateRegistration`] when the path is registered by an unrelated pack. The first
    /// registration stays, so that no pack can shadow a built-in or another pack.
    pub fn register(
        &mut self,
        handler: Box<dyn EnvPackHandler>,
        origin: Origin,
    ) -> Result<(), DuplicateRegistration> {
        let path = handler.descriptor_path();
        if self.entries_of(path).any(|(_, kept)| kept.is_same_archive(&origin)) {
            return Ok(());
        }
        self.ensure_free(path, &origin)?;
        let at = self.entries.len();
        self.positions.entry(path.clone()).or_default().push(at);
        self.entries.push((handler, origin));
        Ok(())
    }

    /// Fails if a handler of this origin could not be registered for a path.
    ///
    /// # Errors
    /// [`DuplicateRegistration`] when the path is registered by an unrelated pack.
    pub fn ensure_free(
        &self,
        path: &DescriptorPath,
        origin: &Origin,
    ) -> Result<(), DuplicateRegistration> {
        let mut kept = self.entries_of(path).map(|(_, kept)| kept);
        match kept.find(|kept| !kept.is_same_archive(origin) && !kept.is_same_pack(origin)) {
            Some(kept) => Err(DuplicateRegistration {
                path: path.clone(),
                kept: kept.clone(),
                refused: origin.clone(),
            }),
            None => Ok(()),
        }
    }

    /// Finds the handler for a descriptor: the first that was registered for its path.
    ///
    /// # Errors
    /// [`ResolveError::Unknown`] or [`ResolveError::VersionUnsupported`]
    pub fn resolve(&self, kind: &PackDescriptor) -> Result<&dyn EnvPackHandler, ResolveError> {
        supporting(self.entries_of(kind.path()).next(), kind)
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
        serving(self.entries_of(kind.path()).next(), kind, slot)
    }

    /// Like [`resolve_for_slot`](Self::resolve_for_slot), for the handler from one archive.
    ///
    /// # Errors
    /// [`ResolveError`]
    pub fn resolve_in_archive(
        &self,
        kind: &PackDescriptor,
        slot: CapabilitySlot,
        archive: &Sha256Digest,
    ) -> Result<&dyn EnvPackHandler, ResolveError> {
        let mut entries = self.entries_of(kind.path());
        serving(entries.find(|(_, origin)| origin.archive.as_ref() == Some(archive)), kind, slot)
    }

    /// Returns all handlers with their origins, in order of registration.
    pub fn iter(&self) -> impl Iterator<Item = (&dyn EnvPackHandler, &Origin)> {
        self.entries.iter().map(|(handler, origin)| (handler.as_ref(), origin))
    }

    /// Returns the origin of the first handler for a path.
    pub fn origin(&self, path: &DescriptorPath) -> Option<&Origin> {
        self.entries_of(path).next().map(|(_, origin)| origin)
    }

    fn entries_of(&self, path: &DescriptorPath) -> impl Iterator<Item = &Entry> {
        self.positions.get(path).into_iter().flatten().map(|at| &self.entries[*at])
    }
}

/// Returns the handler if it serves the slot and supports the version.
fn serving<'a>(
    entry: Option<&'a Entry>,
    kind: &PackDescriptor,
    slot: CapabilitySlot,
) -> Result<&'a dyn EnvPackHandler, ResolveError> {
    match entry {
        Some((handler, _)) if handler.slot() != slot => Err(ResolveError::SlotMismatch {
            path: kind.path().clone(),
            expected: slot,
            actual: handler.slot(),
        }),
        _ => supporting(entry, kind),
    }
}

/// Returns the handler if it supports the version.
fn supporting<'a>(
    entry: Option<&'a Entry>,
    kind: &PackDescriptor,
) -> Result<&'a dyn EnvPackHandler, ResolveError> {
    let path = kind.path().clone();
    let Some((handler, _)) = entry else { return Err(ResolveError::Unknown { path }) };
    let supported = handler.supported_versions();
    if !supported.matches(kind.version()) {
        return Err(ResolveError::VersionUnsupported {
            path,
            requested: kind.version().clone(),
            supported: supported.clone(),
        });
    }
    Ok(handler.as_ref())
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
    #[error("env-pack `{path}` supports versions `{supported}`, not `{requested}`")]
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
            pack: None,
            signer: None,
        }
    }

    /// Returns the origin of a version of the pack `vault`.
    fn version_of_vault(publisher: &str, archive: u8) -> Origin {
        let pack = PackIdentity {
            id: ForeignText::new("vault"),
            version: format!("0.4.{archive}"),
            publisher: ForeignText::new(publisher),
        };
        Origin { pack: Some(pack), ..origin("/vault.gtpack", archive) }
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
            Err("env-pack `acme.secrets.vault` supports versions `^0.4`, not `9.9.9`"),
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
    fn versions_of_one_pack_are_registered_side_by_side() {
        let mut registry = Registry::default();
        let vault = |versions| handler(CapabilitySlot::Secrets, "acme.secrets.vault", versions);
        registry.register(vault("^0.4"), version_of_vault("acme", 1)).expect("free");
        registry.register(vault("^0.5"), version_of_vault("acme", 2)).expect("the same pack");
        registry.register(vault("^0.6"), version_of_vault("evil", 3)).expect_err("unrelated");
        let kind: PackDescriptor = "acme.secrets.vault@0.5.1".parse().expect("a descriptor");
        let resolve = |archive: u8| {
            let archive = Sha256Digest::from_bytes([archive; 32]);
            registry.resolve_in_archive(&kind, CapabilitySlot::Secrets, &archive)
        };
        assert!(matches!(resolve(1), Err(ResolveError::VersionUnsupported { .. })));
        assert!(resolve(2).is_ok());
        assert!(matches!(resolve(3), Err(ResolveError::Unknown { .. })));
    }

    #[test]
    fn the_origin_of_a_path_is_that_of_its_first_handler() {
        let mut registry = Registry::default();
        for (path, origin) in [
            ("acme.secrets.other", Origin::NATIVE),
            ("acme.secrets.vault", version_of_vault("acme", 1)),
            ("acme.secrets.vault", version_of_vault("acme", 2)),
        ] {
            let handler = handler(CapabilitySlot::Secrets, path, "*");
            registry.register(handler, origin).expect("free, or the same pack");
        }
        let origin = |path: &str| registry.origin(&path.parse().expect(path));
        assert_eq!(origin("acme.secrets.vault"), Some(&version_of_vault("acme", 1)));
        assert_eq!(origin("acme.secrets.none"), None);
    }

    #[test]
    fn native_handlers_for_one_path_conflict() {
        let mut registry = Registry::default();
        let native = || (handler(CapabilitySlot::State, "a.b", "*"), Origin::NATIVE);
        let (first, origin) = native();
        registry.register(first, origin).expect("free");
        let (second, origin) = native();
        registry.register(second, origin).expect_err("taken");
    }
}
