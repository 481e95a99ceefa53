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
use gtc_store::{Change, MAX_PORTABLE_BYTES, PortableEnvironment, Stored};

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

/// Creates an environment from a document that [`export`](super::export()) wrote, as one change. The
/// permissions and trusted keys of the document count from then on: it must come from a source that
/// the operator trusts. With `replaced`, an environment with this id is replaced, and kept as a document.
///
/// # Errors
/// [`ImportError`] when the document cannot be read or is not well-formed, or the environment
/// exists. Nothing is changed then, except as [`Store::change`] says.
///
/// [`Store::change`]: gtc_store::Store::change
pub fn import(host: &Host, request: &ImportRequest) -> Result<ImportReport, ImportError> {
    let ImportRequest { environment, replaced, idempotency_key, .. } = request;
    match read(host, request) {
        Ok(document) => import_document(host, request, &document),
        // without a document, only the request may say which environment it is about
        Err(error) => match environment.as_ref().or(replaced.as_ref()) {
            Some(id) => {
                let event = event(host, "import", id, idempotency_key.as_deref());
                audit::record_failure(host, id, vec![event], Err(error))
            }
            None => Err(error),
        },
    }
}

/// A document to import, with what is reported about it.
struct Document {
    /// The environment, with the id that it gets.
    environment: PortableEnvironment,
    exported_id: EnvId,
    digest: String,
    has_pins: bool,
    bindings: usize,
    granted: usize,
    keys: Vec<KeyId>,
}

/// Reads and checks the document of a request.
fn read(host: &Host, request: &ImportRequest) -> Result<Document, ImportError> {
    let ImportRequest { file, environment, .. } = request;
    let bytes = read_input(host, file, MAX_PORTABLE_BYTES)?;
    let exported = PortableEnvironment::parse(&bytes, file)?;
    let keys = exported.trust_root(file)?;
    TrustPolicy::from_trust_root(&keys)?;
    let exported_id = exported.id().clone();
    let exported = exported.with_id(environment.as_ref().unwrap_or(&exported_id));
    let imported = exported.environment(file)?;
    Ok(Document {
        has_pins: imported.has_pins(),
        bindings: imported.bindings().count(),
        granted: imported.bindings().filter(|binding| has_grants(binding)).count(),
        keys: keys.keys().iter().map(|key| key.key_id).collect(),
        digest: Sha256Digest::compute(&bytes).to_string(),
        environment: exported,
        exported_id,
    })
}

fn has_grants(binding: &Binding) -> bool {
    binding.pin.as_ref().is_some_and(|pin| !pin.grants.is_empty())
}

fn import_document(
    host: &Host,
    request: &ImportRequest,
    document: &Document,
) -> Result<ImportReport, ImportError> {
    let ImportRequest { replaced, idempotency_key, if_revision, .. } = request;
    let id = document.environment.id();
    let arguments = json!({"document": document.digest, "replaces": replaced.is_some()});
    let store_request =
        host.request("env import", idempotency_key.as_ref(), &arguments).if_revision(*if_revision);
    let mut event = event(host, "import", id, idempotency_key.as_deref());
    event.target.push(("exported_id", Some(document.exported_id.to_string())));
    event.target.push(("document", Some(document.digest.clone())));
    let decide = |stored: Stored| {
        let report = ImportReport {
            environment_id: id.clone(),
            exported_id: document.exported_id.clone(),
            replaced: !stored.is_new,
            revision: stored.revision.saturating_add(1),
            bindings: document.bindings,
            answers: document.environment.answers_count(),
            keys: document.keys.clone(),
            granted: document.granted,
            idempotency_key: idempotency_key.clone(),
        };
        Ok(Change::recorded(vec![event.clone()], report))
    };
    let result = ensure_confirmed(id, replaced.as_ref())
        .and_then(|()| keep_archives(host, document))
        .and_then(|()| {
            let new = (&document.environment, replaced.is_some());
            host.store.import(id, &store_request, new, decide)
        });
    audit::record_failure(host, id, vec![event.clone()], result)
}

fn ensure_confirmed(id: &EnvId, replaced: Option<&EnvId>) -> Result<(), ImportError> {
    match replaced {
        Some(confirmed) if confirmed != id => Err(ImportError::OtherReplaced {
            environment: id.clone(),
            confirmed: confirmed.clone(),
        }),
        _ => Ok(()),
    }
}

/// Records this store in the cache, which then keeps the archives that the pins name.
fn keep_archives(host: &Host, document: &Document) -> Result<(), ImportError> {
    if document.has_pins {
        host.fetcher.cache.insert_root(host.store.gc_root())?;
    }
    Ok(())
}
