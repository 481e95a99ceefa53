//! Removes bindings and rolls them back. No handler is loaded.

use std::collections::HashSet;

use env_pack_domain::change::{self, BindingChange};
use env_pack_domain::{Binding, BindingKey, BindingPlace, EnvId, Environment, Pin};

use super::error::UnbindError;
use super::events::{RequestedChange, kind_of};
use super::generations;
use super::intent::ChangedBindings;
use super::paths::ensure_paths_free;
use super::report::BindReport;
use super::request::{RemoveRequest, RollbackRequest};
use crate::Host;
use crate::ops::load_pack::fetch_pinned;
use crate::ops::pack_error::PackError;
use crate::ops::suggested_commands::pin_command;
use crate::ops::trust::TrustPolicy;
use gtc_fetch::FetchedPack;
use gtc_store::{Change, Stored};

/// Removes a binding.
///
/// # Errors
/// [`UnbindError`]; the environment is unchanged then, except as [`Store::change`] says.
///
/// [`Store::change`]: gtc_store::Store::change
pub fn remove(host: &Host, request: &RemoveRequest) -> Result<BindReport, UnbindError> {
    let RemoveRequest { environment, key, if_generation, idempotency_key, .. } = request;
    let requested =
        Unbinding { verb: "remove", environment, key, place: key.place(), idempotency_key };
    let result = host.store.change(environment, &request.for_store(host), |stored| {
        change::ensure_generation(&stored.environment, key, *if_generation)?;
        let removed = change::remove(stored.environment, key)?;
        let changes = vec![removed.change];
        Ok(requested.change(host, ChangedBindings { environment: removed.environment, changes }))
    });
    requested.record_failure(host, result)
}

/// Restores the previous version of a binding: its archive, permissions and answers.
///
/// # Errors
/// [`UnbindError`], also when the archive is not available any more; the environment is
/// unchanged then, except as [`Store::change`] says.
///
/// [`Store::change`]: gtc_store::Store::change
pub fn rollback(host: &Host, request: &RollbackRequest) -> Result<BindReport, UnbindError> {
    let RollbackRequest { environment, key, idempotency_key, .. } = request;
    let requested =
        Unbinding { verb: "rollback", environment, key, place: key.place(), idempotency_key };
    requested.record_failure(host, restore(host, &requested, request))
}

/// Returns the first answer to a rollback that was requested before with the same key.
///
/// # Errors
/// [`UnbindError`] when the requests cannot be read, or the key is that of another request.
pub(in crate::ops) fn repeated_rollback(
    host: &Host,
    request: &RollbackRequest,
) -> Result<Option<BindReport>, UnbindError> {
    Ok(host.store.first_answer(&request.environment, &request.for_store(host))?)
}

fn restore(
    host: &Host,
    requested: &Unbinding<'_>,
    request: &RollbackRequest,
) -> Result<BindReport, UnbindError> {
    // the archive of a repeated request may be gone
    if let Some(first) = repeated_rollback(host, request)? {
        return Ok(first);
    }
    let store_request = request.for_store(host);
    let stored = host.store.load(&request.environment)?;
    let planned = rollback_changes(host, &stored.environment, request)?;
    let archives = fetch_restored(host, &stored, &planned.changes)?;
    let mut cached = Vec::new();
    let report = host.store.change(&request.environment, &store_request, |stored| {
        let after = rollback_changes(host, &stored.environment, request)?;
        if !restores_same(&planned.changes, &after.changes) {
            return Err(UnbindError::BindingChanged {
                environment: request.environment.clone(),
                key: request.key.clone(),
            });
        }
        ensure_restored_paths_free(host, &stored.environment, &after.changes)?;
        for archive in &archives {
            cached.push(host.fetcher.cache.insert(archive, host.store.gc_root())?);
        }
        let warnings = warnings_about_pins(host, request, &after.changes);
        let mut change = requested.change(host, after);
        change.report.warnings = warnings;
        Ok(change)
    });
    // the pins protect the cached archives from garbage collection from here on
    drop(cached);
    report
}

/// Warns about restored bindings whose archives are not known.
pub(super) fn warnings_about_pins(
    host: &Host,
    request: &RollbackRequest,
    changes: &[BindingChange],
) -> Vec<String> {
    let restored = changes.iter().filter_map(|change| change.after.as_ref());
    restored.filter_map(|binding| warn_unpinned(host, request, binding)).collect()
}

