//! Removes old events from the start of an audit log. The rest of the log stays verifiable.

use env_pack_domain::EnvId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::audit;
use super::audit_log::AuditedEvent;
use crate::Host;
use crate::operation_error::{Explanation, OperationError};
use gtc_store::{AuditEvent, Change, ChangeError, StoreError};

/// A request to remove old events.
#[derive(Clone, Debug)]
pub struct PruneRequest {
    /// The environment.
    pub environment: EnvId,
    /// Events before this moment are removed.
    pub before: Timestamp,
    /// Idempotency key; written to the audit log and returned.
    pub idempotency_key: Option<String>,
    /// The only revision of the environment to accept.
    pub if_revision: Option<u64>,
}

/// The events that were removed, or would be.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PruneReport {
    /// The environment.
    pub environment_id: EnvId,
    /// Events before this moment are removed.
    pub before: String,
    /// Whether this is a preview, and nothing was removed.
    pub dry_run: bool,
    /// The number of lines that are removed.
    pub removed: u64,
    /// The number of lines that stay.
    pub kept: u64,
    /// The number of the last event that is removed; none if none is.
    pub through: Option<u64>,
    /// The idempotency key of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
}

/// Reports which events [`prune`] would remove.
///
/// # Errors
/// As for [`prune`]; nothing is recorded.
pub fn preview(host: &Host, request: &PruneRequest) -> Result<PruneReport, PruneError> {
    host.store.load(&request.environment)?.ensure_revision(request.if_revision)?;
    Ok(PruneReport { dry_run: true, ..plan(host, request)? })
}

/// Removes the events before a moment from the start of the audit log, and records this. Events
/// before the first later one are removed, so that the rest is a whole chain.
///
/// # Errors
/// [`PruneError`], also when the log is not intact: removing a part would hide that. The log is
/// unchanged then, except as [`Store::change`] says.
///
/// [`Store::change`]: gtc_store::Store::change
pub fn prune(host: &Host, request: &PruneRequest) -> Result<PruneReport, PruneError> {
    let PruneRequest { environment, before, idempotency_key, if_revision } = request;
    let arguments = json!({"before": before.to_string()});
    let store_request =
        host.request("audit prune", idempotency_key.as_ref(), &arguments).if_revision(*if_revision);
    let result = host.store.change(environment, &store_request, |_| {
        let report = plan(host, request)?;
        let events = match report.through {
            Some(_) => vec![event(host, request, Some(&report))],
            None => Vec::new(),
        };
        let prune_audit = report.through;
        Ok(Change { prune_audit, ..Change::recorded(events, report) })
    });
    audit::record_failure(host, environment, vec![event(host, request, None)], result)
}

/// Finds the events to remove.
fn plan(host: &Host, request: &PruneRequest) -> Result<PruneReport, PruneError> {
    let PruneRequest { environment, before, idempotency_key, .. } = request;
    let verified = host.store.verify_audit(environment)?;
    if !verified.faults.is_empty() {
        return Err(PruneError::NotIntact { environment: environment.clone() });
    }
    let mut lines = 0;
    let mut removed = 0;
    let mut through = None;
    let mut is_later = false;
    host.store.visit_audit(environment, &mut |line| {
        lines += 1;
        let event = serde_json::from_str::<AuditedEvent>(line).unwrap_or_default();
        let at = event.ts.as_exact().parse::<Timestamp>().ok();
        is_later |= at.is_some_and(|at| at >= *before);
        // the rest of the log continues a line with a number
        if !is_later && event.seq.is_some() && at.is_some() {
            removed = lines;
            through = event.seq;
        }
    })?;
    Ok(PruneReport {
        environment_id: environment.clone(),
        before: before.to_string(),
        dry_run: false,
        removed,
        kept: lines - removed,
        through,
        idempotency_key: idempotency_key.clone(),
    })
}

fn event(host: &Host, request: &PruneRequest, report: Option<&PruneReport>) -> AuditEvent {
    let mut target = vec![
        ("environment_id", Some(request.environment.to_string())),
        ("before", Some(request.before.to_string())),
    ];
    if let Some(report) = report {
        target.push(("through", report.through.map(|through| through.to_string())));
        target.push(("removed", Some(report.removed.to_string())));
    }
    AuditEvent {
        origin: host.origin(),
        noun: "audit",
        verb: "prune",
        target,
        previous_generation: None,
        new_generation: None,
        idempotency_key: request.idempotency_key.clone(),
        result: Ok(()),
    }
}

/// Old events were not removed.
#[derive(Debug, thiserror::Error)]
pub enum PruneError {
    /// The environment or its log could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The change was not saved.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// The log was changed, and removing a part of it would hide that.
    #[error("the audit log of environment `{environment}` was changed; nothing was removed")]
    NotIntact {
        /// The environment.
        environment: EnvId,
    },
}

impl OperationError for PruneError {
    fn explain(&self) -> Explanation {
        match self {
            Self::Store(error) => error.explain(),
            Self::Change(error) => error.explain(),
            Self::NotIntact { environment } => Explanation::refused(
                "conflict",
                format!(
                    "see what was changed with `gtc op audit verify {environment}`, and keep a \
                     copy of the log"
                ),
            ),
        }
    }
}
