//! What may show who vouches for an archive, in whichever form it comes.

use env_pack_domain::{ForeignText, KeyId, Sha256Digest};

use super::{CosignBundle, Envelope, MAX_BUNDLE_BYTES, PublicKey, SignatureError, bundle};

/// The most that is read of a signature of any form.
pub const MAX_SIGNATURE_BYTES: u64 = MAX_BUNDLE_BYTES;

/// A signature that was read, in one of its forms. Nothing in it is believed before it is
/// [verified](Self::verify).
#[derive(Debug)]
pub enum PackSignature {
    /// A DSSE envelope about the archive.
    Envelope(Envelope),
    /// A cosign signature about a manifest that has the archive as a layer.
    Cosign(CosignBundle),
}

impl PackSignature {
    /// Reads a signature.
    ///
    /// # Errors
    /// [`SignatureError`] when it has none of the forms.
    pub fn parse(bytes: &[u8]) -> Result<Self, SignatureError> {
        if bytes.len() as u64 > MAX_SIGNATURE_BYTES {
            return Err(SignatureError::TooLarge { limit: MAX_SIGNATURE_BYTES });
        }
        // an envelope gives itself no media type
        match bundle::media_type(bytes) {
            Some(_) => CosignBundle::parse(bytes).map(Self::Cosign),
            None => Envelope::parse(bytes).map(Self::Envelope),
        }
    }

    /// Whether it is about this archive.
    ///
    /// # Errors
    /// [`SignatureError`] when it is not.
    pub fn ensure_signs(&self, archive: &Sha256Digest) -> Result<(), SignatureError> {
        match self {
            Self::Envelope(envelope) => envelope.ensure_signs(archive),
            Self::Cosign(bundle) => bundle.ensure_signs(archive),
        }
    }

    /// Which of these keys vouches for an archive.
    ///
    /// # Errors
    /// [`SignatureError`] when none does.
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

    /// Who signed it, as it says itself. A cosign signature does not say.
    pub fn claimed_signers(&self) -> Vec<ForeignText> {
        match self {
            Self::Envelope(envelope) => envelope.claimed_signers().cloned().collect(),
            Self::Cosign(_) => Vec::new(),
        }
    }
}
