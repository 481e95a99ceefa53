//! A layout that somebody else wrote.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use env_pack_domain::{ForeignText, Sha256Digest, Sha256Hasher};

use super::header::{Extent, Name, scan, zeros};
use super::index::{self, LayoutDescriptor};
use super::{BLOBS, INDEX, LayoutEntry, LayoutError, LayoutLimits, MARKER};
use crate::fetch::file;

/// A layout in a tar file: where everything in it lies, and the manifests it lists. BlobStore
/// are read when they are asked for.
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
    /// [`LayoutError`]
    pub fn open(path: &Path, limits: &LayoutLimits) -> Result<Self, LayoutError> {
        let file = file::open(path)?;
        Self::read(file, limits)
    }
}

impl<R: Read + Seek> Layout<R> {
    /// Reads what is in a layout: every header, the two documents, and the manifests that
    /// are listed.
    ///
    /// # Errors
    /// [`LayoutError`] when anything is there that should not be, or the reverse. The
    /// content of blobs is not read yet.
    pub fn read(mut file: R, limits: &LayoutLimits) -> Result<Self, LayoutError> {
        let mut places = BTreeMap::new();
        for (name, extent) in scan(&mut file, limits)? {
            let shown = shown(&name);
            if places.insert(name, extent).is_some() {
                return Err(LayoutError::Duplicate { name: shown });
            }
        }
        let mut document = |name: Name| {
            let extent =
                places.get(&name).ok_or_else(|| LayoutError::Missing { name: shown(&name) })?;
            bytes(&mut file, *extent)
        };
        index::check_marker(&document(Name::Marker)?)?;
        let descriptors = index::read(&document(Name::Index)?)?;
        let blob = |(name, extent)| {
            if let Name::Blob(digest) = name { Some((digest, extent)) } else { None }
        };
        let blobs = places.into_iter().filter_map(blob).collect();
        let mut layout = Self { file, blobs, entries: Vec::new() };
        let mut left = limits.all_manifest_bytes;
        for descriptor in descriptors {
            let all =
                LayoutError::AllTooLarge { what: "manifests", limit: limits.all_manifest_bytes };
            left = left.checked_sub(descriptor.size).ok_or(all)?;
            let entry = layout.entry(&descriptor, limits)?;
            layout.entries.push(entry);
        }
        Ok(layout)
    }

    /// The manifests that are listed, in the order of the list.
    pub fn entries(&self) -> &[LayoutEntry] {
        &self.entries
    }

    /// Digest and size of every blob, sorted; manifests are among them.
    pub fn blobs(&self) -> impl Iterator<Item = (Sha256Digest, u64)> {
        self.blobs.iter().map(|(digest, extent)| (*digest, extent.bytes))
    }

    /// Copies a blob; its size.
    ///
    /// # Errors
    /// [`LayoutError::Missing`], [`LayoutError::Damaged`], and what reading and writing
    /// can end in. What was written until then is to be thrown away: only at its end
    /// is it known whether a blob is what its name says.
    pub fn copy(&mut self, digest: &Sha256Digest, out: &mut dyn Write) -> Result<u64, LayoutError> {
        let missing = || LayoutError::Missing { name: shown(&Name::Blob(*digest)) };
        let extent = *self.blobs.get(digest).ok_or_else(missing)?;
        self.file.seek(SeekFrom::Start(extent.at)).map_err(LayoutError::Read)?;
        let mut hasher = Sha256Hasher::default();
        let mut chunk = vec![0; 64 << 10];
        let mut left = extent.bytes;
        while left > 0 {
            let most = chunk.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            let count = match self.file.read(&mut chunk[..most]) {
                // it was long enough when it was opened
                Ok(0) => return Err(LayoutError::Truncated { name: shown(&Name::Blob(*digest)) }),
                Ok(count) => count,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(LayoutError::Read(error)),
            };
            hasher.update(&chunk[..count]);
            out.write_all(&chunk[..count]).map_err(LayoutError::Write)?;
            left -= count as u64;
        }
        let end = extent.at + extent.bytes;
        zeros(&mut self.file, Extent { at: end, bytes: extent.padded_end() - end }, "a blob")?;
        match hasher.finish() {
            found if found == *digest => Ok(extent.bytes),
            found => Err(LayoutError::Damaged { digest: *digest, found }),
        }
    }

    /// Reads a manifest as the list describes it.
    fn entry(
        &mut self,
        descriptor: &LayoutDescriptor,
        limits: &LayoutLimits,
    ) -> Result<LayoutEntry, LayoutError> {
        let (digest, declared) = (descriptor.digest()?, descriptor.size);
        let name = || shown(&Name::Blob(digest));
        let found =
            self.blobs.get(&digest).ok_or_else(|| LayoutError::Missing { name: name() })?.bytes;
        if found != declared {
            return Err(LayoutError::Size { digest, declared, found });
        }
        if found > limits.manifest_bytes {
            return Err(LayoutError::TooLarge {
                name: name(),
                bytes: found,
                limit: limits.manifest_bytes,
            });
        }
        let mut manifest = Vec::new();
        self.copy(&digest, &mut manifest)?;
        let (reference, media_type) =
            (descriptor.reference().cloned(), descriptor.media_type.clone());
        Ok(LayoutEntry { reference, media_type, manifest, digest })
    }
}

/// All of a small entry.
fn bytes(file: &mut (impl Read + Seek), extent: Extent) -> Result<Vec<u8>, LayoutError> {
    file.seek(SeekFrom::Start(extent.at)).map_err(LayoutError::Read)?;
    let mut bytes = Vec::new();
    file.take(extent.bytes).read_to_end(&mut bytes).map_err(LayoutError::Read)?;
    Ok(bytes)
}

fn shown(name: &Name) -> ForeignText {
    ForeignText::new(match name {
        Name::Marker => MARKER.to_owned(),
        Name::Index => INDEX.to_owned(),
        Name::Blob(digest) => format!("{BLOBS}{}", digest.hex()),
        Name::Folder(name) => name.clone(),
    })
}
