//! The keys that an environment trusts: reading them, adding one, taking one away. Once
//! there is one, no pack is bound or loaded that none of them vouches for.

use std::path::PathBuf;

use env_pack_domain::{EnvId, KeyId};
use serde::Serialize;

use super::OpError;
use super::audit::with_audit_record;
use super::signing::read_public_key;
use super::trust::TrustPolicy;
use crate::host::Host;
use crate::signing::PublicKey;
use crate::store::{AuditEvent, TrustRoot, TrustedKey};

/// The keys that an environment trusts.
#[derive(Debug, Serialize)]
pub struct TrustRootReport {
    /// The environment.
    pub environment_id: EnvId,
    /// The keys.
    pub keys: Vec<TrustedKeyReport>,
}

/// A key that an environment trusts.
#[derive(Debug, Serialize)]
pub struct TrustedKeyReport {
    /// Its id.
    pub key_id: KeyId,
    /// The key, as SPKI in PEM.
    pub public_key_pem: String,
}

/// A key to trust.
#[derive(Clone, Debug)]
pub struct TrustRequest {
    /// The environment.
    pub environment: EnvId,
    /// The file of the public key.
    pub key: PathBuf,
    /// The key the caller gave, recorded and given back.
    pub idempotency_key: Option<String>,
}

/// A key to trust no longer.
#[derive(Clone, Debug)]
pub struct DistrustRequest {
    /// The environment.
    pub environment: EnvId,
    /// The id of the key.
    pub key_id: KeyId,
    /// The key the caller gave, recorded and given back.
    pub idempotency_key: Option<String>,
}

/// A trust root that was changed.
#[derive(Debug, Serialize)]
pub struct TrustChangeReport {
    /// The environment.
    pub environment_id: EnvId,
    /// The key.
    pub key_id: KeyId,
    /// Whether anything had to be changed.
    pub changed: bool,
    /// How many keys are trusted now.
    pub keys: usize,
    /// The key the caller gave.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
}

/// Lists the keys that an environment trusts.
///
/// # Errors
/// [`OpError`] when the environment or its trust root cannot be read.
pub fn list(host: &Host, environment: &EnvId) -> Result<TrustRootReport, OpError> {
    host.store.load(environment)?;
    let root = host.store.trust_root(environment)?;
    TrustPolicy::from_trust_root(&root)?;
    let key = |key: &TrustedKey| TrustedKeyReport {
        key_id: key.key_id,
        public_key_pem: key.public_key_pem.clone(),
    };
    Ok(TrustRootReport {
        environment_id: environment.clone(),
        keys: root.keys().iter().map(key).collect(),
    })
}

/// Trusts a key.
///
/// # Errors
/// [`OpError`] when it is none, or the trust root cannot be read or written.
pub fn add(host: &Host, request: &TrustRequest) -> Result<TrustChangeReport, OpError> {
    let asked =
        KeyChange { environment: &request.environment, key: &request.idempotency_key, verb: "add" };
    let file = request.key.display().to_string();
    change(host, &asked, ("key_file", file), |_| {
        let key = read_public_key(host, &request.key)?;
        Ok((key.id(), Some(key.to_pem())))
    })
}

/// Trusts a key that came from elsewhere: a document, which the audit log names.
pub(super) fn add_from(
    host: &Host,
    environment: &EnvId,
    key: &PublicKey,
    document: String,
) -> Result<TrustChangeReport, OpError> {
    let asked = KeyChange { environment, key: &None, verb: "add" };
    change(host, &asked, ("document", document), |_| Ok((key.id(), Some(key.to_pem()))))
}

/// Trusts a key no longer. Packs that only it vouches for do not load any more; without
/// the last key, nothing is checked.
///
/// # Errors
/// [`OpError`] when it is not trusted, or the trust root cannot be read or written.
pub fn remove(host: &Host, request: &DistrustRequest) -> Result<TrustChangeReport, OpError> {
    let asked = KeyChange {
        environment: &request.environment,
        key: &request.idempotency_key,
        verb: "remove",
    };
    let key_id = request.key_id;
    change(host, &asked, ("key_id", key_id.to_string()), |root| {
        match root.keys().iter().any(|key| key.key_id == key_id) {
            true => Ok((key_id, None)),
            false => Err(OpError::NotTrusted { key_id, environment: request.environment.clone() }),
        }
    })
}

/// Who asked for what.
struct KeyChange<'a> {
    environment: &'a EnvId,
    key: &'a Option<String>,
    verb: &'static str,
}

/// Makes a change to a key: it is trusted as this text, or no longer.
fn change(
    host: &Host,
    asked: &KeyChange<'_>,
    target: (&'static str, String),
    key: impl FnOnce(&TrustRoot) -> Result<(KeyId, Option<String>), OpError>,
) -> Result<TrustChangeReport, OpError> {
    let make = || {
        let mut session = host.store.open(asked.environment)?;
        let before = session.trust_root()?;
        // what is malformed is mended by a person, who sees what it was meant to be
        TrustPolicy::from_trust_root(&before)?;
        let (key_id, pem) = key(&before)?;
        let after = match pem {
            Some(public_key_pem) => before.with(TrustedKey { key_id, public_key_pem }),
            None => before.without(&key_id),
        };
        let changed = before.keys() != after.keys();
        if changed {
            session.save_trust_root(&after)?;
        }
        Ok(TrustChangeReport {
            environment_id: asked.environment.clone(),
            key_id,
            changed,
            keys: after.keys().len(),
            idempotency_key: asked.key.clone(),
        })
    };
    with_audit_record(host, asked.environment, make, |report| {
        let (name, named) = target;
        let key_id = report.map(|report| ("key_id", Some(report.key_id.to_string())));
        let named = Some((name, Some(named))).filter(|_| name != "key_id" || key_id.is_none());
        vec![AuditEvent {
            noun: "trust-root",
            verb: asked.verb,
            target: key_id.into_iter().chain(named).collect(),
            previous_generation: None,
            new_generation: None,
            idempotency_key: asked.key.clone(),
            result: Ok(()),
        }]
    })
}
