//! A fetched pack: its bytes, digest and origin.

use std::borrow::Cow;

use env_pack_domain::{OciRef, Sha256Digest};

use super::oci::manifest::PackFormat;
use super::oci::pull::{FetchedManifest, ResolvedPack};

/// The bytes of a pack.
#[derive(Debug)]
pub struct FetchedPack {
    /// The archive or component.
    pub bytes: Cow<'static, [u8]>,
    /// The digest of `bytes`.
    pub digest: Sha256Digest,
    /// The format of `bytes`.
    pub format: PackFormat,
    /// Whether the pack is part of this program.
    pub is_builtin: bool,
    /// The registry that it is from.
    pub(super) origin: Option<RegistryOrigin>,
}

/// The place of a pack in a registry.
#[derive(Clone, Debug)]
pub(super) struct RegistryOrigin {
    pub reference: OciRef,
    pub manifest: FetchedManifest,
}

impl FetchedPack {
    /// An archive that is not from a registry.
    pub(super) fn from_archive(bytes: impl Into<Cow<'static, [u8]>>) -> Self {
        let bytes = bytes.into();
        let digest = Sha256Digest::compute(&bytes);
        Self { bytes, digest, format: PackFormat::Archive, is_builtin: false, origin: None }
    }

    /// The layer of a resolved reference.
    pub(super) fn from_registry(
        reference: &OciRef,
        resolved: ResolvedPack,
        bytes: Vec<u8>,
    ) -> Self {
        let ResolvedPack { manifest, layer, format } = resolved;
        Self {
            bytes: bytes.into(),
            digest: layer.digest,
            format,
            is_builtin: false,
            origin: Some(RegistryOrigin { reference: reference.clone(), manifest }),
        }
    }

    /// The digest of the manifest, if the pack is from a registry.
    pub fn manifest(&self) -> Option<Sha256Digest> {
        self.origin.as_ref().map(|origin| origin.manifest.digest)
    }
}
