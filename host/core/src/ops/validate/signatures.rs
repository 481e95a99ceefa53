//! Checks the signatures of a pack.

use env_pack_domain::{PackRef, with_causes};

use super::finding::{PackFinding, PackFindings};
use super::request::SignaturePolicy;
use super::table::Code;
use crate::Host;
use crate::ops::pack_error::PackError;
use crate::ops::signing::{self, TrustedKeys, TrustedKeysError};
use crate::ops::trust::{SignatureStatus, TrustPolicy, inspect_signatures};
use gtc_fetch::FetchedPack;

/// The signature that each pack must have, with keys that have been read.
pub(super) enum RequiredSignature {
    /// No signature.
    None,
    /// A valid signature of any key.
    AnySigner,
    /// A signature that this policy trusts.
    Trusted(TrustPolicy),
}

impl RequiredSignature {
    /// Reads keys and trust roots, once for all packs.
    ///
    /// # Errors
    /// [`TrustedKeysError`] if a key or a trust root cannot be read.
    pub(super) fn load(host: &Host, policy: &SignaturePolicy) -> Result<Self, TrustedKeysError> {
        let trusted = match policy {
            SignaturePolicy::NotRequired => return Ok(Self::None),
            SignaturePolicy::AnySigner => return Ok(Self::AnySigner),
            SignaturePolicy::Keys(paths) => TrustedKeys::Keys(paths.clone()),
            SignaturePolicy::Environment(environment) => {
                TrustedKeys::Environment(environment.clone())
            }
        };
        signing::trust_policy(host, &trusted).map(Self::Trusted)
    }
}

/// Adds a finding if a pack lacks the required signature, or has an invalid one.
pub(super) fn check(
    host: &Host,
    pack_ref: &PackRef,
    fetched: &FetchedPack,
    required: &RequiredSignature,
    findings: &mut PackFindings,
) {
    let unsigned = || PackFinding::new(Code::Unsigned, "the pack is not signed");
    let found = match required {
        RequiredSignature::Trusted(trust) => match trust.examine(host, pack_ref, fetched) {
            Ok(_) => None,
            Err(PackError::Unsigned) => Some(unsigned()),
            Err(error) => Some(PackFinding::new(Code::SignatureRefused, with_causes(&error))),
        },
        RequiredSignature::AnySigner | RequiredSignature::None => {
            let is_required = matches!(required, RequiredSignature::AnySigner);
            match inspect_signatures(host, pack_ref, fetched).signature {
                SignatureStatus::Unsigned if is_required => Some(unsigned()),
                SignatureStatus::Invalid { reason } if is_required => {
                    Some(PackFinding::new(Code::SignatureRefused, reason))
                }
                SignatureStatus::Invalid { reason } => {
                    Some(PackFinding::new(Code::SignatureUseless, reason))
                }
                _ => None,
            }
        }
    };
    if let Some(finding) = found {
        findings.push(finding);
    }
}
