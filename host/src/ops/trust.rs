//! Whom an environment trusts, and whether one of them vouches for a pack.

use std::fmt;

use env_pack_domain::{EnvId, ForeignText, KeyId, PackRef, Sha256Digest};
use serde::Serialize;

use super::PackError;
use crate::fetch::{FetchError, FetchedPack, PublishedSignature};
use crate::host::Host;
use crate::signing::{
    CosignBundle, KeyError, MAX_SIGNATURE_BYTES, PackSignature, PublicKey, SignatureError,
};
use crate::store::{StoreError, TrustRoot};

/// The keys whose signatures are taken. Without any, nothing is checked.
#[derive(Debug)]
pub(super) struct TrustPolicy {
    keys: Vec<PublicKey>,
}

/// What is known about who vouches for a pack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum SignatureStatus {
    /// It is part of this program, which vouches for it.
    BuiltIn,
    /// There is none.
    Unsigned,
    /// There is one, and nobody said who is trusted.
    NotChecked {
        /// Who signed it, as the signature says; one that cosign made does not say.
        signers: Vec<ForeignText>,
    },
    /// There is one that would vouch for this pack to nobody.
    #[serde(rename = "useless")]
    Invalid {
        /// Why.
        reason: String,
    },
    /// A trusted key vouches for it.
    Verified {
        /// The key.
        signer: KeyId,
    },
}

/// A signature, and what is known of it.
#[derive(Clone, Debug)]
pub(super) struct SignatureCheck {
    pub signature: SignatureStatus,
    /// What shows it, to be kept beside the archive.
    pub envelope: Option<Vec<u8>>,
}

impl TrustPolicy {
    /// Whom an environment trusts.
    ///
    /// # Errors
    /// [`StoreError`] when its file does not say so clearly: then nobody is.
    pub fn for_environment(host: &Host, environment: &EnvId) -> Result<Self, StoreError> {
        Self::from_trust_root(&host.store.trust_root(environment)?)
    }

    /// The keys in a trust root.
    pub fn from_trust_root(root: &TrustRoot) -> Result<Self, StoreError> {
        let key = |(at, trusted): (usize, &crate::store::TrustedKey)| {
            let key = PublicKey::from_pem(trusted.public_key_pem.as_bytes())
                .map_err(|error| root.malformed(at, "public_key_pem", &error))?;
            match key.id() == trusted.key_id {
                true => Ok(key),
                false => Err(root.malformed(at, "key_id", &KeyError::WrongId { id: key.id() })),
            }
        };
        Ok(Self { keys: root.keys().iter().enumerate().map(key).collect::<Result<_, _>>()? })
    }

    /// These keys.
    pub fn from_keys(keys: Vec<PublicKey>) -> Self {
        Self { keys }
    }

    /// The keys.
    pub fn into_keys(self) -> Vec<PublicKey> {
        self.keys
    }

    /// Whether nobody is trusted.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Looks who vouches for a pack. When somebody is trusted, it must be one of them.
    ///
    /// # Errors
    /// [`PackError`] when none of them does.
    pub fn examine(
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

    /// The same, as far as it is known without asking a registry: from what was found
    /// before, and what is kept.
    ///
    /// # Errors
    /// [`PackError`] when none of the trusted keys vouches for the pack.
    pub fn recheck_offline(
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

    /// The trusted key that vouches for an archive, and which of these signatures shows
    /// it. What is wrong with other signatures does not matter then.
    ///
    /// # Errors
    /// [`PackError`] with what is wrong with the first signature, or that there is none.
    pub fn verify(
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

/// Every signature there is of a pack: first those that are here, then, when none of them
/// will do, those that its registry has.
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

/// A signature as a registry has it.
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

/// Reads a signature that is about this archive. Whether it vouches for it to anybody,
/// nobody knows yet.
pub(super) fn parse_signature_for(
    bytes: &[u8],
    archive: &Sha256Digest,
) -> Result<PackSignature, SignatureError> {
    let evidence = PackSignature::parse(bytes)?;
    evidence.ensure_signs(archive).map(|()| evidence)
}

/// A signature as it is kept.
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

/// Looks at the signatures of a pack without knowing whom to trust.
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
        let evidence = read.map_err(|error| error.to_string()).and_then(|bytes| {
            let evidence = PackSignature::parse(&bytes).map_err(|error| error.to_string())?;
            evidence.ensure_signs(&fetched.digest).map_err(|error| error.to_string())?;
            Ok((evidence, bytes))
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
    /// The key that was found to vouch for the pack.
    pub fn signer(&self) -> Option<KeyId> {
        match self {
            Self::Verified { signer } => Some(*signer),
            _ => None,
        }
    }
}

impl fmt::Display for SignatureStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn => f.write_str("part of this program, which vouches for it"),
            Self::Unsigned => f.write_str("unsigned"),
            Self::NotChecked { signers } if signers.is_empty() => f.write_str(
                "signed with cosign, which does not say by whom (not checked: no trust root)",
            ),
            Self::NotChecked { signers } => {
                let signers: Vec<_> = signers.iter().map(|signer| format!("`{signer}`")).collect();
                write!(f, "signed by {} (not checked: no trust root)", signers.join(", "))
            }
            Self::Invalid { reason } => write!(f, "as good as unsigned: {reason}"),
            Self::Verified { signer } => write!(f, "signed by `{signer}`"),
        }
    }
}
