//! The audit log: a change that was asked for leaves a line, whether it was made or not.

use env_pack_domain::EnvId;

use super::OpError;
use crate::host::Host;
use crate::store::AuditEvent;

/// Makes a change and records it, as an event that is drawn up once it is known what came of it.
pub(super) fn recorded<T>(
    host: &Host,
    environment: &EnvId,
    change: impl FnOnce() -> Result<T, OpError>,
    event: impl FnOnce(Option<&T>) -> AuditEvent,
) -> Result<T, OpError> {
    let result = change();
    let outcome = result.as_ref().map(|_| ()).map_err(|error| (error.kind(), error.to_string()));
    let event = AuditEvent { result: outcome, ..event(result.as_ref().ok()) };
    let written = host.store.audit(environment, &event);
    let report = result?;
    // the change is made; that it was not recorded is still an error, and says so
    written?;
    Ok(report)
}
