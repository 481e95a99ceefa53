//! A signature of a pack, in any of the supported formats.

use env_pack_domain::{ForeignText, KeyId, Sha256Digest};

use super::bundle::{self, CosignBundle, MAX_BUNDLE_BYTES};
use super::envelope::Envelope;
use super::error::SignatureError;
use super::key::PublicKey;

/// Maximum size of a signature in any format, in bytes.
pub const MAX_SIGNATURE_BYTES: u64 = MAX_BUNDLE_BYTES;

/// A parsed signature. Do not rely on its content before [`verify`](Self::verify)
/// succeeds.
#[derive(Debug)]
pub enum PackSignature {
    /// A DSSE envelope that signs the archive.
    Envelope(Envelope),
    /// A cosign signature of an OCI manifest that has the archive as a layer.
    Cosign(CosignBundle),
}

impl PackSignature {
    /// Parses a signature and recognises its format.
    ///
    /// # Errors
    /// [`SignatureError`] when it is malformed or too large.
    pub fn parse(bytes: &[u8]) -> Result<Self, SignatureError> {
        if bytes.len() as u64 > MAX_SIGNATURE_BYTES {
            return Err(SignatureError::TooLarge { limit: MAX_SIGNATURE_BYTES });
        }
        // only bundles have a `mediaType`; a new format with a `mediaType` branches here
        match bundle::media_type(bytes) {
            Some(_) => CosignBundle::parse(bytes).map(Self::Cosign),
            None => Envelope::parse(bytes).map(Self::Envelope),
        }
    }

    /// Checks that it is about this archive. Says nothing about the key;
    /// [`verify`](Self::verify) checks both.
    ///
    /// # Errors
    /// [`SignatureError`] when it signs something else.
    pub fn ensure_signs(&self, archive: &Sha256Digest) -> Result<(), SignatureError> {
        match self {
            Self::Envelope(envelope) => envelope.ensure_signs(archive),
            Self::Cosign(bundle) => bundle.ensure_signs(archive),
        }
    }

    /// Verifies it for an archive; returns the trusted key that signed it.
    ///
    /// # Errors
    /// [`SignatureError`] when none of the keys did.
    pub fn verify(
        &self,
        archive: &Sha256Digest,
        trusted: &[PublicKey],
    ) -> Result<KeyId, SignatureError> {
        match self {
            Self::Envelope(envelope) => envelope.verify(archive, trusted),
            Self::Cosign(bundle) => bundle.verify(archive, trusted),
        }
    }

    /// The key ids that the signature states, unverified. Cosign signatures state none.
    pub fn claimed_signers(&self) -> Vec<ForeignText> {
        match self {
            Self::Envelope(envelope) => envelope.claimed_signers().cloned().collect(),
            Self::Cosign(_) => Vec::new(),
        }
    }
}
