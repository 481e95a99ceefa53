//! A sloppy but honest archive made canonical.

use std::fmt;

use env_pack_domain::ForeignText;

use super::lenient::{self, LenientEntry};
use super::records::STORED;
use super::{ArchiveError, ArchiveLimits, LEGACY_SBOM, MANIFEST, NewEntry, SBOM, sbom, write};

/// An archive that was made canonical.
#[derive(Debug)]
pub struct Repacked {
    /// The canonical archive.
    pub bytes: Vec<u8>,
    /// Its entries, in its order, and what changed of each.
    pub entries: Vec<RepackedEntry>,
    /// The names of the folders that it does not hold any more. They held nothing
    /// themselves.
    pub dropped: Vec<ForeignText>,
    /// The size of the comment that was dropped, in bytes.
    pub comment_bytes: u16,
}

/// An entry of a canonical archive, and what changed of it.
#[derive(Debug)]
pub struct RepackedEntry {
    /// Its name.
    pub name: ForeignText,
    /// Its size, in bytes.
    pub size: u64,
    /// What changed; nothing of its content ever does.
    pub changes: Vec<EntryChange>,
}

/// What making an archive canonical changes of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EntryChange {
    /// It was not there.
    Written,
    /// It stood elsewhere.
    Moved,
    /// It was compressed.
    Inflated,
    /// It had extra fields.
    ExtraFields,
    /// It had a comment.
    Comment,
    /// Its sizes stood after its data.
    DataDescriptor,
}

impl EntryChange {
    /// A stable name, for programs.
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
/// nothing compressed, no date, no comment, no folder. The content of every entry stays
/// what it is. A bill of materials stays too, and must be true; only where there is none,
/// one is written.
///
/// # Errors
/// [`ArchiveError`] when the archive can be read in more ways than one, or holds no pack
/// that [`open`](super::open) opens.
pub fn repack(bytes: &[u8], limits: &ArchiveLimits) -> Result<Repacked, ArchiveError> {
    let loose = lenient::read(bytes, limits).map_err(not_repackable)?;
    let (folders, mut files): (Vec<_>, Vec<_>) =
        loose.entries.into_iter().partition(|entry| entry.is_folder);
    let shown = |entry: &LenientEntry<'_>| String::from_utf8_lossy(entry.header.name).into_owned();
    let before: Vec<_> = files.iter().map(shown).collect();
    files.sort_by_cached_key(|entry| order(&shown(entry)));
    let mut entries = Vec::with_capacity(files.len() + 1);
    let mut changed = Vec::with_capacity(files.len() + 1);
    for (at, entry) in files.iter().enumerate() {
        let name = shown(entry);
        // where it stood among the files, not at which byte
        changed.push(changes(entry, before.get(at) != Some(&name)));
        entries.push(NewEntry { name, content: entry.content().map_err(not_repackable)? });
    }
    if !before.iter().any(|name| sbom::is_sbom(name)) {
        let bill = sbom::write(entries.iter().filter(|entry| !sbom::is_signature(&entry.name)))?;
        entries.push(NewEntry { name: SBOM.to_owned(), content: bill });
        changed.push(vec![EntryChange::Written]);
    }
    let bytes = write::zip(&entries)?;
    // what is not a pack by the rules of everybody else's is not blessed here
    super::open(&bytes, limits)?;
    let repacked = |(entry, changes): (NewEntry, Vec<EntryChange>)| RepackedEntry {
        size: entry.content.len() as u64,
        name: ForeignText::new(entry.name),
        changes,
    };
    Ok(Repacked {
        bytes,
        entries: entries.into_iter().zip(changed).map(repacked).collect(),
        dropped: folders.iter().map(|folder| ForeignText::new(shown(folder))).collect(),
        comment_bytes: loose.comment_bytes,
    })
}

fn not_repackable(error: ArchiveError) -> ArchiveError {
    match error {
        ArchiveError::Profile { rule, offset, entry } => {
            ArchiveError::NotRepackable { rule, offset, entry }
        }
        other => other,
    }
}

/// What an archive is sorted by: the manifest, everything by name, the bill of materials.
fn order(name: &str) -> (u8, String) {
    let rank = match name {
        MANIFEST => 0,
        SBOM | LEGACY_SBOM => 2,
        _ => 1,
    };
    (rank, name.to_owned())
}

fn changes(entry: &LenientEntry<'_>, is_moved: bool) -> Vec<EntryChange> {
    let header = &entry.header;
    let changes = [
        (is_moved, EntryChange::Moved),
        (header.method != STORED, EntryChange::Inflated),
        (entry.has_local_extra || header.extra_bytes != 0, EntryChange::ExtraFields),
        (header.comment_bytes != 0, EntryChange::Comment),
        (entry.has_descriptor(), EntryChange::DataDescriptor),
    ];
    changes.into_iter().filter_map(|(is, change)| is.then_some(change)).collect()
}
