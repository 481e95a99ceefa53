//! An entry that is written to an archive.

/// An entry to be written.
pub(super) struct NewEntry {
    pub name: String,
    pub content: Vec<u8>,
}
