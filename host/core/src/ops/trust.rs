//! Verifies the signatures of packs against trusted keys.

use std::fmt;

use env_pack_domain::{EnvId, ForeignText, KeyId, PackRef, Sha256Digest, with_causes};
use serde::Serialize;

use super::pack_error::PackError;
use crate::Host;
use gtc_fetch::{FetchError, FetchedPack, PublishedSignature};
use gtc_signing::{
    CosignBundle, KeyError, MAX_SIGNATURE_BYTES, PackSignature, PublicKey, SignatureError,
};
use gtc_store::{StoreError, TrustRoot};

/// The trusted keys. Without any, signatures are not verified.
#[derive(Debug)]
pub(super) struct TrustPolicy {
    keys: Vec<PublicKey>,
}

/// The status of a pack's signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum SignatureStatus {
    /// The pack is part of this program, and needs no signature.
    BuiltIn,
    /// The pack has no signature.
    Unsigned,
    /// The pack has a signature, which was not verified for lack of a trust root.
    NotChecked {
        /// The key ids that the signature claims; none for a cosign signature.
        signers: Vec<ForeignText>,
    },
    /// The signature is malformed, or for another archive.
    #[serde(rename = "useless")]
    Invalid {
        /// The cause.
        reason: String,
    },
    /// The signature of a trusted key was verified.
    Verified {
        /// The id of the key.
        signer: KeyId,
    },
}

/// The status of a signature, and its bytes.
#[derive(Clone, Debug)]
pub(super) struct SignatureCheck {
    pub signature: SignatureStatus,
    /// The signature to cache with the archive.
    pub envelope: Option<Vec<u8>>,
}

impl TrustPolicy {
    /// Returns the policy of an environment.
    ///
    /// # Errors
    /// [`StoreError`] when its trust root is not well-formed; no key is trusted then.
    pub(super) fn for_environment(host: &Host, environment: &EnvId) -> Result<Self, StoreError> {
        Self::from_trust_root(&host.store.trust_root(environment)?)
    }

    /// Returns the policy that trusts the keys in a trust root.
    pub(super) fn from_trust_root(root: &TrustRoot) -> Result<Self, StoreError> {
        let mut keys = Vec::new();
        for (at, trusted) in root.keys().iter().enumerate() {
            let key = PublicKey::from_pem(trusted.public_key_pem.as_bytes())
                .map_err(|error| root.malformed(at, "public_key_pem", &error))?;
            if key.id() != trusted.key_id {
                return Err(root.malformed(at, "key_id", &KeyError::WrongId { id: key.id() }));
            }
            keys.push(key);
        }
        Ok(Self { keys })
    }

    /// Returns the policy that trusts these keys.
    pub(super) fn from_keys(keys: Vec<PublicKey>) -> Self {
        Self { keys }
    }

    /// Returns the trusted keys.
    pub(super) fn into_keys(self) -> Vec<PublicKey> {
        self.keys
    }

    /// Returns the ids of the trusted keys.
    pub(super) fn key_ids(&self) -> Vec<KeyId> {
        self.keys.iter().map(PublicKey::id).collect()
    }

    /// Returns true if no key is trusted.
    pub(super) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Checks the signature of a pack. If any key is trusted, a trusted key must have
    /// signed the pack.
    ///
    /// # Errors
    /// [`PackError`] when no trusted signature is valid.
    pub(super) fn examine(
        &self,
        host: &Host,
        pack_ref: &PackRef,
        fetched: &FetchedPack,
    ) -> Result<SignatureCheck, PackError> {
        match (fetched.is_builtin, self.is_empty()) {
            (true, _) => Ok(SignatureCheck { signature: SignatureStatus::BuiltIn, envelope: None }),
            (false, true) => Ok(inspect_signatures(host, pack_ref, fetched)),
            (false, false) => {
                let (signer, envelope) =
                    self.verify(&fetched.digest, find_signatures(host, pack_ref, fetched))?;
                Ok(SignatureCheck {
                    signature: SignatureStatus::Verified { signer },
                    envelope: Some(envelope),
                })
            }
        }
    }

    /// Like [`Self::examine`], without requests to a registry: uses the signature of an
    /// earlier check, and the cached ones.
    ///
    /// # Errors
    /// [`PackError`] when no trusted signature is valid.
    pub(super) fn recheck_offline(
        &self,
        host: &Host,
        pack_ref: &PackRef,
        fetched: &FetchedPack,
        before: &SignatureCheck,
    ) -> Result<SignatureCheck, PackError> {
        if fetched.is_builtin || self.is_empty() {
            return Ok(before.clone());
        }
        let found = before.envelope.clone().map(Ok);
        let kept = host.fetcher.local_signatures(pack_ref, &fetched.digest, MAX_SIGNATURE_BYTES);
        let (signer, envelope) = self.verify(&fetched.digest, found.into_iter().chain(kept))?;
        Ok(SignatureCheck {
            signature: SignatureStatus::Verified { signer },
            envelope: Some(envelope),
        })
    }

