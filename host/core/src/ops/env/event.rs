//! The audit events of commands about a whole environment.

use env_pack_domain::EnvId;

use crate::Host;
use gtc_store::AuditEvent;

/// Returns the event of a command that succeeds.
pub(super) fn event(
    host: &Host,
    verb: &'static str,
    id: &EnvId,
    idempotency_key: Option<&str>,
) -> AuditEvent {
    AuditEvent {
        origin: host.origin(),
        noun: "env",
        verb,
        target: vec![("environment_id", Some(id.to_string()))],
        previous_generation: None,
        new_generation: None,
        idempotency_key: idempotency_key.map(str::to_owned),
        result: Ok(()),
    }
}
