//! Signatures of packs: keys, and envelopes that say which archive somebody vouches for.
//!
//! An envelope is DSSE around an in-toto statement about one SHA-256, signed with Ed25519. This room knows bytes and digests: no
//! files, no packs, no environments. Whom an environment trusts, it is told.

mod envelope;
mod error;
mod key;
mod pem;
mod statement;
mod strict_json;

pub use envelope::{Envelope, MAX_ENVELOPE_BYTES};
pub use error::{KeyError, SignatureError};
pub use key::{MAX_KEY_BYTES, PrivateKey, PublicKey};

#[cfg(test)]
mod tests;
