//! Signatures of packs: keys, and evidence that says which archive somebody vouches for.
//!
//! PackSignature is a DSSE envelope around an in-toto statement about one SHA-256, which we
//! write ourselves, or what cosign signed, which we read. This room knows bytes and
//! digests: no files, no packs, no registries, no environments. Whom an environment
//! trusts, it is told.

mod bundle;
pub mod cosign;
mod envelope;
mod error;
mod key;
mod p256;
mod pack_signature;
mod pem;
mod statement;
mod strict_json;

pub use bundle::{BUNDLE_MEDIA_TYPE, CosignBundle, MAX_BUNDLE_BYTES};
pub use envelope::{Envelope, MAX_ENVELOPE_BYTES};
pub use error::{KeyError, SignatureError};
pub use key::{MAX_KEY_BYTES, PrivateKey, PublicKey};
pub use pack_signature::{MAX_SIGNATURE_BYTES, PackSignature};

#[cfg(test)]
mod tests;
