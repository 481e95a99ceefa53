//! Lists, adds and removes the keys that an environment trusts. Once a key is trusted, only
//! packs with a trusted signature can be bound or loaded.

use std::path::PathBuf;

use env_pack_domain::{EnvId, KeyId};
use serde::Serialize;

use super::signing::read_public_key;
use super::trust::TrustPolicy;
use super::{OpError, audit};
use crate::Host;
use gtc_signing::PublicKey;
use gtc_store::{AuditEvent, EditSession, TrustRoot, TrustedKey};

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
    Ok(TrustRootReport {
        environment_id: environment.clone(),
        keys: root
            .keys()
            .iter()
            .map(|key| TrustedKeyReport {
                key_id: key.key_id,
                public_key_pem: key.public_key_pem.clone(),
            })
            .collect(),
    })
}

/// Adds a trusted key.
///
/// # Errors
/// [`OpError`] when the file is not a key, or the trust root cannot be read or written.
pub fn add(host: &Host, request: &TrustRequest) -> Result<TrustChangeReport, OpError> {
    let TrustRequest { environment, key, idempotency_key } = request;
    let result = save_key_file(host, request);
    let change = RequestedChange {
        verb: "add",
        environment,
        source: Some(("key_file", key.display().to_string())),
        key_id: None,
        idempotency_key,
    };
    change.record(host, result)
}

fn save_key_file(host: &Host, request: &TrustRequest) -> Result<TrustChangeReport, OpError> {
    let mut session = host.store.open(&request.environment)?;
    let before = well_formed(session.trust_root()?)?;
    let key = read_public_key(host, &request.key)?;
    save(&mut session, &before, &before.with(trusted_key(&key)), key.id(), &request.idempotency_key)
}

/// Adds a trusted key from a bundle. `document` is the bundle's path for the audit log.
pub(super) fn add_from(
    host: &Host,
    environment: &EnvId,
    key: &PublicKey,
    document: String,
) -> Result<TrustChangeReport, OpError> {
    let result = save_bundled_key(host, environment, key);
    let change = RequestedChange {
        verb: "add",
        environment,
        source: Some(("document", document)),
        key_id: None,
        idempotency_key: &None,
    };
    change.record(host, result)
}

fn save_bundled_key(
    host: &Host,
    environment: &EnvId,
    key: &PublicKey,
) -> Result<TrustChangeReport, OpError> {
    let mut session = host.store.open(environment)?;
    let before = well_formed(session.trust_root()?)?;
    save(&mut session, &before, &before.with(trusted_key(key)), key.id(), &None)
}

/// Removes a trusted key. Packs that only this key signed no longer load. Without any
/// trusted key, signatures are not verified.
///
/// # Errors
/// [`OpError`] when the key is not trusted, or the trust root cannot be read or written.
pub fn remove(host: &Host, request: &DistrustRequest) -> Result<TrustChangeReport, OpError> {
    let DistrustRequest { environment, key_id, idempotency_key } = request;
    let result = save_removal(host, request);
    let change = RequestedChange {
        verb: "remove",
        environment,
        source: None,
        key_id: Some(*key_id),
        idempotency_key,
    };
    change.record(host, result)
}

fn save_removal(host: &Host, request: &DistrustRequest) -> Result<TrustChangeReport, OpError> {
    let DistrustRequest { environment, key_id, idempotency_key } = request;
    let mut session = host.store.open(environment)?;
    let before = well_formed(session.trust_root()?)?;
    if before.keys().iter().all(|key| key.key_id != *key_id) {
        return Err(OpError::NotTrusted { key_id: *key_id, environment: environment.clone() });
    }
    save(&mut session, &before, &before.without(key_id), *key_id, idempotency_key)
}

/// Returns the trust root if its keys are well-formed. A malformed one is not rewritten: a
/// person must repair it.
fn well_formed(root: TrustRoot) -> Result<TrustRoot, OpError> {
    TrustPolicy::from_trust_root(&root)?;
    Ok(root)
}

fn trusted_key(key: &PublicKey) -> TrustedKey {
    TrustedKey { key_id: key.id(), public_key_pem: key.to_pem() }
}

fn save(
    session: &mut EditSession,
    before: &TrustRoot,
    after: &TrustRoot,
    key_id: KeyId,
    idempotency_key: &Option<String>,
) -> Result<TrustChangeReport, OpError> {
    let changed = before.keys() != after.keys();
    if changed {
        session.save_trust_root(after)?;
    }
    Ok(TrustChangeReport {
        environment_id: session.stored().environment.id().clone(),
        key_id,
        changed,
        keys: after.keys().len(),
        idempotency_key: idempotency_key.clone(),
    })
}

/// A requested change of a trust root, as the audit log records it.
struct RequestedChange<'a> {
    verb: &'static str,
    environment: &'a EnvId,
    /// The file of the key, and its name in the audit log.
    source: Option<(&'static str, String)>,
    key_id: Option<KeyId>,
    idempotency_key: &'a Option<String>,
}

impl RequestedChange<'_> {
    fn record(
        self,
        host: &Host,
        result: Result<TrustChangeReport, OpError>,
    ) -> Result<TrustChangeReport, OpError> {
        let key_id = self.key_id.or(result.as_ref().ok().map(|report| report.key_id));
        let key_id = key_id.map(|key_id| ("key_id", Some(key_id.to_string())));
        let source = self.source.map(|(name, path)| (name, Some(path)));
        let event = AuditEvent {
            noun: "trust-root",
            verb: self.verb,
            target: key_id.into_iter().chain(source).collect(),
            previous_generation: None,
            new_generation: None,
            idempotency_key: self.idempotency_key.clone(),
            result: Ok(()),
        };
        audit::record(host, self.environment, vec![event], result)
    }
}
