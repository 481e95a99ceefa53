//! Opens a canonical archive, and verifies all of it.

use super::entry_reader::EntryReader;
use super::error::ArchiveError;
use super::limits::ArchiveLimits;
use super::manifest;
use super::pack::Pack;
use super::profile;
use super::sbom;

/// The first bytes of every WebAssembly binary. No zip archive starts with them.
pub const WASM: &[u8] = b"\0asm";

/// Opens an archive and verifies all of it: container, bill of materials, manifest and
/// components.
///
/// # Errors
/// [`ArchiveError`] with the first problem.
pub fn open<'a>(bytes: &'a [u8], limits: &ArchiveLimits) -> Result<Pack<'a>, ArchiveError> {
    if bytes.starts_with(WASM) {
        return Err(ArchiveError::BareComponent);
    }
    // the profile of a canonical archive: every byte of the zip container means the same to all
    // zip readers
    let entries = profile::check(bytes, limits)?;
    let mut reader = EntryReader::new(bytes, limits)?;
    let parsed_manifest = manifest::read(&mut reader)?;
    let listed = sbom::read(&mut reader)?;
    // `Err` as the callback returns each fault, so that reading stops at the first one
    sbom::verify(&listed, &entries, &mut Err)?;
    manifest::build_pack(parsed_manifest, entries, &mut reader, &mut Err)
}
