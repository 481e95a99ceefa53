//! The audit events of changed bindings.

use env_pack_domain::change::BindingChange;
use env_pack_domain::{Binding, BindingKey, BindingPlace, EnvId};

use crate::Host;
use crate::operation_error::OperationError;
use crate::ops::audit;
use gtc_store::AuditEvent;

/// A requested change of a binding, as the audit log records it.
pub(super) struct RequestedChange<'a> {
    pub environment: &'a EnvId,
    pub verb: &'static str,
    pub place: &'a BindingPlace,
    /// The descriptor, or the descriptor path if the request has no version.
    pub kind: Option<String>,
    /// The pack reference, if the request names one.
    pub pack_ref: Option<String>,
    pub idempotency_key: &'a Option<String>,
}

/// Returns the descriptor path of a binding if its place does not imply it.
pub(super) fn kind_of(key: &BindingKey) -> Option<String> {
    match key {
        BindingKey::Slot(_) => None,
        BindingKey::Extension { path, .. } => Some(path.to_string()),
    }
}

impl RequestedChange<'_> {
    /// Returns the events of a change that succeeds: one for each binding that changes.
    pub(super) fn events(&self, host: &Host, changes: &[BindingChange]) -> Vec<AuditEvent> {
        // bindings that change along with an added one are updated
        let follower_verb = if self.verb == "rollback" { "rollback" } else { "update" };
        let verbs = std::iter::once(self.verb).chain(std::iter::repeat(follower_verb));
        let changed = changes.iter().zip(verbs).filter(|(change, _)| !change.is_unchanged());
        let bindings = changed.filter_map(|(change, verb)| {
            Some((change.after.as_ref().or(change.before.as_ref())?, verb))
        });
        bindings
            .map(|(binding, verb)| self.event(host, verb, &binding.place, Some(binding)))
            .collect()
    }

    /// Records a change that failed.
    pub(super) fn record_failure<T, E: OperationError>(
        &self,
        host: &Host,
        result: Result<T, E>,
    ) -> Result<T, E> {
        let event = self.event(host, self.verb, self.place, None);
        audit::record_failure(host, self.environment, vec![event], result)
    }

    fn event(
        &self,
        host: &Host,
        verb: &'static str,
        place: &BindingPlace,
        binding: Option<&Binding>,
    ) -> AuditEvent {
        let (noun, place) = match place {
            BindingPlace::Slot(slot) => ("env-packs", ("slot", Some(slot.to_string()))),
            BindingPlace::Extension(instance) => {
                ("extensions", ("instance_id", instance.as_ref().map(ToString::to_string)))
            }
        };
        let generation = binding.map(|binding| binding.generation);
        let (kind, pack_ref) = match binding {
            Some(binding) => (Some(binding.kind.to_string()), Some(binding.pack_ref.to_string())),
            None => (self.kind.clone(), self.pack_ref.clone()),
        };
        let mut target = vec![place, ("kind", kind)];
        target.extend(pack_ref.map(|pack_ref| ("pack_ref", Some(pack_ref))));
        let pin = binding.and_then(|binding| binding.pin.as_ref());
        target.extend(pin.map(|pin| ("archive_sha256", Some(pin.archive.hex()))));
        // a removed binding reports its last generation
        let (previous_generation, new_generation) = match verb {
            "remove" => (generation, None),
            "pin" => (generation, generation),
            _ => (generation.and_then(|generation| generation.checked_sub(1)), generation),
        };
        AuditEvent {
            origin: host.origin(),
            noun,
            verb,
            target,
            previous_generation,
            new_generation,
            idempotency_key: self.idempotency_key.clone(),
            result: Ok(()),
        }
    }
}
