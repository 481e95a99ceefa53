//! Deletes an environment.

use env_pack_domain::EnvId;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::error::EnvError;
use super::event::event;
use crate::Host;
use crate::ops::audit;
use crate::ops::phrases::display_path;
use gtc_store::Change;

/// A request to delete an environment.
#[derive(Clone, Debug)]
pub struct DeleteRequest {
    /// The environment.
    pub environment: EnvId,
    /// Idempotency key; written to the audit log and returned.
    pub idempotency_key: Option<String>,
    /// The only revision of the environment to accept.
    pub if_revision: Option<u64>,
}

/// A deleted environment.
#[derive(Debug, Serialize, Deserialize)]
pub struct DeleteReport {
    /// The environment.
    pub environment_id: EnvId,
    /// The number of its changes, which an environment with the same id continues.
    pub revision: u64,
    /// The document that is kept, from which it can be imported again.
    pub backup: String,
    /// The number of bindings that it had.
    pub bindings: usize,
    /// The number of answers documents that are kept with it.
    pub answers: usize,
    /// Whether `runtime.json` exists: a runtime may still use the environment.
    pub has_runtime: bool,
    /// The idempotency key of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
}

/// Deletes an environment, as one change. Its document, pins, trusted keys and answers are kept as
/// one document; the audit log, the requests and the revision stay. Files of other tools stay too.
///
/// # Errors
/// [`EnvError`] when the environment does not exist, or cannot be read or changed.
pub fn delete(host: &Host, request: &DeleteRequest) -> Result<DeleteReport, EnvError> {
    let DeleteRequest { environment, idempotency_key, if_revision } = request;
    let store_request =
        host.request("env delete", idempotency_key.as_ref(), &json!({})).if_revision(*if_revision);
    let event = event(host, "delete", environment, idempotency_key.as_deref());
    let result = host.store.delete(environment, &store_request, |stored, kept| {
        let report = DeleteReport {
            environment_id: environment.clone(),
            revision: stored.revision.saturating_add(1),
            backup: display_path(&host.store.backup_path(environment)).to_string(),
            bindings: stored.environment.bindings().count(),
            answers: kept.answers_count(),
            has_runtime: stored.has_runtime,
            idempotency_key: idempotency_key.clone(),
        };
        Ok::<_, EnvError>(Change::recorded(vec![event.clone()], report))
    });
    audit::record_failure(host, environment, vec![event], result)
}
