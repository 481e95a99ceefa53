//! Writes an audit record for each requested change, whether it succeeded or not.

use env_pack_domain::EnvId;

use super::OpError;
use crate::host::Host;
use crate::store::AuditEvent;

/// Makes a change and writes the audit events that `events` returns for its result.
pub(super) fn with_audit_record<T>(
    host: &Host,
    environment: &EnvId,
    change: impl FnOnce() -> Result<T, OpError>,
    events: impl FnOnce(Option<&T>) -> Vec<AuditEvent>,
) -> Result<T, OpError> {
    let result = change();
    let outcome = result.as_ref().map(|_| ()).map_err(|error| (error.kind(), error.to_string()));
    let event = |event| AuditEvent { result: outcome.clone(), ..event };
    let written = events(result.as_ref().ok())
        .into_iter()
        .map(event)
        .try_for_each(|event| host.store.audit(environment, &event));
    match (result, written) {
        (Ok(_), Err(source)) => Err(OpError::AuditFailed { source }),
        (result, _) => result,
    }
}
