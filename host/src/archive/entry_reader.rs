//! Reading entries of a checked archive with the zip reader, which sees no other
//! archives. Only what is asked for is read.

use std::io::{Cursor, Read};

use env_pack_domain::ForeignText;
use zip::ZipArchive;
use zip::read::ZipFile;

use super::{ArchiveError, ArchiveLimits};

/// The entries of an archive that has passed the profile.
pub(super) struct EntryReader<'a> {
    zip: ZipArchive<Cursor<&'a [u8]>>,
    limits: &'a ArchiveLimits,
}

impl<'a> EntryReader<'a> {
    /// Opens an archive that the profile admitted.
    pub fn new(bytes: &'a [u8], limits: &'a ArchiveLimits) -> Result<Self, ArchiveError> {
        let zip = ZipArchive::new(Cursor::new(bytes)).map_err(|error| unreadable("", &error))?;
        Ok(Self { zip, limits })
    }

    /// Whether there is an entry of this name.
    pub fn contains(&self, name: &str) -> bool {
        self.zip.index_for_name(name).is_some()
    }

    /// A document that is parsed before anything is known of the pack.
    pub fn document(&mut self, name: &'static str) -> Result<Vec<u8>, ArchiveError> {
        let Some(index) = self.zip.index_for_name(name) else {
            return Err(ArchiveError::MissingEntry { entry: name });
        };
        let file = self.zip.by_index(index).map_err(|error| unreadable(name, &error))?;
        let (bytes, limit) = (file.size(), self.limits.manifest_bytes);
        match bytes > limit {
            true => Err(ArchiveError::DocumentTooLarge { entry: name, bytes, limit }),
            false => content(file, name, limit),
        }
    }

    /// The content of an entry, if there is one of this name.
    pub fn content(&mut self, name: &str) -> Result<Option<Vec<u8>>, ArchiveError> {
        let Some(index) = self.zip.index_for_name(name) else { return Ok(None) };
        let file = self.zip.by_index(index).map_err(|error| unreadable(name, &error))?;
        content(file, name, self.limits.entry_bytes).map(Some)
    }
}

fn content<R: Read>(file: ZipFile<'_, R>, name: &str, limit: u64) -> Result<Vec<u8>, ArchiveError> {
    let mut content =
        Vec::with_capacity(usize::try_from(file.size().min(limit)).unwrap_or_default());
    // the profile has bounded the size already; the zip reader is held to it all the same
    file.take(limit + 1).read_to_end(&mut content).map_err(|error| unreadable(name, &error))?;
    Ok(content)
}

fn unreadable(entry: &str, error: &dyn std::error::Error) -> ArchiveError {
    ArchiveError::Unreadable {
        entry: ForeignText::excerpt(entry),
        reason: ForeignText::sentence(&error.to_string()),
    }
}
