//! Whether a pack is signed as it was asked for.

use env_pack_domain::PackRef;

use super::{Code, PackFinding, PackFindings, SignaturePolicy};
use crate::fetch::FetchedPack;
use crate::host::Host;
use crate::ops::signing::{self, TrustedKeys};
use crate::ops::trust::{TrustPolicy, inspect_signatures};
use crate::ops::{OpError, PackError, SignatureStatus};

/// Whose signature is asked for.
pub(super) enum RequiredSignature {
    /// Nobody's.
    None,
    /// Anybody's.
    AnySigner,
    /// That of one of these.
    Trusted(TrustPolicy),
}

impl RequiredSignature {
    /// Reads keys and trust roots, once for all packs.
    pub fn load(host: &Host, asked: &SignaturePolicy) -> Result<Self, OpError> {
        let trusted = match asked {
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

/// Looks at the signatures of a pack.
pub(super) fn check(
    host: &Host,
    pack_ref: &PackRef,
    fetched: &FetchedPack,
    wanted: &RequiredSignature,
    findings: &mut PackFindings,
) {
    let unsigned = || PackFinding::new(Code::Unsigned, "nobody has signed the pack");
    let found = match wanted {
        RequiredSignature::Trusted(trust) => match trust.examine(host, pack_ref, fetched) {
            Ok(_) => None,
            Err(PackError::Unsigned) => Some(unsigned()),
            Err(error) => Some(PackFinding::new(Code::SignatureRefused, error.to_string())),
        },
        RequiredSignature::AnySigner | RequiredSignature::None => {
            let asked = matches!(wanted, RequiredSignature::AnySigner);
            match inspect_signatures(host, pack_ref, fetched).signature {
                SignatureStatus::Unsigned if asked => Some(unsigned()),
                SignatureStatus::Invalid { reason } if asked => {
                    Some(PackFinding::new(Code::SignatureRefused, reason))
                }
                SignatureStatus::Invalid { reason } => {
                    Some(PackFinding::new(Code::SignatureUseless, reason))
                }
                _ => None,
            }
        }
    };
    found.into_iter().for_each(|finding| findings.push(finding));
}
