//! Writes a layout. The same content gives the same bytes.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};

use env_pack_domain::{Sha256Digest, Sha256Hasher};
use tar::{Builder, EntryType, Header};

use super::entry::{BLOBS, INDEX, LayoutEntry, MARKER, MARKER_TEXT};
use super::error::LayoutError;
use super::index;

/// A blob to be written.
pub struct LayoutBlob<'a> {
    /// The size, in bytes.
    pub bytes: u64,
    /// Opens the content. It is called when the blob is written.
    pub open: Box<dyn FnOnce() -> io::Result<Box<dyn Read>> + 'a>,
}

/// Writes a layout with these manifests and blobs. The manifests are added to the blobs.
///
/// # Errors
/// [`LayoutError`] if a blob cannot be read or does not have its digest, two manifests have
/// the same reference, or `out` fails. Discard the output then.
pub fn write<'a>(
    out: impl Write,
    entries: &'a [LayoutEntry],
    mut blobs: BTreeMap<Sha256Digest, LayoutBlob<'a>>,
) -> Result<(), LayoutError> {
    let mut sorted: Vec<&LayoutEntry> = entries.iter().collect();
    sorted.sort_by_key(|entry| (&entry.reference, entry.digest));
    sorted.dedup();
    let index = index::write(&sorted).map_err(|error| LayoutError::Write(error.into()))?;
    // an index that `read` refuses is not written
    index::read(&index)?;
    for LayoutEntry { digest, manifest, .. } in sorted {
        let bytes = manifest.len() as u64;
        let open = || Ok::<Box<dyn Read>, _>(Box::new(io::Cursor::new(manifest.clone())));
        blobs.insert(*digest, LayoutBlob { bytes, open: Box::new(open) });
    }
    let mut tar = Builder::new(out);
    append(&mut tar, MARKER, MARKER_TEXT.len() as u64, MARKER_TEXT.as_bytes())?;
    append(&mut tar, INDEX, index.len() as u64, index.as_slice())?;
    for (digest, blob) in blobs {
        append_blob(&mut tar, digest, blob)?;
    }
    tar.into_inner().and_then(|mut out| out.flush()).map_err(LayoutError::Write)
}

fn append_blob(
    tar: &mut Builder<impl Write>,
    digest: Sha256Digest,
    blob: LayoutBlob<'_>,
) -> Result<(), LayoutError> {
    let declared = blob.bytes;
    let content = (blob.open)().map_err(|source| LayoutError::Source { digest, source })?;
    let mut reader =
        HashingReader { content, hasher: Sha256Hasher::default(), bytes: 0, error: None };
    let result = append(tar, &format!("{BLOBS}{}", digest.hex()), declared, &mut reader);
    if let Some(source) = reader.error {
        return Err(LayoutError::Source { digest, source });
    }
    result?;
    if reader.bytes != declared {
        return Err(LayoutError::Size { digest, declared, found: reader.bytes });
    }
    let found = reader.hasher.finish();
    if found != digest {
        return Err(LayoutError::Damaged { digest, found });
    }
    Ok(())
}

/// Appends an entry without owner and time.
fn append(
    tar: &mut Builder<impl Write>,
    name: &str,
    bytes: u64,
    content: impl Read,
) -> Result<(), LayoutError> {
    let mut header = Header::new_ustar();
    header.set_path(name).map_err(LayoutError::Write)?;
    header.set_entry_type(EntryType::Regular);
    header.set_size(bytes);
    header.set_mode(0o644);
    header.set_mtime(0);
    header.set_uid(0);
    header.set_gid(0);
    header.set_cksum();
    // one byte more than declared, to notice content that is too long
    tar.append(&header, content.take(bytes.saturating_add(1))).map_err(LayoutError::Write)
}

/// Hashes and counts the bytes that are read through it.
struct HashingReader {
    content: Box<dyn Read>,
    hasher: Sha256Hasher,
    bytes: u64,
    /// The I/O error that ended the content, to tell it from errors of the output.
    error: Option<io::Error>,
}

impl Read for HashingReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.content.read(buffer) {
            Ok(count) => {
                self.hasher.update(&buffer[..count]);
                self.bytes += count as u64;
                Ok(count)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => {
                self.error = Some(error);
                Ok(0)
            }
        }
    }
}
