//! A layout of our own: the same content gives the same bytes.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};

use env_pack_domain::{Sha256Digest, Sha256Hasher};
use tar::{Builder, EntryType, Header};

use super::{BLOBS, INDEX, LayoutEntry, LayoutError, MARKER, MARKER_TEXT, index};

/// A blob to be written.
pub struct LayoutBlob<'a> {
    /// Its size.
    pub bytes: u64,
    /// Where its content comes from, read when it is its turn.
    pub open: Box<dyn FnOnce() -> io::Result<Box<dyn Read>> + 'a>,
}

/// Writes a layout: these manifests, and the blobs they are about. Manifests need not be
/// among the blobs.
///
/// # Errors
/// [`LayoutError`] when a blob cannot be read or is not what its digest says, two
/// manifests have one reference, or `out` takes no more. What was written until then is
/// to be thrown away.
pub fn write<'a>(
    out: impl Write,
    entries: &'a [LayoutEntry],
    mut blobs: BTreeMap<Sha256Digest, LayoutBlob<'a>>,
) -> Result<(), LayoutError> {
    let mut sorted: Vec<&LayoutEntry> = entries.iter().collect();
    sorted.sort_by_key(|entry| (&entry.reference, entry.digest));
    sorted.dedup();
    let index = index::write(&sorted).map_err(|error| LayoutError::Write(error.into()))?;
    // what we would not read ourselves is not written
    index::read(&index)?;
    for LayoutEntry { digest, manifest, .. } in sorted {
        let bytes = manifest.len() as u64;
        let open = || Ok::<Box<dyn Read>, _>(Box::new(io::Cursor::new(manifest.clone())));
        blobs.insert(*digest, LayoutBlob { bytes, open: Box::new(open) });
    }
    let mut tar = Builder::new(out);
    append(&mut tar, MARKER, MARKER_TEXT.len() as u64, MARKER_TEXT.as_bytes())?;
    append(&mut tar, INDEX, index.len() as u64, index.as_slice())?;
    for (digest, LayoutBlob { bytes, open }) in blobs {
        let source = |source| LayoutError::Source { digest, source };
        let mut content = Hashed {
            content: open().map_err(source)?,
            hasher: Sha256Hasher::default(),
            bytes: 0,
            failed: None,
        };
        let written = append(&mut tar, &format!("{BLOBS}{}", digest.hex()), bytes, &mut content);
        if let Some(error) = content.failed {
            return Err(source(error));
        }
        written?;
        if content.bytes != bytes {
            return Err(LayoutError::Size { digest, declared: bytes, found: content.bytes });
        }
        let found = content.hasher.finish();
        if found != digest {
            return Err(LayoutError::Damaged { digest, found });
        }
    }
    tar.into_inner().and_then(|mut out| out.flush()).map_err(LayoutError::Write)
}

/// An entry that says nothing of who wrote it, and when.
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
    // one byte more than there should be is enough to know that there are too many
    tar.append(&header, content.take(bytes.saturating_add(1))).map_err(LayoutError::Write)
}

/// What is read here is hashed and counted.
struct Hashed {
    content: Box<dyn Read>,
    hasher: Sha256Hasher,
    bytes: u64,
    /// Why it could not be read to its end.
    failed: Option<io::Error>,
}

impl Read for Hashed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.content.read(buffer) {
            Ok(count) => {
                self.hasher.update(&buffer[..count]);
                self.bytes += count as u64;
                Ok(count)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => {
                self.failed = Some(error);
                Ok(0)
            }
        }
    }
}