fn warn_unpinned(host: &Host, request: &RollbackRequest, restored: &Binding) -> Option<String> {
    let key = restored.key();
    let pin = pin_command(&request.environment, &key);
    host.is_unpinned(restored).then(|| {
        let warning = "has no pin, as before the update; check and pin it with";
        host.repeated_flags.complete(&format!("{key} {warning} `{pin}`"))
    })
}

/// A request to remove a binding or to roll it back.
struct Unbinding<'a> {
    verb: &'static str,
    environment: &'a EnvId,
    key: &'a BindingKey,
    place: BindingPlace,
    idempotency_key: &'a Option<String>,
}

impl Unbinding<'_> {
    fn change(&self, host: &Host, after: ChangedBindings) -> Change<BindReport> {
        let key = self.idempotency_key.clone();
        let report = BindReport::of_changes(self.environment, key, &after.changes);
        let events = self.requested_change().events(host, &after.changes);
        Change { environment: Some(after.environment), ..Change::recorded(events, report) }
    }

    fn record_failure(
        &self,
        host: &Host,
        result: Result<BindReport, UnbindError>,
    ) -> Result<BindReport, UnbindError> {
        self.requested_change().record_failure(host, result)
    }

    fn requested_change(&self) -> RequestedChange<'_> {
        let Self { verb, environment, key, place, idempotency_key } = self;
        let kind = kind_of(key);
        RequestedChange { environment, verb, place, kind, pack_ref: None, idempotency_key }
    }
}

/// Computes the changes of a rollback: its own, and those of the other instances that are
/// rolled back too.
pub(super) fn rollback_changes(
    host: &Host,
    environment: &Environment,
    request: &RollbackRequest,
) -> Result<ChangedBindings, UnbindError> {
    change::ensure_generation(environment, &request.key, request.if_generation)?;
    if let Some(generation) = request.to {
        let earlier = generations::find(host, environment, &request.key, generation)?;
        let restored = change::restore(environment.clone(), &earlier)?;
        let changes = vec![restored.change];
        return Ok(ChangedBindings { environment: restored.environment, changes });
    }
    let first = change::rollback(environment.clone(), &request.key)?;
    let mut after = first.environment;
    let mut changes = vec![first.change];
    let BindingKey::Extension { path, .. } = &request.key else {
        return Ok(ChangedBindings { environment: after, changes });
    };
    // an instance that was never updated may already use the archive of the others
    let others = environment.instances_of(path).filter(|binding| {
        request.all_instances && binding.key() != request.key && binding.previous.is_some()
    });
    for other in others {
        let changed = change::rollback(after, &other.key())?;
        after = changed.environment;
        changes.push(changed.change);
    }
    Ok(ChangedBindings { environment: after, changes })
}

/// Returns the bindings that a rollback restores, with their pins. Built-in packs, and packs
/// that were bound unchecked, have none.
fn restored(changes: &[BindingChange]) -> impl Iterator<Item = (&Binding, &Pin)> {
    let after = changes.iter().filter_map(|change| change.after.as_ref());
    after.filter_map(|binding| Some((binding, binding.pin.as_ref()?)))
}

fn restores_same(planned: &[BindingChange], changes: &[BindingChange]) -> bool {
    planned.len() == changes.len()
        && planned.iter().zip(changes).all(|(planned, change)| planned.after == change.after)
}

/// Fetches the archives that a rollback restores, and verifies their signatures if the
/// environment trusts keys.
pub(super) fn fetch_restored(
    host: &Host,
    stored: &Stored,
    changes: &[BindingChange],
) -> Result<Vec<FetchedPack>, UnbindError> {
    let trust = TrustPolicy::for_environment(host, stored.environment.id())?;
    let fetch = |(binding, pin): (&Binding, &Pin)| {
        let fetched = fetch_pinned(host, &binding.pack_ref, pin).and_then(|fetched| {
            trust.examine(host, &binding.pack_ref, &fetched)?;
            Ok(fetched)
        });
        fetched.map_err(|source: PackError| UnbindError::NotRestorable {
            key: binding.key(),
            kind: binding.kind.clone(),
            archive: pin.archive,
            source,
        })
    };
    restored(changes).map(fetch).collect()
}

/// Fails if an unrelated pack, bound since the update, provides a path of a restored pack.
pub(super) fn ensure_restored_paths_free(
    host: &Host,
    environment: &Environment,
    changes: &[BindingChange],
) -> Result<(), UnbindError> {
    let replaced: HashSet<_> =
        changes.iter().filter_map(|change| change.before.as_ref().map(Binding::key)).collect();
    for (binding, pin) in restored(changes) {
        ensure_paths_free(host, environment, &binding.pack_ref, pin, &replaced)?;
    }
    Ok(())
}
