//! Gives an environment another id.
//!
//! A store changes one environment at a time. So the environment is created with the new id, in one
//! change, and then deleted under the old one, in another. If the process ends in between, both
//! exist with the same content, and the same command deletes the old one.

use env_pack_domain::EnvId;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::error::RenameError;
use super::event::event;
use crate::Host;
use crate::ops::audit;
use crate::ops::phrases::display_path;
use gtc_store::{AuditEvent, Change, ChangeError, PortableEnvironment, Request};

/// A request to rename an environment.
#[derive(Clone, Debug)]
pub struct RenameRequest {
    /// The environment.
    pub environment: EnvId,
    /// Its new id, which no environment has.
    pub new_id: EnvId,
    /// Idempotency key; written to both audit logs and returned.
    pub idempotency_key: Option<String>,
    /// The only revision of the environment to accept.
    pub if_revision: Option<u64>,
}

/// A renamed environment.
#[derive(Debug, Serialize, Deserialize)]
pub struct RenameReport {
    /// The environment, with its new id.
    pub environment_id: EnvId,
    /// The id that it had.
    pub renamed_from: EnvId,
    /// The document that is kept of the environment with the old id.
    pub backup: String,
    /// Whether `runtime.json` exists under the old id: a runtime may still use it.
    pub has_runtime: bool,
    /// The idempotency key of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
}

/// Renames an environment: its document, pins, trusted keys and answers get the new id. The audit
/// log and the requests stay under the old id; the logs name each other.
///
/// # Errors
/// [`RenameError`] when the environment cannot be read or changed, or the new id is taken. After
/// [`RenameError::ChangedMeanwhile`], there is a copy with the new id.
pub fn rename(host: &Host, request: &RenameRequest) -> Result<RenameReport, RenameError> {
    let RenameRequest { environment, new_id, idempotency_key, .. } = request;
    let store_request = host.request(
        "env rename",
        idempotency_key.as_ref(),
        &json!({"from": environment, "to": new_id}),
    );
    let result = move_content(host, request, &store_request);
    let event = renamed_event(host, request, environment, ("renamed_to", new_id));
    audit::record_failure(host, environment, vec![event], result)
}

fn move_content(
    host: &Host,
    request: &RenameRequest,
    store_request: &Request,
) -> Result<RenameReport, RenameError> {
    let RenameRequest { environment, new_id, if_revision, .. } = request;
    for id in [environment, new_id] {
        host.store.finish_change(id, host.now())?;
    }
    // the environment of a repeated request is gone
    if let Some(first) = host.store.first_answer(environment, store_request)? {
        return Ok(first);
    }
    let before = host.store.export(environment)?;
    let found = before.revision();
    if let Some(expected) = *if_revision
        && expected != found
    {
        let environment = environment.clone();
        return Err(ChangeError::Moved { environment, expected, found }.into());
    }
    create(host, request, &before.with_id(new_id))?;
    delete(host, request, &store_request.clone().if_revision(Some(found)))
}

/// Creates the environment with the new id, unless an interrupted command did. The request is not
/// remembered under the new id: if the copy is deleted, the same request must make it again, before
/// the environment with the old id is deleted.
fn create(
    host: &Host,
    request: &RenameRequest,
    renamed: &PortableEnvironment,
) -> Result<(), RenameError> {
    let RenameRequest { environment, new_id, .. } = request;
    if host.store.exists(new_id) {
        if host.store.export(new_id)?.render() == renamed.render() {
            return Ok(());
        }
        return Err(RenameError::Exists { new_id: new_id.clone() });
    }
    let event = renamed_event(host, request, new_id, ("renamed_from", environment));
    let store_request = host.request("env rename", None, &json!({"from": environment}));
    host.store.import(new_id, &store_request, (renamed, false), |_| {
        Ok::<_, RenameError>(Change::recorded(
            vec![event.clone()],
            json!({"renamed_from": environment}),
        ))
    })?;
    Ok(())
}

/// Deletes the environment with the old id, if it is still what was copied.
fn delete(
    host: &Host,
    request: &RenameRequest,
    store_request: &Request,
) -> Result<RenameReport, RenameError> {
    let RenameRequest { environment, new_id, idempotency_key, .. } = request;
    let event = renamed_event(host, request, environment, ("renamed_to", new_id));
    let result = host.store.delete(environment, store_request, |stored, _| {
        let report = RenameReport {
            environment_id: new_id.clone(),
            renamed_from: environment.clone(),
            backup: display_path(&host.store.backup_path(environment)).to_string(),
            has_runtime: stored.has_runtime,
            idempotency_key: idempotency_key.clone(),
        };
        Ok(Change::recorded(vec![event.clone()], report))
    });
    result.map_err(|error| match error {
        RenameError::Change(ChangeError::Moved { environment, .. }) => {
            RenameError::ChangedMeanwhile { environment, new_id: new_id.clone() }
        }
        other => other,
    })
}

fn renamed_event(
    host: &Host,
    request: &RenameRequest,
    environment: &EnvId,
    (name, other): (&'static str, &EnvId),
) -> AuditEvent {
    let mut event = event(host, "rename", environment, request.idempotency_key.as_deref());
    event.target.push((name, Some(other.to_string())));
    event
}
