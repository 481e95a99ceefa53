//! Whether a pack is signed as it was asked for.

use env_pack_domain::PackRef;

use super::{Code, Finding, Findings, SignaturesWanted};
use crate::fetch::FetchedPack;
use crate::host::Host;
use crate::ops::signing::{self, Trusted};
use crate::ops::trust::{Trust, look};
use crate::ops::{OpError, PackError, Signature};

/// Whose signature is asked for.
pub(super) enum Wanted {
    /// Nobody's.
    None,
    /// Anybody's.
    Anybody,
    /// That of one of these.
    Of(Trust),
}

impl Wanted {
    /// Reads keys and trust roots, once for all packs.
    pub fn of(host: &Host, asked: &SignaturesWanted) -> Result<Self, OpError> {
        let trusted = match asked {
            SignaturesWanted::NotAsked => return Ok(Self::None),
            SignaturesWanted::Anybody => return Ok(Self::Anybody),
            SignaturesWanted::Keys(paths) => Trusted::Keys(paths.clone()),
            SignaturesWanted::Environment(environment) => Trusted::Environment(environment.clone()),
        };
        signing::trust_of(host, &trusted).map(Self::Of)
    }
}

/// Looks at the signatures of a pack.
pub(super) fn judge(
    host: &Host,
    pack_ref: &PackRef,
    fetched: &FetchedPack,
    wanted: &Wanted,
    findings: &mut Findings,
) {
    let unsigned = || Finding::new(Code::Unsigned, "nobody has signed the pack");
    let found = match wanted {
        Wanted::Of(trust) => match trust.examine(host, pack_ref, fetched) {
            Ok(_) => None,
            Err(PackError::Unsigned) => Some(unsigned()),
            Err(error) => Some(Finding::new(Code::SignatureRefused, error.to_string())),
        },
        Wanted::Anybody | Wanted::None => {
            let asked = matches!(wanted, Wanted::Anybody);
            match look(host, pack_ref, fetched).signature {
                Signature::Unsigned if asked => Some(unsigned()),
                Signature::Useless { reason } if asked => {
                    Some(Finding::new(Code::SignatureRefused, reason))
                }
                Signature::Useless { reason } => Some(Finding::new(Code::SignatureUseless, reason)),
                _ => None,
            }
        }
    };
    found.into_iter().for_each(|finding| findings.push(finding));
}
