//! Writes audit records of requested changes, whether they succeeded or not.

use env_pack_domain::EnvId;

use super::OpError;
use crate::Host;
use gtc_store::AuditEvent;

/// Writes the events of a change to the audit log, each with the result of the change, and
/// returns that result.
///
/// # Errors
/// [`OpError::AuditFailed`] when the change succeeded, but an event could not be written.
pub(super) fn record<T>(
    host: &Host,
    environment: &EnvId,
    events: Vec<AuditEvent>,
    result: Result<T, OpError>,
) -> Result<T, OpError> {
    let outcome = match &result {
        Ok(_) => Ok(()),
        Err(error) => Err((error.kind(), error.to_string())),
    };
    for event in events {
        let written =
            host.store.audit(environment, &AuditEvent { result: outcome.clone(), ..event });
        if let Err(source) = written {
            // a failed change is reported with its own error
            return result.and(Err(OpError::AuditFailed { source }));
        }
    }
    result
}
