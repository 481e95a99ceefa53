//! Ids of signing keys.

use std::fmt;
use std::str::FromStr;

use sha2::Digest as _;

use crate::ForeignText;
use crate::serialize::{impl_deserialize_from_str, impl_serialize_as_display};

/// Length of an id, in bytes.
const BYTES: usize = 16;

/// The id of a key: the first 16 bytes of the SHA-256 of the public key, written as 32
/// lowercase hexadecimal digits.
///
/// The hash is over the 32 bytes of an Ed25519 key, or over the DER of the SPKI of other
/// keys. An id only names a key; it does not prove that the key signed anything.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId([u8; BYTES]);

impl KeyId {
    /// Computes the id of a public key from its encoding.
    pub fn from_public_key(public_key: &[u8]) -> Self {
        let digest: [u8; 32] = sha2::Sha256::digest(public_key).into();
        let mut id = [0; BYTES];
        id.copy_from_slice(&digest[..BYTES]);
        Self(id)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for KeyId {
    type Err = InvalidKeyId;

    /// Parses an id. Uppercase digits are accepted, as the existing tools accept them.
    fn from_str(text: &str) -> Result<Self, InvalidKeyId> {
        let invalid = || InvalidKeyId { text: ForeignText::excerpt(text) };
        if text.len() != 2 * BYTES {
            return Err(invalid());
        }
        let mut id = [0; BYTES];
        for (byte, pair) in id.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let high = char::from(pair[0]).to_digit(16).ok_or_else(invalid)?;
            let low = char::from(pair[1]).to_digit(16).ok_or_else(invalid)?;
            *byte = u8::try_from(high * 16 + low).map_err(|_| invalid())?;
        }
        Ok(Self(id))
    }
}

impl_serialize_as_display!(KeyId);
impl_deserialize_from_str!(KeyId);

/// The error for a text that is not a key id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a key id; expected 32 hexadecimal digits")]
pub struct InvalidKeyId {
    text: ForeignText,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_ids_match_the_existing_tools() {
        let key = [
            0xd5, 0x39, 0x42, 0x6e, 0xe1, 0x7c, 0xd9, 0x57, 0xc0, 0xa1, 0x95, 0x84, 0xb1, 0x67,
            0x16, 0x6c, 0xa8, 0x5f, 0x72, 0xf7, 0xfb, 0x88, 0xd4, 0x71, 0xba, 0x8d, 0x00, 0xa4,
            0x19, 0xab, 0x16, 0x2f,
        ];
        assert_eq!(KeyId::from_public_key(&key).to_string(), "ff53c19cf65c1d6e4b434750e2cc902d");
    }

    #[test]
    fn key_ids_round_trip_and_malformed_ones_are_refused() {
        let text = "0123456789abcdef".repeat(2);
        let id: KeyId = text.parse().expect("an id");
        assert_eq!(id.to_string(), text);
        assert_eq!(text.to_uppercase().parse(), Ok(id));
        for bad in [
            "",
            "0",
            &text[1..],
            &format!("{text}0"),
            &text.replace('f', "g"),
            &"é".repeat(16),
            "../../../../../../../../../../x.",
        ] {
            assert!(bad.parse::<KeyId>().is_err(), "{bad}");
        }
    }
}
