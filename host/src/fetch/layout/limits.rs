//! How much of an image layout anybody may ask us to read.

const MIB: u64 = 1 << 20;

/// Caps on an image layout in a tar file.
#[derive(Clone, Debug)]
pub struct LayoutLimits {
    /// The number of entries.
    pub entries: usize,
    /// One blob, in bytes.
    pub blob_bytes: u64,
    /// All entries together, in bytes.
    pub total_bytes: u64,
    /// The list of what is in it, in bytes.
    pub index_bytes: u64,
    /// One manifest, in bytes.
    pub manifest_bytes: u64,
    /// All manifests that the list names together, in bytes: they are held in memory.
    pub all_manifest_bytes: u64,
    /// Signatures of one pack.
    pub signatures: usize,
    /// A trust root that goes along, in bytes.
    pub trust_root_bytes: u64,
}

impl Default for LayoutLimits {
    /// BlobStore as large as a pack may be, 1,024 of them and as many manifests and
    /// configurations, 1 GiB in all; manifests as large as registries have to take
    /// them at least, where a pack has a thousand bytes. More signatures than are kept of
    /// a pack and listed by a registry together; a trust root of a thousand keys.
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
