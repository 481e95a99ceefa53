//! Lists, adds and removes the keys that an environment trusts. Once a key is trusted, only
//! packs with a trusted signature can be bound or loaded.

use std::path::PathBuf;

use env_pack_domain::{EnvId, KeyId};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::audit;
use super::key_file::{KeyFileError, read_public_key};
use super::trust::TrustPolicy;
use crate::Host;
use crate::operation_error::{Explanation, OperationError};
use gtc_signing::PublicKey;
use gtc_store::{AuditEvent, Change, ChangeError, StoreError, TrustRoot, TrustedKey};

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
    /// The only revision of the environment to accept.
    pub if_revision: Option<u64>,
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
    /// The only revision of the environment to accept.
    pub if_revision: Option<u64>,
}

/// The result of changing a trust root.
#[derive(Debug, Serialize, Deserialize)]
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
/// [`StoreError`] when the environment or its trust root cannot be read.
pub fn list(host: &Host, environment: &EnvId) -> Result<TrustRootReport, StoreError> {
    let root = host.store.load(environment)?.trust_root?;
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
/// [`TrustRootError`] when the file is not a key, or the trust root cannot be read or written.
pub fn add(host: &Host, request: &TrustRequest) -> Result<TrustChangeReport, TrustRootError> {
    let TrustRequest { environment, key, idempotency_key, .. } = request;
    let requested = RequestedChange {
        verb: "add",
        environment,
        source: Some(("key_file", key.display().to_string())),
        key_id: None,
        idempotency_key,
    };
    let result = add_key(host, request, &requested);
    requested.record_failure(host, result)
}

fn add_key(
    host: &Host,
    TrustRequest { environment, key, idempotency_key, if_revision }: &TrustRequest,
    requested: &RequestedChange<'_>,
) -> Result<TrustChangeReport, TrustRootError> {
    let arguments = json!({"key": key.display().to_string()});
    let store_request = host
        .request("trust-root add", idempotency_key.as_ref(), &arguments)
        .if_revision(*if_revision);
    // the file of a repeated request may be gone
    if let Some(first) = host.store.first_answer(environment, &store_request)? {
        return Ok(first);
    }
    // read before the environment is locked: a file may be slow
    let key = read_public_key(host, key)?;
    host.store.change(environment, &store_request, |stored| {
        let before = well_formed(stored.trust_root?)?;
        Ok(requested.change(host, &before, before.with(trusted_key(&key)), key.id()))
    })
}

/// Adds the trusted keys of a bundle, all of them or none. `document` is the bundle's path for the
/// audit log.
pub(super) fn add_from(
    host: &Host,
    environment: &EnvId,
    keys: &[PublicKey],
    document: &str,
) -> Result<(), TrustRootError> {
    let requests = keys.iter().map(|key| RequestedChange {
        verb: "add",
        environment,
        source: Some(("document", document.to_owned())),
        key_id: Some(key.id()),
        idempotency_key: &None,
    });
    let events: Vec<_> = requests.map(|request| request.event(host, request.key_id)).collect();
    let ids: Vec<KeyId> = keys.iter().map(PublicKey::id).collect();
    let store_request = host.request("trust-root add", None, &json!({"key_ids": ids}));
    let result = host.store.change(environment, &store_request, |stored| {
        let before = well_formed(stored.trust_root?)?;
        let after = before.with_all(keys.iter().map(trusted_key));
        let changed = before.keys() != after.keys();
        let change = Change::recorded(events.clone(), ());
        Ok(Change { trust_root: changed.then_some(after), ..change })
    });
    audit::record_failure(host, environment, events, result)
}

/// Removes a trusted key. Packs that only this key signed no longer load. Without any
/// trusted key, signatures are not verified.
///
/// # Errors
/// [`TrustRootError`] when the key is not trusted, or the trust root cannot be read or written.
pub fn remove(host: &Host, request: &DistrustRequest) -> Result<TrustChangeReport, TrustRootError> {
    let DistrustRequest { environment, key_id, idempotency_key, if_revision } = request;
    let requested = RequestedChange {
        verb: "remove",
        environment,
        source: None,
        key_id: Some(*key_id),
        idempotency_key,
    };
    let arguments = json!({"key_id": key_id});
    let store_request = host
        .request("trust-root remove", idempotency_key.as_ref(), &arguments)
        .if_revision(*if_revision);
    let result = host.store.change(environment, &store_request, |stored| {
        let before = well_formed(stored.trust_root?)?;
        if before.keys().iter().all(|key| key.key_id != *key_id) {
            return Err(TrustRootError::NotTrusted {
                key_id: *key_id,
                environment: environment.clone(),
            });
        }
        Ok(requested.change(host, &before, before.without(key_id), *key_id))
    });
    requested.record_failure(host, result)
}

/// Returns the trust root if its keys are well-formed. A malformed one is not rewritten: a
/// person must repair it.
fn well_formed(root: TrustRoot) -> Result<TrustRoot, StoreError> {
    TrustPolicy::from_trust_root(&root)?;
    Ok(root)
}

fn trusted_key(key: &PublicKey) -> TrustedKey {
    TrustedKey { key_id: key.id(), public_key_pem: key.to_pem() }
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
    fn change(
        &self,
        host: &Host,
        before: &TrustRoot,
        after: TrustRoot,
        key_id: KeyId,
    ) -> Change<TrustChangeReport> {
        let changed = before.keys() != after.keys();
        let report = TrustChangeReport {
            environment_id: self.environment.clone(),
            key_id,
            changed,
            keys: after.keys().len(),
            idempotency_key: self.idempotency_key.clone(),
        };
        let change = Change::recorded(vec![self.event(host, Some(key_id))], report);
        Change { trust_root: changed.then_some(after), ..change }
    }

    fn record_failure(
        &self,
        host: &Host,
        result: Result<TrustChangeReport, TrustRootError>,
    ) -> Result<TrustChangeReport, TrustRootError> {
        let event = self.event(host, self.key_id);
        audit::record_failure(host, self.environment, vec![event], result)
    }

    fn event(&self, host: &Host, key_id: Option<KeyId>) -> AuditEvent {
        let key_id = key_id.map(|key_id| ("key_id", Some(key_id.to_string())));
        let source = self.source.clone().map(|(name, path)| (name, Some(path)));
        AuditEvent {
            origin: host.origin(),
            noun: "trust-root",
            verb: self.verb,
            target: key_id.into_iter().chain(source).collect(),
            previous_generation: None,
            new_generation: None,
            idempotency_key: self.idempotency_key.clone(),
            result: Ok(()),
        }
    }
}

/// A trust root was not changed.
#[derive(Debug, thiserror::Error)]
pub enum TrustRootError {
    /// The environment or its trust root could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The change was not saved, or not recorded.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// The key to trust could not be read.
    #[error(transparent)]
    Key(#[from] KeyFileError),
    /// The key is not in the trust root.
    #[error("key `{key_id}` is not trusted in environment `{environment}`")]
    NotTrusted {
        /// The key.
        key_id: KeyId,
        /// The environment.
        environment: EnvId,
    },
}

impl OperationError for TrustRootError {
    fn explain(&self) -> Explanation {
        match self {
            Self::Store(error) => error.explain(),
            Self::Change(error) => error.explain(),
            Self::Key(error) => error.explain(),
            Self::NotTrusted { environment, .. } => Explanation::refused(
                "not-found",
                format!("see the trusted keys with `gtc op trust-root list {environment}`"),
            ),
        }
    }
}
