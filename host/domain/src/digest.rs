//! SHA-256 digests of content.

use std::fmt;
use std::str::FromStr;

use sha2::Digest as _;

use crate::ForeignText;
use crate::serialize::{impl_deserialize_from_str, impl_serialize_as_display};

/// A SHA-256 digest, written `sha256:` and 64 lowercase hexadecimal digits, as in the
/// [OCI image specification](https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests).
///
/// ```
/// use env_pack_domain::Sha256Digest;
/// let digest = Sha256Digest::compute(b"hello");
/// assert_eq!(digest.to_string().parse(), Ok(digest));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sha256Digest([u8; 32]);

impl Sha256Digest {
    /// Computes the digest of `bytes`.
    pub fn compute(bytes: &[u8]) -> Self {
        Self(sha2::Sha256::digest(bytes).into())
    }

    /// Makes a digest from its 32 bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 64 hexadecimal digits without the prefix, for file names.
    pub fn hex(&self) -> String {
        use fmt::Write as _;
        self.0.iter().fold(String::with_capacity(64), |mut hex, byte| {
            // writing to a string cannot fail
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }
}

/// Computes a [`Sha256Digest`] of bytes that arrive in pieces.
#[derive(Clone, Debug, Default)]
pub struct Sha256Hasher(sha2::Sha256);

impl Sha256Hasher {
    /// Adds the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Returns the digest of all bytes.
    pub fn finish(self) -> Sha256Digest {
        Sha256Digest(self.0.finalize().into())
    }
}

impl fmt::Display for Sha256Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", self.hex())
    }
}

impl fmt::Debug for Sha256Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Sha256Digest {
    type Err = InvalidDigest;

    fn from_str(text: &str) -> Result<Self, InvalidDigest> {
        let invalid = || InvalidDigest { text: ForeignText::excerpt(text) };
        let hex = text.strip_prefix("sha256:").ok_or_else(invalid)?;
        if hex.len() != 64 {
            return Err(invalid());
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(hex.as_bytes().chunks_exact(2)) {
            let high = lowercase_hex_digit(pair[0]).ok_or_else(invalid)?;
            let low = lowercase_hex_digit(pair[1]).ok_or_else(invalid)?;
            *byte = high * 16 + low;
        }
        Ok(Self(bytes))
    }
}

fn lowercase_hex_digit(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

impl_serialize_as_display!(Sha256Digest);
impl_deserialize_from_str!(Sha256Digest);

/// The error for a text that is not a digest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a digest; expected `sha256:` and 64 lowercase hexadecimal digits")]
pub struct InvalidDigest {
    text: ForeignText,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_have_the_digest_of_the_whole() {
        let mut hasher = Sha256Hasher::default();
        hasher.update(b"a");
        hasher.update(b"bc");
        assert_eq!(hasher.finish(), Sha256Digest::compute(b"abc"));
    }

    #[test]
    fn digests_round_trip() {
        let text = format!("sha256:{}", "0123456789abcdef".repeat(4));
        let digest: Sha256Digest = text.parse().expect("a digest");
        assert_eq!(digest.to_string(), text);
        assert_eq!(digest.hex(), text["sha256:".len()..]);
    }

    #[test]
    fn malformed_digests_are_refused() {
        let upper = format!("sha256:{}", "A".repeat(64));
        let short = format!("sha256:{}", "a".repeat(63));
        for bad in ["", "sha256:", "sha512:00", &upper, &short, &"a".repeat(64)] {
            assert!(bad.parse::<Sha256Digest>().is_err(), "{bad}");
        }
    }
}
