//! Ed25519 private keys in PKCS#8 ([RFC 5958], [RFC 8410]): version 1, and version 2, in which
//! the public key follows. Either may have attributes, which are ignored.
//!
//! [RFC 5958]: https://www.rfc-editor.org/rfc/rfc5958#section-2
//! [RFC 8410]: https://www.rfc-editor.org/rfc/rfc8410#section-7

use super::error::KeyError;

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const SEQUENCE: u8 = 0x30;
/// The attributes: `[0]`.
const ATTRIBUTES: u8 = 0xa0;
/// The public key: `[1]`, in place of the tag of its bit string.
const PUBLIC_KEY: u8 = 0x81;
/// The same around its bit string, as older versions of ring wrote it.
const WRAPPED_PUBLIC_KEY: u8 = 0xa1;
/// The algorithm 1.3.101.112, without parameters.
const ED25519: &[u8] = b"\x06\x03\x2b\x65\x70";

/// The two halves of a key.
#[derive(Debug)]
pub(super) struct KeyHalves {
    pub seed: [u8; 32],
    /// The public key, if the file has it. Whether it belongs to the seed is not checked.
    pub public: Option<[u8; 32]>,
}

/// Parses a key in DER.
pub(super) fn parse(der: &[u8]) -> Result<KeyHalves, KeyError> {
    let (content, rest) = element(der, SEQUENCE)?;
    ensure(rest.is_empty(), "bytes follow the key")?;
    let (version, content) = element(content, INTEGER)?;
    ensure(matches!(version, [0 | 1]), "its version is neither 1 nor 2")?;
    let (algorithm, content) = element(content, SEQUENCE)?;
    if algorithm != ED25519 {
        return Err(KeyError::WrongAlgorithm { expected: "Ed25519 private" });
    }
    let (wrapped, mut content) = element(content, OCTET_STRING)?;
    let (seed, rest) = element(wrapped, OCTET_STRING)?;
    ensure(rest.is_empty(), "bytes follow the private key")?;
    let seed = seed.try_into().map_err(|_| malformed("its private key does not have 32 bytes"))?;
    if content.first() == Some(&ATTRIBUTES) {
        (_, content) = element(content, ATTRIBUTES)?;
    }
    let public = if content.is_empty() { None } else { Some(public_key(content)?) };
    ensure(public.is_none() || version == [1], "version 1 has no public key")?;
    Ok(KeyHalves { seed, public })
}

/// Parses the public key, which nothing follows.
fn public_key(content: &[u8]) -> Result<[u8; 32], KeyError> {
    let (bits, rest) = if content.first() == Some(&WRAPPED_PUBLIC_KEY) {
        let (wrapped, rest) = element(content, WRAPPED_PUBLIC_KEY)?;
        let (bits, inner) = element(wrapped, BIT_STRING)?;
        ensure(inner.is_empty(), "bytes follow the public key")?;
        (bits, rest)
    } else {
        element(content, PUBLIC_KEY)?
    };
    ensure(rest.is_empty(), "bytes follow the public key")?;
    let key = bits.strip_prefix(&[0]).and_then(|key| key.try_into().ok());
    key.ok_or_else(|| malformed("its public key does not have 32 bytes"))
}

/// Splits off the element at the start, which must have this tag; returns its content and the
/// bytes after it. Only the shortest form of a length is DER.
fn element(der: &[u8], tag: u8) -> Result<(&[u8], &[u8]), KeyError> {
    let (len, rest) = match *der {
        [found, ..] if found != tag => return Err(malformed("an element is missing")),
        [_, len, ref rest @ ..] if len < 0x80 => (usize::from(len), rest),
        [_, 0x81, len, ref rest @ ..] if len >= 0x80 => (usize::from(len), rest),
        [_, 0x82, high, low, ref rest @ ..] if high != 0 => {
            (usize::from(u16::from_be_bytes([high, low])), rest)
        }
        _ => return Err(malformed("an element is not in DER, or is cut off")),
    };
    rest.split_at_checked(len).ok_or_else(|| malformed("an element is cut off"))
}

fn ensure(holds: bool, reason: &'static str) -> Result<(), KeyError> {
    if holds { Ok(()) } else { Err(malformed(reason)) }
}

fn malformed(reason: &'static str) -> KeyError {
    KeyError::MalformedPkcs8 { reason }
}