    /// Finds a valid signature of a trusted key, and returns the key id and the signature.
    /// Other signatures may be invalid.
    ///
    /// # Errors
    /// [`PackError`] of the first signature, or [`PackError::Unsigned`].
    pub(super) fn verify(
        &self,
        archive: &Sha256Digest,
        signatures: impl IntoIterator<Item = Result<Vec<u8>, FetchError>>,
    ) -> Result<(KeyId, Vec<u8>), PackError> {
        let mut wrong = None;
        for read in signatures {
            let verified =
                read.map_err(|source| PackError::SignatureFile { source }).and_then(|bytes| {
                    let evidence = PackSignature::parse(&bytes)?;
                    Ok((evidence.verify(archive, &self.keys)?, bytes))
                });
            match verified {
                Ok(verified) => return Ok(verified),
                Err(error) => wrong = wrong.or(Some(error)),
            }
        }
        Err(wrong.unwrap_or(PackError::Unsigned))
    }
}

/// Iterates over the signatures of a pack: first the local ones, then those in the
/// registry, which is asked only if the iterator gets there.
pub(super) fn find_signatures<'a>(
    host: &'a Host,
    pack_ref: &'a PackRef,
    fetched: &'a FetchedPack,
) -> impl Iterator<Item = Result<Vec<u8>, FetchError>> + 'a {
    let here = host.fetcher.local_signatures(pack_ref, &fetched.digest, MAX_SIGNATURE_BYTES);
    let published =
        std::iter::once_with(|| host.fetcher.registry.signatures(fetched, MAX_SIGNATURE_BYTES))
            .flatten();
    here.into_iter().chain(published.map(|read| read.map(encode)))
}

/// Converts a cached signature into the form in which a registry stores it.
pub(super) fn to_published(bytes: Vec<u8>, evidence: &PackSignature) -> PublishedSignature {
    match evidence {
        PackSignature::Envelope(_) => PublishedSignature::Envelope(bytes),
        PackSignature::Cosign(bundle) => {
            let (manifest, payload, signature) = bundle.parts();
            PublishedSignature::Cosign {
                manifest: manifest.to_vec(),
                payload: payload.to_vec(),
                signature: signature.to_owned(),
            }
        }
    }
}

/// Parses a signature and checks that it is for this archive. The signature itself is not
/// verified.
pub(super) fn parse_signature_for(
    bytes: &[u8],
    archive: &Sha256Digest,
) -> Result<PackSignature, SignatureError> {
    let evidence = PackSignature::parse(bytes)?;
    evidence.ensure_signs(archive).map(|()| evidence)
}

/// Encodes a registry's signature in the form in which it is cached.
pub(super) fn encode(published: PublishedSignature) -> Vec<u8> {
    match published {
        PublishedSignature::Envelope(envelope) => envelope,
        PublishedSignature::Cosign { manifest, payload, signature } => {
            CosignBundle::new(&manifest, &payload, &signature)
                .map(|bundle| bundle.render())
                .unwrap_or(payload)
        }
    }
}

/// Parses the signatures of a pack without verifying them.
pub(super) fn inspect_signatures(
    host: &Host,
    pack_ref: &PackRef,
    fetched: &FetchedPack,
) -> SignatureCheck {
    if fetched.is_builtin {
        return SignatureCheck { signature: SignatureStatus::BuiltIn, envelope: None };
    }
    let mut wrong = None;
    for read in find_signatures(host, pack_ref, fetched) {
        let evidence = read.map_err(|error| with_causes(&error)).and_then(|bytes| {
            let evidence = parse_signature_for(&bytes, &fetched.digest);
            Ok((evidence.map_err(|error| with_causes(&error))?, bytes))
        });
        match evidence {
            Ok((evidence, bytes)) => {
                let signers = evidence.claimed_signers();
                return SignatureCheck {
                    signature: SignatureStatus::NotChecked { signers },
                    envelope: Some(bytes),
                };
            }
            Err(reason) => wrong = wrong.or(Some(reason)),
        }
    }
    let signature =
        wrong.map_or(SignatureStatus::Unsigned, |reason| SignatureStatus::Invalid { reason });
    SignatureCheck { signature, envelope: None }
}

impl SignatureStatus {
    /// Returns the key whose signature was verified.
    pub fn signer(&self) -> Option<KeyId> {
        match self {
            Self::Verified { signer } => Some(*signer),
            Self::BuiltIn | Self::Unsigned | Self::NotChecked { .. } | Self::Invalid { .. } => None,
        }
    }
}

impl fmt::Display for SignatureStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn => f.write_str("built in, needs no signature"),
            Self::Unsigned => f.write_str("unsigned"),
            Self::NotChecked { signers } if signers.is_empty() => f.write_str(
                "signed with cosign, which names no signer (not checked: no trust root)",
            ),
            Self::NotChecked { signers } => {
                let signers: Vec<_> = signers.iter().map(|signer| format!("`{signer}`")).collect();
                write!(f, "signed by {} (not checked: no trust root)", signers.join(", "))
            }
            Self::Invalid { reason } => write!(f, "signature is invalid: {reason}"),
            Self::Verified { signer } => write!(f, "signed by `{signer}`"),
        }
    }
}
