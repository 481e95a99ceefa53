//! Removes bindings and rolls them back. No pack is loaded.

use env_pack_domain::change::{self, BindingChange};
use env_pack_domain::{Binding, BindingKey, BindingPlace, EnvId};

use super::changes::retain_used_pins;
use super::error::UnbindError;
use super::events::{RequestedChange, target_of};
use super::report::BindReport;
use super::request::{RemoveRequest, RollbackRequest};
use crate::Host;
use gtc_store::{Change, Stored};

/// Removes a binding.
///
/// # Errors
/// [`UnbindError`]; the environment is unchanged then, except as [`Store::change`] says.
///
/// [`Store::change`]: gtc_store::Store::change
pub fn remove(host: &Host, request: &RemoveRequest) -> Result<BindReport, UnbindError> {
    let RemoveRequest { environment, key, idempotency_key } = request;
    let requested = Unbinding { verb: "remove", environment, key, idempotency_key };
    let result = host.store.change(environment, |stored| {
        let changes = vec![change::remove(&stored.environment, key)?];
        Ok(requested.change(host, &stored, &changes))
    });
    requested.record_failure(host, result)
}

/// Restores the previous version of a binding. Instances of one extension must still use the
/// same archive afterwards.
///
/// # Errors
/// [`UnbindError`]; the environment is unchanged then, except as [`Store::change`] says.
///
/// [`Store::change`]: gtc_store::Store::change
pub fn rollback(host: &Host, request: &RollbackRequest) -> Result<BindReport, UnbindError> {
    let RollbackRequest { environment, key, idempotency_key, .. } = request;
    let requested = Unbinding { verb: "rollback", environment, key, idempotency_key };
    let result = host.store.change(environment, |stored| {
        let changes = rollback_changes(&stored, request)?;
        Ok(requested.change(host, &stored, &changes))
    });
    requested.record_failure(host, result)
}

/// A request to remove a binding or to roll it back.
struct Unbinding<'a> {
    verb: &'static str,
    environment: &'a EnvId,
    key: &'a BindingKey,
    idempotency_key: &'a Option<String>,
}

impl Unbinding<'_> {
    fn change(
        &self,
        host: &Host,
        stored: &Stored,
        changes: &[BindingChange],
    ) -> Change<BindReport> {
        let before = &stored.environment;
        let after = changes.last().map_or(before, |change| &change.environment);
        let mut pins = stored.pins.clone();
        retain_used_pins(&mut pins, &[before, after]);
        let report =
            BindReport::of_changes(self.environment, self.idempotency_key.clone(), changes);
        let (place, kind) = target_of(self.key);
        let events = self.requested_change(&place, kind).events(host, &report);
        Change {
            environment: Some(after.clone()),
            pins: Some(pins),
            ..Change::recorded(events, report)
        }
    }

    fn record_failure(
        &self,
        host: &Host,
        result: Result<BindReport, UnbindError>,
    ) -> Result<BindReport, UnbindError> {
        let (place, kind) = target_of(self.key);
        self.requested_change(&place, kind).record_failure(host, result)
    }

    fn requested_change<'a>(
        &'a self,
        place: &'a BindingPlace,
        kind: Option<String>,
    ) -> RequestedChange<'a> {
        let Self { verb, environment, idempotency_key, .. } = *self;
        RequestedChange { environment, verb, place, kind, idempotency_key }
    }
}

/// Computes the changes of a rollback: its own, and those of the other instances that are
/// rolled back too.
fn rollback_changes(
    stored: &Stored,
    request: &RollbackRequest,
) -> Result<Vec<BindingChange>, UnbindError> {
    let first = change::rollback(&stored.environment, &request.key)?;
    let BindingKey::Extension { path, .. } = &request.key else { return Ok(vec![first]) };
    let mut current = first.environment.clone();
    let mut changes = vec![first];
    let others: Vec<BindingKey> = stored
        .environment
        .instances_of(path)
        .map(Binding::key)
        .filter(|key| *key != request.key)
        .collect();
    if request.all_instances {
        for key in &others {
            // an instance that was never updated may already use the archive of the others
            if current.binding(key).is_some_and(|binding| binding.previous.is_some()) {
                let change = change::rollback(&current, key)?;
                current = change.environment.clone();
                changes.push(change);
            }
        }
    }
    let (Some(before), Some(after)) = (&changes[0].before, &changes[0].after) else {
        return Ok(changes);
    };
    let diverging = others
        .iter()
        .filter_map(|key| current.binding(key))
        .find(|sibling| diverges(stored, before, after, sibling));
    match diverging {
        Some(sibling) => Err(UnbindError::InstancesWouldDiverge {
            key: request.key.clone(),
            sibling: sibling.key(),
            all: request.all_instances,
        }),
        None => Ok(changes),
    }
}

/// Returns true if a rolled back binding uses another archive than its sibling. For unpinned
/// packs, compares the references: they diverge if they were the same before.
fn diverges(stored: &Stored, before: &Binding, after: &Binding, sibling: &Binding) -> bool {
    let archive = |binding: &Binding| stored.pins.get(&binding.pack_ref).map(|pin| pin.archive);
    match (archive(after), archive(sibling)) {
        (Some(ours), Some(theirs)) => ours != theirs,
        _ => before.pack_ref == sibling.pack_ref && after.pack_ref != sibling.pack_ref,
    }
}
