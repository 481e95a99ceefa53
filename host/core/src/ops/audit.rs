//! Writes audit records of requested changes that failed. Those of successful changes are saved
//! together with the change.

use env_pack_domain::EnvId;

use super::OpError;
use crate::Host;
use gtc_store::AuditEvent;

/// Writes the events of a failed change to the audit log, each with its error, and returns the
/// result of the change.
pub(super) fn record_failure<T>(
    host: &Host,
    environment: &EnvId,
    events: Vec<AuditEvent>,
    result: Result<T, OpError>,
) -> Result<T, OpError> {
    let Err(error) = &result else { return result };
    // the change was made, and the log has just refused its record
    if matches!(error, OpError::AuditFailed { .. }) {
        return result;
    }
    for event in events {
        let event = AuditEvent { result: Err((error.kind(), error.to_string())), ..event };
        if host.store.audit(environment, &event).is_err() {
            // a failed change is reported with its own error
            break;
        }
    }
    result
}
