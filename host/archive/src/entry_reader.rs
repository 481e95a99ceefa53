//! Reads entries by name with the `zip` crate. It is used only on archives that passed
//! [`profile::check`](super::profile::check).

use std::io::{Cursor, Read};

use env_pack_domain::ForeignText;
use zip::read::ZipFile;
use zip::{CompressionMethod, ZipArchive};

use super::component_bytes::ComponentBytes;
use super::error::ArchiveError;
use super::limits::ArchiveLimits;

/// Random access to the entries of a checked archive.
pub(super) struct EntryReader<'a, 'b> {
    bytes: &'a [u8],
    zip: ZipArchive<Cursor<&'a [u8]>>,
    limits: &'b ArchiveLimits,
}

impl<'a, 'b> EntryReader<'a, 'b> {
    /// The limits of the archive.
    pub(crate) fn limits(&self) -> &ArchiveLimits {
        self.limits
    }

    /// Opens an archive that passed the profile.
    pub(crate) fn new(bytes: &'a [u8], limits: &'b ArchiveLimits) -> Result<Self, ArchiveError> {
        let zip = ZipArchive::new(Cursor::new(bytes)).map_err(|error| unreadable("", &error))?;
        Ok(Self { bytes, zip, limits })
    }

    /// Returns true if there is an entry of this name.
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.zip.index_for_name(name).is_some()
    }

    /// Reads a required document, up to [`ArchiveLimits::manifest_bytes`].
    pub(crate) fn document(&mut self, name: &'static str) -> Result<Vec<u8>, ArchiveError> {
        let Some(index) = self.zip.index_for_name(name) else {
            return Err(ArchiveError::MissingEntry { entry: name });
        };
        let file = self.zip.by_index(index).map_err(|error| unreadable(name, &error))?;
        let bytes = file.size();
        let limit = self.limits.manifest_bytes;
        if bytes > limit {
            return Err(ArchiveError::DocumentTooLarge { entry: name, bytes, limit });
        }
        read_up_to(limit, file, name)
    }

    /// Returns a component without inflating it; `None` if there is no entry of this name.
    pub(crate) fn component(
        &mut self,
        name: &str,
    ) -> Result<Option<ComponentBytes<'a>>, ArchiveError> {
        let Some(index) = self.zip.index_for_name(name) else { return Ok(None) };
        let file = self.zip.by_index_raw(index).map_err(|error| unreadable(name, &error))?;
        let size = file.size() as usize;
        let begin = file.data_start().unwrap_or_default() as usize;
        let stored = &self.bytes[begin..begin + file.compressed_size() as usize];
        Ok(Some(match file.compression() {
            CompressionMethod::Stored => ComponentBytes::stored(stored),
            _ => ComponentBytes::deflated(stored, size),
        }))
    }

    /// Reads the beginning of an entry, up to [`ArchiveLimits::manifest_bytes`]; returns `None`
    /// if there is none of this name.
    pub(crate) fn beginning(&mut self, name: &str) -> Result<Option<Vec<u8>>, ArchiveError> {
        let Some(index) = self.zip.index_for_name(name) else { return Ok(None) };
        let file = self.zip.by_index(index).map_err(|error| unreadable(name, &error))?;
        read_up_to(self.limits.manifest_bytes, file, name).map(Some)
    }

    /// Reads an entry; returns `None` if there is none of this name.
    pub(crate) fn content(&mut self, name: &str) -> Result<Option<Vec<u8>>, ArchiveError> {
        let Some(index) = self.zip.index_for_name(name) else { return Ok(None) };
        let file = self.zip.by_index(index).map_err(|error| unreadable(name, &error))?;
        read_up_to(self.limits.entry_bytes, file, name).map(Some)
    }
}

fn read_up_to<R: Read>(
    limit: u64,
    file: ZipFile<'_, R>,
    name: &str,
) -> Result<Vec<u8>, ArchiveError> {
    let capacity = usize::try_from(file.size().min(limit)).unwrap_or_default();
    let mut content = Vec::with_capacity(capacity);
    // the profile has bounded the size already; do not depend on the zip reader for it
    file.take(limit).read_to_end(&mut content).map_err(|error| unreadable(name, &error))?;
    Ok(content)
}

fn unreadable(entry: &str, error: &dyn std::error::Error) -> ArchiveError {
    ArchiveError::Unreadable {
        entry: ForeignText::excerpt(entry),
        reason: ForeignText::sentence(&error.to_string()),
    }
}
