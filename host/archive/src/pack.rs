//! A pack as the host uses it: its entries and handlers.

use env_pack_domain::{DescriptorPath, ForeignText, Permissions, Sha256Digest};

use super::component_bytes::ComponentBytes;
use super::declaration::HandlerDeclaration;

/// A pack whose manifest, bill of materials and components agree.
#[derive(Debug)]
pub struct Pack<'a> {
    /// Identifies the pack, such as `acme.secrets.vault`.
    pub id: ForeignText,
    /// A SemVer version.
    pub version: String,
    /// The name of the publisher, as the pack states it.
    pub publisher: ForeignText,
    /// All entries, in the order of the archive.
    pub entries: Vec<EntryInfo>,
    /// The content of [`ANSWERS_SCHEMA`](super::ANSWERS_SCHEMA), unchecked, if there is one.
    pub answers_schema: Option<Vec<u8>>,
    /// The components that are handlers; empty in packs of other kinds.
    pub handlers: Vec<PackedHandler<'a>>,
}

impl Pack<'_> {
    /// Returns the permissions that its handlers declare.
    pub fn declared_permissions(&self) -> Permissions {
        let mut all = Permissions::default();
        for declared in self.handlers.iter().filter_map(|handler| handler.declared.as_ref()) {
            all.tools.extend_from_slice(&declared.permissions.tools);
            all.network.extend_from_slice(&declared.permissions.network);
        }
        all.merged()
    }

    /// Returns the permissions that the handler of a descriptor path declares.
    pub fn permissions_of(&self, path: &DescriptorPath) -> Permissions {
        let mut declared = self.handlers.iter().filter_map(|handler| handler.declared.as_ref());
        let handler = declared.find(|declared| declared.descriptor_path == *path);
        handler.map(|declared| declared.permissions.clone()).unwrap_or_default()
    }
}

/// An entry of a pack, without its content.
#[derive(Clone, Debug)]
pub struct EntryInfo {
    /// Its path within the archive.
    pub name: ForeignText,
    /// Size of its content, in bytes.
    pub size: u64,
    /// BLAKE3 hash of its content, in lowercase hexadecimal.
    pub blake3: String,
}

/// A handler component in a pack, which has not been compiled or run.
#[derive(Debug)]
pub struct PackedHandler<'a> {
    /// The id of its component.
    pub component: ForeignText,
    /// The name of the entry that holds it.
    pub entry: ForeignText,
    /// The world that the manifest states for it.
    pub world: ForeignText,
    /// The WebAssembly component.
    pub bytes: ComponentBytes<'a>,
    /// SHA-256 of `bytes`.
    pub digest: Sha256Digest,
    /// Its declaration, if the manifest has one.
    pub declared: Option<HandlerDeclaration>,
}
