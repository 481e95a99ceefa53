//! `.gtpack` archives: zip bytes to a verified manifest and component bytes, and back.
//!
//! This room knows no paths, no network and no WebAssembly. It admits only archives of
//! the canonical zip profile, refuses whole what it refuses, and never extracts anything
//! to disk.

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

pub use component_manifests::ComponentFault;
pub use declaration::{HandlerDeclaration, parse_permissions};
pub use diagnose::{ArchiveDiagnosis, diagnose};
pub use error::ArchiveError;
pub use limits::ArchiveLimits;
pub use repack::{EntryChange, Repacked, RepackedEntry, repack};
pub use rules::ZipRule;
pub use write::{NewHandler, NewPack, write};

/// The world that makes a component a handler, as this version writes it.
pub const HANDLER_WORLD: &str = "greentic:env-pack/env-pack-handler@0.1.0";
/// The world of a handler in any version.
const HANDLER_WORLDS: &str = "greentic:env-pack/env-pack-handler@";
const MANIFEST: &str = "manifest.cbor";
const SBOM: &str = "sbom.cbor";
/// The bill of materials as an older writer spells it.
const LEGACY_SBOM: &str = "sbom.json";

/// A pack whose manifest, bill of materials and components agree.
#[derive(Debug)]
pub struct Pack {
    /// The pack's id.
    pub id: ForeignText,
    /// The pack's version.
    pub version: String,
    /// Who publishes it.
    pub publisher: ForeignText,
    /// Every entry, in the order of the archive.
    pub entries: Vec<EntryInfo>,
    /// Every component that is a handler; none in the packs that flows are made of.
    pub handlers: Vec<PackedHandler>,
}

/// An entry of a pack, without its content.
#[derive(Clone, Debug)]
pub struct EntryInfo {
    /// Its name.
    pub name: ForeignText,
    /// Its size, in bytes.
    pub size: u64,
    /// The BLAKE3 hash of its content, in hexadecimal, as the bill of materials has it.
    pub blake3: String,
}

/// A handler as it lies in a pack: nobody has run it yet.
#[derive(Debug)]
pub struct PackedHandler {
    /// The id of its component.
    pub component: ForeignText,
    /// The entry that holds it.
    pub entry: ForeignText,
    /// The world its component claims to implement.
    pub world: ForeignText,
    /// The component.
    pub bytes: Vec<u8>,
    /// The digest of the component.
    pub digest: Sha256Digest,
    /// What the pack says of it, if it says anything.
    pub declared: Option<HandlerDeclaration>,
}

/// What becomes of a fault that others may follow: whoever wants the first one only gives
/// it back, and nothing more is looked at.
type OnFault<'a> = &'a mut dyn FnMut(ArchiveError) -> Result<(), ArchiveError>;

/// An entry in memory.
struct NewEntry {
    name: String,
    content: Vec<u8>,
}

/// What every WebAssembly component begins with, and no archive.
pub const WASM: &[u8] = b"\0asm";

/// Opens an archive and checks all of it: container, bill of materials, manifest,
/// components.
///
/// # Errors
/// [`ArchiveError`] with the first thing that is wrong.
pub fn open(bytes: &[u8], limits: &ArchiveLimits) -> Result<Pack, ArchiveError> {
    if bytes.starts_with(WASM) {
        return Err(ArchiveError::BareComponent);
    }
    let entries = profile::check(bytes, limits)?;
    let mut reader = entry_reader::EntryReader::new(bytes, limits)?;
    let manifest = manifest::read(&mut reader)?;
    let bill = sbom::read(&mut reader)?;
    sbom::verify(&bill, &entries, &mut Err)?;
    manifest::build_pack(manifest, entries, |name| reader.content(name), &mut Err)
}

#[cfg(test)]
mod tests;
