//! Rewrites a non-canonical but unambiguous archive in canonical form.

use std::fmt;

use env_pack_domain::ForeignText;

use super::document_names::{LEGACY_SBOM, MANIFEST, SBOM};
use super::error::ArchiveError;
use super::lenient::{self, LenientEntry};
use super::limits::ArchiveLimits;
use super::new_entry::NewEntry;
use super::open::open;
use super::records::STORED;
use super::sbom;
use super::write;

/// The result of [`repack`].
#[derive(Debug)]
pub struct Repacked {
    /// The canonical archive.
    pub bytes: Vec<u8>,
    /// Its entries in order, each with its changes.
    pub entries: Vec<RepackedEntry>,
    /// Names of the folder entries that were dropped.
    pub dropped: Vec<ForeignText>,
    /// Size of the archive comment that was dropped, in bytes.
    pub comment_bytes: u16,
}

/// An entry of a repacked archive.
#[derive(Debug)]
pub struct RepackedEntry {
    /// Its path within the archive.
    pub name: ForeignText,
    /// Size of its content, in bytes.
    pub size: u64,
    /// Differences from the original entry. The content is always the same.
    pub changes: Vec<EntryChange>,
}

/// A difference between an original entry and its canonical form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryChange {
    /// The original archive does not have the entry.
    Written,
    /// The entry has another position.
    Moved,
    /// The entry was compressed.
    Inflated,
    /// The entry had extra fields.
    ExtraFields,
    /// The entry had a comment.
    Comment,
    /// A data descriptor followed the entry's data.
    DataDescriptor,
}

impl EntryChange {
    /// A stable, machine-readable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Written => "written",
            Self::Moved => "moved",
            Self::Inflated => "inflated",
            Self::ExtraFields => "extra-fields-dropped",
            Self::Comment => "comment-dropped",
            Self::DataDescriptor => "data-descriptor-dropped",
        }
    }
}

impl fmt::Display for EntryChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Written => "written, because there was none",
            Self::Moved => "moved to its place",
            Self::Inflated => "inflated",
            Self::ExtraFields => "extra fields dropped",
            Self::Comment => "comment dropped",
            Self::DataDescriptor => "data descriptor dropped",
        })
    }
}

/// Makes an archive canonical: manifest first, the rest sorted, bill of materials last,
/// without compression, dates, comments and folders.
///
/// The content of every entry stays the same. A bill of materials is kept and must be
/// correct; one is written only if there is none.
///
/// # Errors
/// [`ArchiveError`] when the archive is ambiguous, or the result is not a pack that
/// [`open`] accepts.
pub fn repack(bytes: &[u8], limits: &ArchiveLimits) -> Result<Repacked, ArchiveError> {
    let lenient = lenient::read(bytes, limits).map_err(not_repackable)?;
    let (folders, mut files): (Vec<_>, Vec<_>) =
        lenient.entries.into_iter().partition(|entry| entry.is_folder);
    let original_order: Vec<_> = files.iter().map(name).collect();
    files.sort_by_cached_key(|entry| sort_key(name(entry)));

    let mut new_entries = Vec::with_capacity(files.len() + 1);
    let mut changes = Vec::with_capacity(files.len() + 1);
    for (at, entry) in files.iter().enumerate() {
        let name = name(entry);
        // compared by position among the files; the offsets change anyway
        let is_moved = original_order.get(at) != Some(&name);
        changes.push(changes_of_entry(entry, is_moved));
        let content = entry.content().map_err(not_repackable)?;
        new_entries.push(NewEntry { name, content });
    }
    if !original_order.iter().any(|name| sbom::is_sbom(name)) {
        let listed = new_entries.iter().filter(|entry| !sbom::is_signature(&entry.name));
        let content = sbom::write(listed)?;
        new_entries.push(NewEntry { name: SBOM.to_owned(), content });
        changes.push(vec![EntryChange::Written]);
    }
    let bytes = write::zip(&new_entries)?;
    // refuse to make a canonical archive of something that is not a pack
    open(&bytes, limits)?;

    let entries = new_entries.into_iter().zip(changes).map(|(entry, changes)| RepackedEntry {
        size: entry.content.len() as u64,
        name: ForeignText::new(entry.name),
        changes,
    });
    Ok(Repacked {
        bytes,
        entries: entries.collect(),
        dropped: folders.iter().map(|folder| ForeignText::new(name(folder))).collect(),
        comment_bytes: lenient.comment_bytes,
    })
}

fn name(entry: &LenientEntry<'_>) -> String {
    // not lossy: the name is known to be ASCII
    String::from_utf8_lossy(entry.header.name).into_owned()
}

fn not_repackable(error: ArchiveError) -> ArchiveError {
    match error {
        ArchiveError::Profile { rule, offset, entry } => {
            ArchiveError::NotRepackable { rule, offset, entry }
        }
        other => other,
    }
}

/// Sorts the manifest first, the bill of materials last, and everything else by name.
fn sort_key(name: String) -> (u8, String) {
    let rank = match name.as_str() {
        MANIFEST => 0,
        SBOM | LEGACY_SBOM => 2,
        _ => 1,
    };
    (rank, name)
}

fn changes_of_entry(entry: &LenientEntry<'_>, is_moved: bool) -> Vec<EntryChange> {
    let header = &entry.header;
    let has_extra_fields = entry.has_local_extra || !header.extra.is_empty();
    let changes = [
        (is_moved, EntryChange::Moved),
        (header.method != STORED, EntryChange::Inflated),
        (has_extra_fields, EntryChange::ExtraFields),
        (header.comment_bytes != 0, EntryChange::Comment),
        (entry.has_descriptor(), EntryChange::DataDescriptor),
    ];
    changes.into_iter().filter_map(|(applies, change)| applies.then_some(change)).collect()
}
