//! Taking a binding away, or back to what it was: no pack is looked at, but instances of
//! one extension stay together.

use env_pack_domain::change::{self, BindingChange};
use env_pack_domain::{Binding, BindingKey, BindingPlace, EnvId};

use super::OpError;
use super::bind::{self, AuditTarget, BindReport};
use crate::host::Host;
use crate::store::Stored;

/// A binding to take away or to roll back.
#[derive(Clone, Debug)]
pub struct UnbindRequest {
    /// The environment.
    pub environment: EnvId,
    /// The binding.
    pub key: BindingKey,
    /// Whether every other instance of the extension is rolled back too.
    pub all_instances: bool,
    /// Idempotency key; written to the audit log and returned.
    pub idempotency_key: Option<String>,
}

/// Takes a binding away.
///
/// # Errors
/// [`OpError`]; nothing has been written then, unless it is [`OpError::AuditFailed`].
pub fn remove(host: &Host, request: &UnbindRequest) -> Result<BindReport, OpError> {
    unbind(host, "remove", request, |stored| {
        Ok(vec![change::remove(&stored.environment, &request.key)?])
    })
}

/// Restores what a binding was before its last update.
///
/// # Errors
/// [`OpError`]; nothing has been written then, unless it is [`OpError::AuditFailed`].
pub fn rollback(host: &Host, request: &UnbindRequest) -> Result<BindReport, OpError> {
    unbind(host, "rollback", request, |stored| roll_back(stored, request))
}

fn unbind(
    host: &Host,
    verb: &'static str,
    asked: &UnbindRequest,
    change: impl FnOnce(&Stored) -> Result<Vec<BindingChange>, OpError>,
) -> Result<BindReport, OpError> {
    let (place, kind) = match &asked.key {
        BindingKey::Slot(slot) => (BindingPlace::Slot(*slot), None),
        BindingKey::Extension { path, instance } => {
            (BindingPlace::Extension(instance.clone()), Some(path.to_string()))
        }
    };
    let target = AuditTarget {
        environment: &asked.environment,
        place: &place,
        kind,
        key: &asked.idempotency_key,
    };
    bind::audited(host, verb, &target, || {
        let mut session = host.store.open(&asked.environment)?;
        let before = session.stored().environment.clone();
        let changes = change(session.stored())?;
        let after = changes.last().map_or(&before, |change| &change.environment);
        let mut pins = session.stored().pins.clone();
        bind::retain_used_pins(&mut pins, &[&before, after]);
        session.save(after, &pins)?;
        Ok(bind::report_all(&asked.environment, &asked.idempotency_key, &changes))
    })
}

/// The changes of a rollback: its own, and those of the instances that go back along with
/// it.
fn roll_back(stored: &Stored, asked: &UnbindRequest) -> Result<Vec<BindingChange>, OpError> {
    let first = change::rollback(&stored.environment, &asked.key)?;
    let BindingKey::Extension { path, .. } = &asked.key else { return Ok(vec![first]) };
    let (before, after) = (first.before.clone(), first.after.clone());
    let mut changes = vec![first];
    let others =
        stored.environment.instances_of(path).map(Binding::key).filter(|key| *key != asked.key);
    let others: Vec<_> = others.collect();
    for key in others.iter().filter(|_| asked.all_instances) {
        let environment = &changes.last().expect("one change was made").environment;
        // an instance that was never updated may be where the others go back to
        if environment.binding(key).is_some_and(|binding| binding.previous.is_some()) {
            changes.push(change::rollback(environment, key)?);
        }
    }
    let environment = &changes.last().expect("one change was made").environment;
    let (Some(before), Some(after)) = (before, after) else { return Ok(changes) };
    let mut siblings = others.iter().filter_map(|key| environment.binding(key));
    match siblings.find(|sibling| diverges(stored, &before, &after, sibling)) {
        Some(sibling) => {
            let (key, sibling) = (asked.key.clone(), sibling.key());
            Err(OpError::InstancesWouldDiverge { key, sibling, all: asked.all_instances })
        }
        None => Ok(changes),
    }
}

/// Whether a binding that went back comes from another archive than its sibling. Where
/// nobody looked at the archives, the references tell, if they were the same before.
fn diverges(stored: &Stored, before: &Binding, after: &Binding, sibling: &Binding) -> bool {
    let archive = |binding: &Binding| stored.pins.get(&binding.pack_ref).map(|pin| pin.archive);
    match (archive(after), archive(sibling)) {
        (Some(ours), Some(theirs)) => ours != theirs,
        _ => before.pack_ref == sibling.pack_ref && after.pack_ref != sibling.pack_ref,
    }
}
