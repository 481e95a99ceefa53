//! The audit events of changed bindings.

use env_pack_domain::{BindingPlace, EnvId};

use super::report::BindReport;
use crate::Host;
use crate::ops::{OpError, audit};
use gtc_store::AuditEvent;

/// A requested change of a binding, as the audit log records it.
pub(super) struct RequestedChange<'a> {
    pub environment: &'a EnvId,
    pub verb: &'static str,
    pub place: &'a BindingPlace,
    /// The descriptor, or the descriptor path if the request has no version.
    pub kind: Option<String>,
    pub idempotency_key: &'a Option<String>,
}

impl RequestedChange<'_> {
    /// Records the result of the change, with an event for each binding that changed along.
    pub(super) fn record(
        &self,
        host: &Host,
        result: Result<BindReport, OpError>,
    ) -> Result<BindReport, OpError> {
        let report = result.as_ref().ok();
        let mut events = vec![self.event(self.verb, self.place, self.kind.clone(), report)];
        // bindings that change along with an added one are updated
        let follower_verb = if self.verb == "rollback" { "rollback" } else { "update" };
        for moved in report.into_iter().flat_map(|report| &report.moved) {
            let kind = Some(moved.kind.to_string());
            events.push(self.event(follower_verb, &moved.place, kind, Some(moved)));
        }
        audit::record(host, self.environment, events, result)
    }

    /// Returns the event of a change that failed.
    pub(super) fn failure(&self) -> AuditEvent {
        self.event(self.verb, self.place, self.kind.clone(), None)
    }

    fn event(
        &self,
        verb: &'static str,
        place: &BindingPlace,
        kind: Option<String>,
        report: Option<&BindReport>,
    ) -> AuditEvent {
        let (noun, place) = match place {
            BindingPlace::Slot(slot) => ("env-packs", ("slot", Some(slot.to_string()))),
            BindingPlace::Extension(instance) => {
                ("extensions", ("instance_id", instance.as_ref().map(ToString::to_string)))
            }
        };
        let generation = report.map(|report| report.generation);
        let kind = kind.or_else(|| report.map(|report| report.kind.to_string()));
        // a removed binding reports its last generation
        let (previous_generation, new_generation) = if verb == "remove" {
            (generation, None)
        } else {
            (generation.and_then(|generation| generation.checked_sub(1)), generation)
        };
        AuditEvent {
            noun,
            verb,
            target: vec![place, ("kind", kind)],
            previous_generation,
            new_generation,
            idempotency_key: self.idempotency_key.clone(),
            result: Ok(()),
        }
    }
}
