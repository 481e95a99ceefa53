//! Signatures of packs, and the keys that make and verify them.
//!
//! Two formats are read: [DSSE] envelopes with an [in-toto] statement about the SHA-256 of
//! the archive, which this host also writes, and signatures made by [cosign]. See
//! [`PackSignature`].
//!
//! This crate works on bytes and digests. It knows no files, packs, registries or
//! environments; the caller passes in the trusted keys.
//!
//! [DSSE]: https://github.com/secure-systems-lab/dsse/blob/master/protocol.md
//! [in-toto]: https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
//! [cosign]: https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md

mod bundle;
pub mod cosign;
mod envelope;
mod error;
mod key;
mod p256;
mod pack_signature;
mod pem;
mod pkcs8;
mod statement;
mod strict_json;

pub use bundle::{BUNDLE_MEDIA_TYPE, CosignBundle, MAX_BUNDLE_BYTES};
pub use envelope::{Envelope, MAX_ENVELOPE_BYTES};
pub use error::{KeyError, SignatureError};
pub use key::{MAX_KEY_BYTES, PrivateKey, PublicKey};
pub use pack_signature::{MAX_SIGNATURE_BYTES, PackSignature};

#[cfg(test)]
mod tests;
