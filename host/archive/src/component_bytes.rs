//! The content of a component, which stays in the archive until it is used.

use std::borrow::Cow;
use std::io::Read as _;

/// The bytes of a component in an archive. Those of a compressed one are inflated each time they
/// are read: all components of a pack together may be a hundred times as large as its archive.
#[derive(Clone, Copy, Debug)]
pub struct ComponentBytes<'a> {
    stored: &'a [u8],
    size: usize,
    is_deflated: bool,
}

impl<'a> ComponentBytes<'a> {
    /// Wraps bytes that are not compressed.
    pub fn stored(bytes: &'a [u8]) -> Self {
        Self { stored: bytes, size: bytes.len(), is_deflated: false }
    }

    /// Wraps a deflate stream that was verified, and that inflates to `size` bytes.
    pub(crate) fn deflated(stored: &'a [u8], size: usize) -> Self {
        Self { stored, size, is_deflated: true }
    }

    /// Returns its size, in bytes.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Returns the bytes.
    pub fn read(&self) -> Cow<'a, [u8]> {
        if !self.is_deflated {
            return Cow::Borrowed(self.stored);
        }
        let mut bytes = Vec::with_capacity(self.size);
        flate2::read::DeflateDecoder::new(self.stored)
            .take(self.size as u64)
            .read_to_end(&mut bytes)
            .expect("the stream was verified when the archive was opened");
        Cow::Owned(bytes)
    }
}
