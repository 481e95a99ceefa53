//! Pins: the exact bytes of a bound pack, and what they may do.

use crate::pack_identity::is_same_pack;
use crate::{
    CapabilitySlot, ConfigPack, DescriptorPath, EnvPackHandler, ForeignText, PackIdentity,
    Permissions, Sha256Digest, VersionReq,
};

/// The bytes, handlers and permissions that a pack had when it was bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    /// The digest of the OCI manifest, for a pack from a registry.
    pub manifest: Option<Sha256Digest>,
    /// The digest of the archive.
    pub archive: Sha256Digest,
    /// The size of the archive, in bytes.
    pub size: u64,
    /// The identity of the pack; none for a component without an archive, and for pins of
    /// early versions of this program.
    pub pack: Option<PackIdentity>,
    /// The handlers in the pack; empty for a pack that is bound as an extension without one.
    pub handlers: Vec<PinnedHandler>,
    /// The permissions that the operator granted to the binding.
    pub grants: Permissions,
    /// The id of the key whose signature was verified when the pack was bound. For people
    /// only: the signature is verified again each time the pack is loaded.
    pub signer: Option<ForeignText>,
    /// The time of pinning, as an [RFC 3339](https://www.rfc-editor.org/rfc/rfc3339)
    /// timestamp.
    pub locked_at: String,
}

/// The metadata that a handler returned when its pack was bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinnedHandler {
    /// The id of its component.
    pub component: ForeignText,
    /// The digest of its component.
    pub digest: Sha256Digest,
    /// The slot that the handler serves.
    pub slot: CapabilitySlot,
    /// The descriptor path that the handler serves.
    pub descriptor_path: DescriptorPath,
    /// The descriptor versions that the handler supports.
    pub supported_versions: VersionReq,
}

impl Pin {
    /// Returns true if the other pin has the same bytes and permissions. The time of pinning
    /// does not matter.
    pub fn has_same_content(&self, other: &Self) -> bool {
        *self == Self { locked_at: self.locked_at.clone(), ..other.clone() }
    }

    /// Returns true if both archives are the same, or versions of one pack.
    pub fn is_same_pack(&self, other: &Self) -> bool {
        self.archive == other.archive
            || is_same_pack(
                (self.pack.as_ref(), self.signer.as_ref()),
                (other.pack.as_ref(), other.signer.as_ref()),
            )
    }

    /// Returns false for a pack that is bound as an extension without a handler.
    pub fn has_handler(&self) -> bool {
        !self.handlers.is_empty()
    }

    /// Returns the pack as an extension without a handler; none if it has a handler.
    pub fn config_pack(&self) -> Option<ConfigPack> {
        let identity = self.pack.as_ref().filter(|_| !self.has_handler())?;
        ConfigPack::new(identity).ok()
    }

    /// Returns the descriptor path that the handler in a component had when it was pinned.
    pub fn path_of(&self, component: &ForeignText) -> Option<&DescriptorPath> {
        let handler = self.handlers.iter().find(|handler| handler.component == *component);
        handler.map(|handler| &handler.descriptor_path)
    }

    /// Returns the descriptor paths that the pack provides: those of its handlers, or its own id.
    pub fn paths(&self) -> Vec<DescriptorPath> {
        let own = self.config_pack().map(|pack| pack.descriptor_path().clone());
        let handled = self.handlers.iter().map(|handler| handler.descriptor_path.clone());
        handled.chain(own).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pin(archive: u8, identity: Option<(&str, &str)>, signer: Option<&str>) -> Pin {
        Pin {
            manifest: None,
            archive: Sha256Digest::from_bytes([archive; 32]),
            size: 1,
            pack: identity.map(|(id, publisher)| PackIdentity {
                id: ForeignText::new(id),
                version: "1.0.0".to_owned(),
                publisher: ForeignText::new(publisher),
            }),
            handlers: Vec::new(),
            grants: Permissions::default(),
            signer: signer.map(ForeignText::new),
            locked_at: "2026-11-30T00:00:00Z".to_owned(),
        }
    }

    #[test]
    fn versions_of_a_pack_have_its_id_and_its_publisher_or_signer() {
        let vault = pin(1, Some(("vault", "acme")), None);
        assert!(vault.is_same_pack(&pin(2, Some(("vault", "acme")), Some("k1"))));
        assert!(!vault.is_same_pack(&pin(2, Some(("other", "acme")), None)));
        assert!(!vault.is_same_pack(&pin(2, Some(("vault", "evil")), None)));
        assert!(!vault.is_same_pack(&pin(2, None, None)));
        let signed = pin(1, Some(("vault", "acme")), Some("k1"));
        assert!(signed.is_same_pack(&pin(2, Some(("vault", "acme inc.")), Some("k1"))));
        assert!(!signed.is_same_pack(&pin(2, Some(("vault", "acme inc.")), Some("k2"))));
        assert!(!signed.is_same_pack(&pin(2, Some(("other", "acme inc.")), Some("k1"))));
    }

    #[test]
    fn without_an_identity_only_the_same_archive_is_the_same_pack() {
        assert!(pin(1, None, None).is_same_pack(&pin(1, Some(("vault", "acme")), None)));
        assert!(!pin(1, None, None).is_same_pack(&pin(2, None, None)));
    }

    #[test]
    fn a_pack_provides_the_descriptor_paths_of_its_handlers() {
        let handler = |path: &str| PinnedHandler {
            component: ForeignText::new(path),
            digest: Sha256Digest::from_bytes([7; 32]),
            slot: CapabilitySlot::Secrets,
            descriptor_path: path.parse().expect(path),
            supported_versions: "*".parse().expect("a requirement"),
        };
        let handlers = vec![handler("acme.secrets.vault"), handler("acme.secrets.kms")];
        let pack = Pin { handlers, ..pin(1, Some(("acme.vault", "acme")), None) };
        assert!(pack.has_handler());
        assert_eq!(pack.config_pack(), None);
        let provides = |path: &str| pack.paths().contains(&path.parse().expect(path));
        assert!(provides("acme.secrets.vault"));
        assert!(provides("acme.secrets.kms"));
        assert!(!provides("acme.vault"));
    }

    #[test]
    fn a_pack_without_a_handler_provides_its_own_id() {
        let pack = pin(1, Some(("acme.fast2flow.router", "acme")), None);
        assert!(!pack.has_handler());
        let paths = pack.paths();
        assert_eq!(
            paths.iter().map(DescriptorPath::as_str).collect::<Vec<_>>(),
            ["acme.fast2flow.router"]
        );
        assert!(pin(1, Some(("router", "acme")), None).paths().is_empty());
        assert!(pin(1, None, None).paths().is_empty());
    }

    #[test]
    fn the_time_of_pinning_is_not_content() {
        let early = pin(1, None, None);
        let late = Pin { locked_at: "2027-01-01T00:00:00Z".to_owned(), ..early.clone() };
        assert!(early.has_same_content(&late));
        assert!(!early.has_same_content(&Pin { size: 2, ..late }));
    }
}
