//! `.gtpack` archives: from zip bytes to a verified manifest and component bytes, and
//! back.
//!
//! - [`open`] verifies an archive completely and returns a [`Pack`].
//! - [`write`](fn@write) makes a new archive.
//! - [`repack`](fn@repack) rewrites a non-canonical archive.
//! - [`diagnose`](fn@diagnose) lists all problems of an archive.
//!
//! This module knows no paths, no network and no WebAssembly. It admits only archives of
//! the canonical zip profile, and never extracts anything to disk.

mod application;
mod cbor;
mod component_manifests;
mod content;
mod declaration;
mod diagnose;
mod entry_names;
mod entry_reader;
mod error;
mod legacy_manifest;
mod lenient;
mod limits;
mod manifest;
mod profile;
mod records;
mod repack;
mod rules;
mod sbom;
mod write;

use env_pack_domain::{ForeignText, Sha256Digest};

use entry_reader::EntryReader;

pub use component_manifests::ComponentFault;
pub use declaration::{HandlerDeclaration, parse_permissions};
pub use diagnose::{ArchiveDiagnosis, diagnose};
pub use error::ArchiveError;
pub use limits::ArchiveLimits;
pub use repack::{EntryChange, Repacked, RepackedEntry, repack};
pub use rules::ZipRule;
pub use write::{NewHandler, NewPack, write};

const MANIFEST: &str = "manifest.cbor";
const SBOM: &str = "sbom.cbor";
/// The bill of materials in JSON, as the legacy writer names it.
const LEGACY_SBOM: &str = "sbom.json";

/// A pack whose manifest, bill of materials and components agree.
#[derive(Debug)]
pub struct Pack {
    /// Identifies the pack, such as `acme.secrets.vault`.
    pub id: ForeignText,
    /// A SemVer version.
    pub version: String,
    /// The name of the publisher, as the pack states it.
    pub publisher: ForeignText,
    /// All entries, in the order of the archive.
    pub entries: Vec<EntryInfo>,
    /// The components that are handlers; empty in packs of other kinds.
    pub handlers: Vec<PackedHandler>,
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
pub struct PackedHandler {
    /// The id of its component.
    pub component: ForeignText,
    /// The name of the entry that holds it.
    pub entry: ForeignText,
    /// The world that the manifest states for it.
    pub world: ForeignText,
    /// The WebAssembly component.
    pub bytes: Vec<u8>,
    /// SHA-256 of `bytes`.
    pub digest: Sha256Digest,
    /// Its declaration, if the manifest has one.
    pub declared: Option<HandlerDeclaration>,
}

/// Receives a fault after which reading can continue. It returns the fault to stop, or
/// `Ok` to continue.
type OnFault<'a> = &'a mut dyn FnMut(ArchiveError) -> Result<(), ArchiveError>;

/// An entry to be written.
struct NewEntry {
    name: String,
    content: Vec<u8>,
}

/// The first bytes of every WebAssembly binary. No zip archive starts with them.
pub const WASM: &[u8] = b"\0asm";

/// Opens an archive and verifies all of it: container, bill of materials, manifest and
/// components.
///
/// # Errors
/// [`ArchiveError`] with the first problem.
pub fn open(bytes: &[u8], limits: &ArchiveLimits) -> Result<Pack, ArchiveError> {
    if bytes.starts_with(WASM) {
        return Err(ArchiveError::BareComponent);
    }
    let entries = profile::check(bytes, limits)?;
    let mut reader = EntryReader::new(bytes, limits)?;
    let manifest = manifest::read(&mut reader)?;
    let sbom = sbom::read(&mut reader)?;
    sbom::verify(&sbom, &entries, &mut Err)?;
    manifest::build_pack(manifest, entries, |name| reader.content(name), &mut Err)
}

#[cfg(test)]
mod tests;
