//! Limits on an image layout.

const MIB: u64 = 1 << 20;

/// Limits on an image layout in a tar file.
#[derive(Clone, Debug)]
pub struct LayoutLimits {
    /// The number of entries. Default: 4,096, for 1,024 packs with manifest,
    /// configuration and a signature each.
    pub entries: usize,
    /// The size of a blob, in bytes. Default: 64 MiB, the largest pack.
    pub blob_bytes: u64,
    /// The size of all entries together, in bytes. Default: 1 GiB.
    pub total_bytes: u64,
    /// The size of the index, in bytes. Default: 1 MiB.
    pub index_bytes: u64,
    /// The size of a manifest, in bytes. Default: 1 MiB. The manifest of a pack takes 1 KiB.
    pub manifest_bytes: u64,
    /// The size of all listed manifests together, in bytes, since they are held in memory.
    /// Default: 16 MiB.
    pub all_manifest_bytes: u64,
    /// The number of signatures of a pack. Default: 128, more than the cache and a registry
    /// have together.
    pub signatures: usize,
    /// The size of a trust root, in bytes. Default: 256 KiB, for a thousand keys.
    pub trust_root_bytes: u64,
}

impl Default for LayoutLimits {
    fn default() -> Self {
        Self {
            entries: 4_096,
            blob_bytes: 64 * MIB,
            total_bytes: 1024 * MIB,
            index_bytes: MIB,
            manifest_bytes: MIB,
            all_manifest_bytes: 16 * MIB,
            signatures: 128,
            trust_root_bytes: 256 << 10,
        }
    }
}
