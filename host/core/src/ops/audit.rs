//! Writes audit records of requested changes that failed. Those of successful changes are saved
//! together with the change.

use env_pack_domain::{EnvId, with_causes};

use crate::Host;
use crate::operation_error::{BUSY, INVALID_ARGUMENT, OperationError, UNCLEAR, UNFINISHED};
use gtc_store::AuditEvent;

/// Writes the events of a failed change to the audit log, each with its error, and returns the
/// result of the change.
pub(super) fn record_failure<T, E: OperationError>(
    host: &Host,
    environment: &EnvId,
    events: Vec<AuditEvent>,
    result: Result<T, E>,
) -> Result<T, E> {
    let Err(error) = &result else { return result };
    // the change was made, or may be made, and has its record; the environment stayed locked; or
    // the key is too long for the log
    if [BUSY, INVALID_ARGUMENT, UNCLEAR, UNFINISHED].contains(&error.kind()) {
        return result;
    }
    for event in events {
        let event = AuditEvent { result: Err((error.kind(), with_causes(error))), ..event };
        if host.store.audit(environment, &event).is_err() {
            // a failed change is reported with its own error
            break;
        }
    }
    result
}
