//! Creates an environment from an exported document.

use std::path::PathBuf;

use env_pack_domain::{Binding, EnvId, KeyId, Sha256Digest};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::error::ImportError;
use super::event::event;
use crate::Host;
use crate::ops::audit;
use crate::ops::input_file::read_input;
use crate::ops::trust::TrustPolicy;
use gtc_store::{Change, MAX_PORTABLE_BYTES, PortableEnvironment};

/// A request to import an environment.
#[derive(Clone, Debug)]
pub struct ImportRequest {
    /// The file of the exported document; `-` is standard input.
    pub file: PathBuf,
    /// The id of the environment. Default: the one that was exported.
    pub environment: Option<EnvId>,
    /// The environment that may be replaced, if it exists.
    pub replaced: Option<EnvId>,
    /// Idempotency key; written to the audit log and returned.
    pub idempotency_key: Option<String>,
    /// The only revision of the environment to accept.
    pub if_revision: Option<u64>,
}

/// An imported environment.
#[derive(Debug, Serialize, Deserialize)]
pub struct ImportReport {
    /// The environment.
    pub environment_id: EnvId,
    /// The environment that was exported.
    pub exported_id: EnvId,
    /// Whether it replaces an environment.
    pub replaced: bool,
    /// The number of its changes.
    pub revision: u64,
    /// The number of bindings.
    pub bindings: usize,
    /// The number of answers documents.
    pub answers: usize,
    /// The ids of the keys that it trusts.
    pub keys: Vec<KeyId>,
    /// The number of bindings whose packs may run or reach something.
    pub granted: usize,
    /// The idempotency key of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
}

/// Creates an environment from a document that [`export`](super::export) wrote, as one change. The
/// permissions and trusted keys of the document count from then on: it must come from a source that
/// the operator trusts. With `replaced`, an environment with this id is replaced, and kept as a document.
///
/// # Errors
/// [`ImportError`] when the document cannot be read or is not well-formed, or the environment
/// exists. Nothing is changed then, except as [`Store::change`] says.
///
/// [`Store::change`]: gtc_store::Store::change
pub fn import(host: &Host, request: &ImportRequest) -> Result<ImportReport, ImportError> {
    let ImportRequest { file, environment, replaced, idempotency_key, if_revision } = request;
    let bytes = read_input(host, file, MAX_PORTABLE_BYTES)?;
    let exported = PortableEnvironment::parse(&bytes, file)?;
    let keys = exported.trust_root(file)?;
    TrustPolicy::from_trust_root(&keys)?;
    let exported_id = exported.id().clone();
    let id = environment.as_ref().unwrap_or(&exported_id);
    if let Some(confirmed) = replaced
        && confirmed != id
    {
        let confirmed = confirmed.clone();
        return Err(ImportError::OtherReplaced { environment: id.clone(), confirmed });
    }
    let exported = exported.with_id(id);
    let imported = exported.environment(file)?;
    let bindings = imported.bindings().count();
    let has_grants =
        |binding: &&Binding| binding.pin.as_ref().is_some_and(|pin| !pin.grants.is_empty());
    let granted = imported.bindings().filter(has_grants).count();
    let digest = Sha256Digest::compute(&bytes).to_string();
    let store_request = host
        .request(
            "env import",
            idempotency_key.as_ref(),
            &json!({"document": digest, "replaces": replaced.is_some()}),
        )
        .if_revision(*if_revision);
    let mut event = event(host, "import", id, idempotency_key.as_deref());
    event.target.push(("exported_id", Some(exported_id.to_string())));
    event.target.push(("document", Some(digest)));
    // the cache keeps the archives that the pins name
    if imported.has_pins() {
        host.fetcher.cache.insert_root(host.store.gc_root())?;
    }
    let result = host.store.import(id, &store_request, (&exported, replaced.is_some()), |stored| {
        let report = ImportReport {
            environment_id: id.clone(),
            exported_id: exported_id.clone(),
            replaced: !stored.is_new,
            revision: stored.revision.saturating_add(1),
            bindings,
            answers: exported.answers_count(),
            keys: keys.keys().iter().map(|key| key.key_id).collect(),
            granted,
            idempotency_key: idempotency_key.clone(),
        };
        Ok::<_, ImportError>(Change::recorded(vec![event.clone()], report))
    });
    audit::record_failure(host, id, vec![event], result)
}
