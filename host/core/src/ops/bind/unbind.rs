//! Removes bindings and rolls them back. No pack is loaded.

use env_pack_domain::change::{self, BindingChange};
use env_pack_domain::{Binding, BindingKey, BindingPlace, EnvId};

use super::changes::retain_used_pins;
use super::events::RequestedChange;
use super::report::BindReport;
use super::request::{RemoveRequest, RollbackRequest};
use crate::Host;
use crate::ops::OpError;
use gtc_store::{EditSession, Stored};

/// Removes a binding.
///
/// # Errors
/// [`OpError`]; nothing was written then, unless it is [`OpError::AuditFailed`].
pub fn remove(host: &Host, request: &RemoveRequest) -> Result<BindReport, OpError> {
    let RemoveRequest { environment, key, idempotency_key } = request;
    let result = save_removal(host, request);
    record(host, "remove", environment, key, idempotency_key, result)
}

fn save_removal(host: &Host, request: &RemoveRequest) -> Result<BindReport, OpError> {
    let mut session = host.store.open(&request.environment)?;
    let changes = vec![change::remove(&session.stored().environment, &request.key)?];
    save(&mut session, &changes)?;
    Ok(BindReport::of_changes(&request.environment, request.idempotency_key.clone(), &changes))
}

/// Restores the previous version of a binding. Instances of one extension must still use the
/// same archive afterwards.
///
/// # Errors
/// [`OpError`]; nothing was written then, unless it is [`OpError::AuditFailed`].
pub fn rollback(host: &Host, request: &RollbackRequest) -> Result<BindReport, OpError> {
    let RollbackRequest { environment, key, idempotency_key, .. } = request;
    let result = save_rollback(host, request);
    record(host, "rollback", environment, key, idempotency_key, result)
}

fn save_rollback(host: &Host, request: &RollbackRequest) -> Result<BindReport, OpError> {
    let mut session = host.store.open(&request.environment)?;
    let changes = rollback_changes(session.stored(), request)?;
    save(&mut session, &changes)?;
    Ok(BindReport::of_changes(&request.environment, request.idempotency_key.clone(), &changes))
}

fn save(session: &mut EditSession, changes: &[BindingChange]) -> Result<(), OpError> {
    let before = session.stored().environment.clone();
    let after = changes.last().map_or(&before, |change| &change.environment);
    let mut pins = session.stored().pins.clone();
    retain_used_pins(&mut pins, &[&before, after]);
    Ok(session.save(after, &pins)?)
}

fn record(
    host: &Host,
    verb: &'static str,
    environment: &EnvId,
    key: &BindingKey,
    idempotency_key: &Option<String>,
    result: Result<BindReport, OpError>,
) -> Result<BindReport, OpError> {
    let (place, kind) = match key {
        BindingKey::Slot(slot) => (BindingPlace::Slot(*slot), None),
        BindingKey::Extension { path, instance } => {
            (BindingPlace::Extension(instance.clone()), Some(path.to_string()))
        }
    };
    RequestedChange { environment, verb, place: &place, kind, idempotency_key }.record(host, result)
}

/// Computes the changes of a rollback: its own, and those of the other instances that are
/// rolled back too.
fn rollback_changes(
    stored: &Stored,
    request: &RollbackRequest,
) -> Result<Vec<BindingChange>, OpError> {
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
        Some(sibling) => Err(OpError::InstancesWouldDiverge {
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
