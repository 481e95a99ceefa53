//! A blob while it is downloaded: hashed as it arrives, and kept when a connection breaks.

use env_pack_domain::{ForeignText, Sha256Digest, Sha256Hasher};

use super::error::{RegistryError, TransportError};
use super::manifest::OciDescriptor;
use super::response::ResponseReader;

const CHUNK_BYTES: usize = 256 << 10;
/// The most that is allocated before the first byte arrives, since a descriptor can
/// declare any size.
const INITIAL_CAPACITY: u64 = 1 << 20;
/// The status of a response that continues at the requested byte.
const PARTIAL_CONTENT: u16 = 206;

/// The bytes of a blob that arrived so far.
pub(super) struct PartialBlob<'a> {
    layer: &'a OciDescriptor,
    bytes: Vec<u8>,
    hasher: Sha256Hasher,
}

impl<'a> PartialBlob<'a> {
    pub(super) fn new(layer: &'a OciDescriptor) -> Self {
        let capacity = usize::try_from(layer.size.min(INITIAL_CAPACITY)).unwrap_or_default();
        Self { layer, bytes: Vec::with_capacity(capacity), hasher: Sha256Hasher::default() }
    }

    pub(super) fn len(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// Prepares for the next response: starts over unless it continues the last one.
    pub(super) fn resume(&mut self, status: u16) {
        if status != PARTIAL_CONTENT {
            *self = Self::new(self.layer);
        }
    }

    /// Reads the next chunk. Returns its size, 0 at the end of a complete blob.
    pub(super) fn receive(
        &mut self,
        host: &ForeignText,
        reader: &mut ResponseReader,
    ) -> Result<usize, RegistryError> {
        let start = self.bytes.len();
        // one byte more than declared, to notice a blob that is too long
        let wanted = (self.layer.size - self.len() + 1).min(CHUNK_BYTES as u64);
        self.bytes.resize(start + usize::try_from(wanted).unwrap_or(CHUNK_BYTES), 0);
        let result = reader.read(&mut self.bytes[start..]);
        self.bytes.truncate(start + result.as_ref().copied().unwrap_or_default());
        let count = result?;
        self.hasher.update(&self.bytes[start..]);
        let expected = self.layer.size;
        if self.len() > expected {
            let found = self.len();
            return Err(RegistryError::WrongLength { host: host.clone(), expected, found });
        }
        if count == 0 && self.len() < expected {
            let reason = ForeignText::new(format!("received {} of {expected} bytes", self.len()));
            let fault = TransportError::Incomplete(reason);
            return Err(RegistryError::Transport { host: host.clone(), fault });
        }
        Ok(count)
    }

    /// The bytes, if they have the expected digest.
    pub(super) fn finish(self, host: &ForeignText) -> Result<Vec<u8>, RegistryError> {
        let found: Sha256Digest = self.hasher.finish();
        let expected = self.layer.digest;
        if found != expected {
            let what = "the layer";
            return Err(RegistryError::WrongDigest { host: host.clone(), what, expected, found });
        }
        Ok(self.bytes)
    }
}
