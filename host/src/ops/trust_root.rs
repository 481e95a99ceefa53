//! Lists, adds and removes the keys that an environment trusts. Once a key is trusted, only
//! packs with a trusted signature can be bound or loaded.

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
    /// The id of the key.
    pub key_id: KeyId,
    /// The public key: SubjectPublicKeyInfo in PEM
    /// ([RFC 7468](https://www.rfc-editor.org/rfc/rfc7468#section-13)).
    pub public_key_pem: String,
}

/// A request to trust a key.
#[derive(Clone, Debug)]
pub struct TrustRequest {
    /// The environment.
    pub environment: EnvId,
    /// The file of the public key.
    pub key: PathBuf,
    /// Idempotency key; written to the audit log and returned.
    pub idempotency_key: Option<String>,
}

/// A request to remove a trusted key.
#[derive(Clone, Debug)]
pub struct DistrustRequest {
    /// The environment.
    pub environment: EnvId,
    /// The id of the key.
    pub key_id: KeyId,
    /// Idempotency key; written to the audit log and returned.
    pub idempotency_key: Option<String>,
}

/// The result of changing a trust root.
#[derive(Debug, Serialize)]
pub struct TrustChangeReport {
    /// The environment.
    pub environment_id: EnvId,
    /// The id of the key.
    pub key_id: KeyId,
    /// Whether the trust root changed.
    pub changed: bool,
    /// The number of trusted keys after the change.
    pub keys: usize,
    /// The idempotency key of the request.
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

/// Adds a trusted key.
///
/// # Errors
/// [`OpError`] when the file is not a key, or the trust root cannot be read or written.
pub fn add(host: &Host, request: &TrustRequest) -> Result<TrustChangeReport, OpError> {
    let asked =
        KeyChange { environment: &request.environment, key: &request.idempotency_key, verb: "add" };
    let file = request.key.display().to_string();
    change(host, &asked, ("key_file", file), |_| {
        let key = read_public_key(host, &request.key)?;
        Ok((key.id(), Some(key.to_pem())))
    })
}

/// Adds a trusted key from a bundle. `document` is the bundle's path for the audit log.
pub(super) fn add_from(
    host: &Host,
    environment: &EnvId,
    key: &PublicKey,
    document: String,
) -> Result<TrustChangeReport, OpError> {
    let asked = KeyChange { environment, key: &None, verb: "add" };
    change(host, &asked, ("document", document), |_| Ok((key.id(), Some(key.to_pem()))))
}

/// Removes a trusted key. Packs that only this key signed no longer load. Without any
/// trusted key, signatures are not verified.
///
/// # Errors
/// [`OpError`] when the key is not trusted, or the trust root cannot be read or written.
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

/// A requested change of a trust root.
struct KeyChange<'a> {
    environment: &'a EnvId,
    key: &'a Option<String>,
    verb: &'static str,
}

/// Adds the key that `key` returns with its PEM text, or removes it if there is no text.
fn change(
    host: &Host,
    asked: &KeyChange<'_>,
    target: (&'static str, String),
    key: impl FnOnce(&TrustRoot) -> Result<(KeyId, Option<String>), OpError>,
) -> Result<TrustChangeReport, OpError> {
    let make = || {
        let mut session = host.store.open(asked.environment)?;
        let before = session.trust_root()?;
        // do not rewrite a malformed trust root: a person must repair it
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
