//! Reads a layout that another program may have written.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use env_pack_domain::{Sha256Digest, Sha256Hasher};

use super::entry::LayoutEntry;
use super::error::LayoutError;
use super::header::{EntryName, Extent, require_zeros, scan};
use super::index::{self, LayoutDescriptor};
use super::limits::LayoutLimits;
use crate::file;

/// A layout in a tar file: the positions of its blobs, and its manifests. Blobs are read on
/// demand.
#[derive(Debug)]
pub struct Layout<R> {
    file: R,
    blobs: BTreeMap<Sha256Digest, Extent>,
    entries: Vec<LayoutEntry>,
}

impl Layout<File> {
    /// Opens the regular file at this path.
    ///
    /// # Errors
    /// [`LayoutError`] if it cannot be read, or is not a valid layout.
    pub fn open(path: &Path, limits: &LayoutLimits) -> Result<Self, LayoutError> {
        let file = file::open(path)?;
        Self::read(file, limits)
    }
}

impl<R: Read + Seek> Layout<R> {
    /// Reads all tar headers, both documents, and the listed manifests.
    ///
    /// # Errors
    /// [`LayoutError`] if the layout is not valid. The content of other blobs is not
    /// checked yet.
    pub fn read(mut file: R, limits: &LayoutLimits) -> Result<Self, LayoutError> {
        let mut extents = BTreeMap::new();
        for (name, extent) in scan(&mut file, limits)? {
            let text = name.to_text();
            if extents.insert(name, extent).is_some() {
                return Err(LayoutError::Duplicate { name: text });
            }
        }
        let mut read_document = |name: EntryName| match extents.get(&name) {
            Some(extent) => read_extent(&mut file, *extent),
            None => Err(LayoutError::Missing { name: name.to_text() }),
        };
        index::check_marker(&read_document(EntryName::Marker)?)?;
        let descriptors = index::read(&read_document(EntryName::Index)?)?;
        let blobs = extents
            .into_iter()
            .filter_map(|(name, extent)| match name {
                EntryName::Blob(digest) => Some((digest, extent)),
                _ => None,
            })
            .collect();
        let mut layout = Self { file, blobs, entries: Vec::new() };
        let limit = limits.all_manifest_bytes;
        let mut bytes_left = limit;
        for descriptor in descriptors {
            bytes_left = bytes_left
                .checked_sub(descriptor.size)
                .ok_or(LayoutError::AllTooLarge { what: "manifests", limit })?;
            let entry = layout.read_entry(&descriptor, limits.manifest_bytes)?;
            layout.entries.push(entry);
        }
        Ok(layout)
    }

    /// The listed manifests, in the order of the index.
    pub fn entries(&self) -> &[LayoutEntry] {
        &self.entries
    }

    /// Digest and size of every blob, including manifests, sorted by digest.
    pub fn blobs(&self) -> impl Iterator<Item = (Sha256Digest, u64)> {
        self.blobs.iter().map(|(digest, extent)| (*digest, extent.bytes))
    }

    /// Copies a blob and returns its size.
    ///
    /// # Errors
    /// [`LayoutError::Missing`], [`LayoutError::Damaged`] or an I/O error. The digest is
    /// known only at the end, so discard the output after an error.
    pub fn copy(&mut self, digest: &Sha256Digest, out: &mut dyn Write) -> Result<u64, LayoutError> {
        let name = || EntryName::Blob(*digest).to_text();
        let extent =
            *self.blobs.get(digest).ok_or_else(|| LayoutError::Missing { name: name() })?;
        self.file.seek(SeekFrom::Start(extent.at)).map_err(LayoutError::Read)?;
        let mut hasher = Sha256Hasher::default();
        let mut chunk = vec![0; 64 << 10];
        let mut bytes_left = extent.bytes;
        while bytes_left > 0 {
            let wanted = chunk.len().min(usize::try_from(bytes_left).unwrap_or(usize::MAX));
            let count = match self.file.read(&mut chunk[..wanted]) {
                // another process truncated the file
                Ok(0) => return Err(LayoutError::Truncated { name: name() }),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(LayoutError::Read(error)),
            };
            hasher.update(&chunk[..count]);
            out.write_all(&chunk[..count]).map_err(LayoutError::Write)?;
            bytes_left -= count as u64;
        }
        let end = extent.at + extent.bytes;
        let padding = Extent { at: end, bytes: extent.padded_end() - end };
        require_zeros(&mut self.file, padding, "a blob")?;
        let found = hasher.finish();
        if found != *digest {
            return Err(LayoutError::Damaged { digest: *digest, found });
        }
        Ok(extent.bytes)
    }

    /// Reads the manifest of a descriptor.
    fn read_entry(
        &mut self,
        descriptor: &LayoutDescriptor,
        limit: u64,
    ) -> Result<LayoutEntry, LayoutError> {
        let digest = descriptor.digest()?;
        let declared = descriptor.size;
        let name = EntryName::Blob(digest).to_text();
        let Some(Extent { bytes: found, .. }) = self.blobs.get(&digest).copied() else {
            return Err(LayoutError::Missing { name });
        };
        if found != declared {
            return Err(LayoutError::Size { digest, declared, found });
        }
        if found > limit {
            return Err(LayoutError::TooLarge { name, bytes: found, limit });
        }
        let mut manifest = Vec::new();
        self.copy(&digest, &mut manifest)?;
        let reference = descriptor.reference().cloned();
        Ok(LayoutEntry { reference, media_type: descriptor.media_type.clone(), manifest, digest })
    }
}

fn read_extent(file: &mut (impl Read + Seek), extent: Extent) -> Result<Vec<u8>, LayoutError> {
    file.seek(SeekFrom::Start(extent.at)).map_err(LayoutError::Read)?;
    let mut bytes = Vec::new();
    file.take(extent.bytes).read_to_end(&mut bytes).map_err(LayoutError::Read)?;
    Ok(bytes)
}
