//! How much of an archive anybody may ask us to read.

const MIB: u64 = 1 << 20;

/// Caps on what an archive may hold. None of them is unlimited; the defaults fit every
/// honest pack known.
#[derive(Clone, Debug)]
pub struct ArchiveLimits {
    /// The archive itself, in bytes.
    pub pack_bytes: u64,
    /// The number of entries.
    pub entries: usize,
    /// One entry's name, in bytes.
    pub name_bytes: usize,
    /// One entry, inflated, in bytes.
    pub entry_bytes: u64,
    /// All entries together, inflated, in bytes.
    pub total_bytes: u64,
    /// How many times larger an entry may be than its compressed form.
    pub ratio: u64,
    /// The manifest or the bill of materials, in bytes: what is parsed before anything is
    /// known of the pack.
    pub manifest_bytes: u64,
}

impl Default for ArchiveLimits {
    /// 64 MiB of archive, 4,096 entries with names of 200 bytes (a web interface has a
    /// thousand files), 32 MiB an entry (a Python handler has 18), 128 MiB in all, a
    /// ratio of 200 and 1 MiB of manifest, which in other packs holds all their flows.
    fn default() -> Self {
        Self {
            pack_bytes: 64 * MIB,
            entries: 4096,
            name_bytes: 200,
            entry_bytes: 32 * MIB,
            total_bytes: 128 * MIB,
            ratio: 200,
            manifest_bytes: MIB,
        }
    }
}
