//! Upper bounds on what is read of an archive.

const MIB: u64 = 1 << 20;

/// Limits on the content of an archive.
///
/// The defaults fit every known pack, with room to spare.
#[derive(Clone, Debug)]
pub struct ArchiveLimits {
    /// Size of the archive, in bytes. Default: 64 MiB.
    pub pack_bytes: u64,
    /// Number of entries. Default: 4,096; a web interface has about a thousand files.
    pub entries: usize,
    /// Length of an entry's name, in bytes. Default: 200.
    pub name_bytes: usize,
    /// Inflated size of one entry, in bytes. Default: 32 MiB; a Python handler has 18.
    pub entry_bytes: u64,
    /// Inflated size of all entries together, in bytes. Default: 128 MiB.
    pub total_bytes: u64,
    /// Inflated size of an entry divided by its compressed size. Default: 200.
    pub ratio: u64,
    /// Number of handlers. Default: 32; packs have one, or a few, and each is compiled and
    /// called whenever the pack is loaded.
    pub handlers: usize,
    /// Size of the manifest, and of the bill of materials, in bytes. Default: 1 MiB;
    /// packs of other kinds hold all their flows in the manifest.
    pub manifest_bytes: u64,
    /// Number of items of the manifest, and of the bill of materials: numbers, texts, lists, maps
    /// and keys. An item of one byte may take 300 bytes of memory when it is decoded. Default:
    /// 50,000; the bill of materials of 4,096 entries has 36,869.
    pub document_items: usize,
}

impl Default for ArchiveLimits {
    fn default() -> Self {
        Self {
            pack_bytes: 64 * MIB,
            entries: 4096,
            name_bytes: 200,
            entry_bytes: 32 * MIB,
            total_bytes: 128 * MIB,
            ratio: 200,
            handlers: 32,
            manifest_bytes: MIB,
            document_items: 50_000,
        }
    }
}
