//! `.gtpack` archives: zip bytes to a verified manifest and component bytes, and back.
//!
//! This room knows no paths, no network and no WebAssembly. It admits only archives of the canonical zip profile, refuses
//! whole what it refuses, and never extracts anything to disk.

mod declared;
mod error;
mod limits;
mod manifest;
mod profile;
mod sbom;
mod write;

use std::io::{Cursor, Read as _};

use env_pack_domain::{ForeignText, Sha256Digest};

pub use declared::Declared;
pub use error::ArchiveError;
pub use limits::Limits;
pub use profile::Rule;
pub use write::{NewHandler, NewPack, write};

/// The world that makes a component a handler, as this version writes it.
pub const HANDLER_WORLD: &str = "greentic:env-pack/env-pack-handler@0.1.0";
/// The world of a handler in any version.
const HANDLER_WORLDS: &str = "greentic:env-pack/env-pack-handler@";
const MANIFEST: &str = "manifest.cbor";
const SBOM: &str = "sbom.cbor";

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
#[derive(Debug)]
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
    /// The world its component claims to implement.
    pub world: ForeignText,
    /// The component.
    pub bytes: Vec<u8>,
    /// The digest of the component.
    pub digest: Sha256Digest,
    /// What the pack says of it, if it says anything.
    pub declared: Option<Declared>,
}

/// An entry in memory.
struct Entry {
    name: String,
    content: Vec<u8>,
}

/// Opens an archive and checks all of it: container, bill of materials, manifest, components.
///
/// # Errors
/// [`ArchiveError`] with the first thing that is wrong.
pub fn open(bytes: &[u8], limits: &Limits) -> Result<Pack, ArchiveError> {
    profile::check(bytes, limits)?;
    let entries = read_entries(bytes, limits)?;
    for document in [MANIFEST, SBOM] {
        let content = find(&entries, document).ok_or(ArchiveError::NoEntry { entry: document })?;
        if content.len() as u64 > limits.manifest_bytes {
            let limit = limits.manifest_bytes;
            return Err(ArchiveError::DocumentTooLarge { entry: document, bytes: content.len(), limit });
        }
    }
    sbom::verify(&entries)?;
    manifest::read(entries)
}

/// Reads every entry into memory. The profile has bounded their sizes already; the zip reader is held to them all the same.
fn read_entries(bytes: &[u8], limits: &Limits) -> Result<Vec<Entry>, ArchiveError> {
    let unreadable = |entry: &str, reason: String| ArchiveError::Unreadable {
        entry: ForeignText::excerpt(entry),
        reason: ForeignText::sentence(&reason),
    };
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|error| unreadable("", error.to_string()))?;
    let mut entries = Vec::with_capacity(zip.len());
    for index in 0..zip.len() {
        let file = zip.by_index(index).map_err(|error| unreadable("", error.to_string()))?;
        let name = file.name().map_err(|error| unreadable("", error.to_string()))?.into_owned();
        let mut content = Vec::new();
        let mut bounded = file.take(limits.entry_bytes + 1);
        bounded.read_to_end(&mut content).map_err(|error| unreadable(&name, error.to_string()))?;
        entries.push(Entry { name, content });
    }
    Ok(entries)
}

fn find<'a>(entries: &'a [Entry], name: &str) -> Option<&'a [u8]> {
    entries.iter().find(|entry| entry.name == name).map(|entry| entry.content.as_slice())
}

#[cfg(test)]
mod tests;
