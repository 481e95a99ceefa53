//! The default packs of an environment: one for each slot that has one, unless an operator emptied
//! the slot on purpose.

use std::collections::BTreeSet;

use env_pack_domain::change::{self, BindingRequest};
use env_pack_domain::{
    BindingKey, BindingPlace, CapabilitySlot, CoreSlot, EnvId, Environment, PackDescriptor, PackRef,
};
use serde_json::Value;

use super::error::EnvError;
use crate::Host;
use crate::ops::audit_log::AuditedEvent;
use crate::ops::load_pack;
use crate::ops::pack_error::BrokenBuiltin;
use gtc_store::StoreError;

/// The default packs of this program, each with its slot.
pub(super) struct Defaults(Vec<(CoreSlot, PackDescriptor)>);

impl Defaults {
    /// Finds the slots of the built-in packs, which are loaded.
    pub(super) fn load(host: &Host) -> Result<Self, BrokenBuiltin> {
        let mut defaults = Vec::new();
        for kind in host.fetcher.builtins() {
            let (_, pack) = load_pack::load_pack(host, &PackRef::Builtin(kind.clone()))
                .map_err(|source| BrokenBuiltin { pack: kind.clone(), source })?;
            let slot = pack.handler_for(&kind).map(|loaded| loaded.handler.slot());
            if let Some(Ok(slot)) = slot.map(CoreSlot::try_from) {
                defaults.push((slot, kind));
            }
        }
        Ok(Self(defaults))
    }

    /// Returns the defaults of slots that are free.
    fn unbound(&self, environment: &Environment) -> Vec<(CoreSlot, PackDescriptor)> {
        let Self(defaults) = self;
        defaults
            .iter()
            .filter(|(slot, _)| environment.binding(&BindingKey::Slot(*slot)).is_none())
            .cloned()
            .collect()
    }
}

/// An environment with the default packs that it lacked.
pub(super) struct WithDefaults {
    pub environment: Environment,
    /// The packs that are new in it.
    pub bound: Vec<PackDescriptor>,
    /// The slots without their default, because an operator emptied them.
    pub kept_empty: Vec<CoreSlot>,
    /// Those of them that only the audit log knew.
    pub remembered: Vec<CoreSlot>,
}

impl WithDefaults {
    /// Returns an environment without its defaults.
    pub(super) fn none(environment: Environment) -> Self {
        Self { environment, bound: Vec::new(), kept_empty: Vec::new(), remembered: Vec::new() }
    }
}

/// Binds the built-in packs to the free slots that they serve, except to emptied ones. `is_new` is
/// whether nothing is stored of the environment yet.
pub(super) fn bind_defaults(
    host: &Host,
    defaults: &Defaults,
    environment: Environment,
    is_new: bool,
) -> Result<WithDefaults, EnvError> {
    let free = defaults.unbound(&environment);
    let is_known = |slot: &CoreSlot| environment.emptied_slots().contains(slot);
    // earlier versions of this program only recorded removals
    let removed = if is_new || free.iter().all(|(slot, _)| is_known(slot)) {
        BTreeSet::new()
    } else {
        removed_slots(host, environment.id())?
    };
    let (emptied, missing): (Vec<_>, Vec<_>) =
        free.into_iter().partition(|(slot, _)| is_known(slot) || removed.contains(slot));
    let kept_empty: Vec<CoreSlot> = emptied.into_iter().map(|(slot, _)| slot).collect();
    let remembered = kept_empty.iter().copied().filter(|slot| !is_known(slot)).collect();
    let mut environment = environment.with_emptied_slots(kept_empty.iter().copied());
    let mut bound = Vec::new();
    for (slot, kind) in missing {
        let pack_ref = PackRef::Builtin(kind.clone());
        let request = BindingRequest {
            place: BindingPlace::Slot(slot),
            kind: kind.clone(),
            pack_ref,
            answers_ref: None,
        };
        environment = change::add(environment, request, None)?.environment;
        bound.push(kind);
    }
    Ok(WithDefaults { environment, bound, kept_empty, remembered })
}

/// Returns the slots whose last recorded change removed their binding.
fn removed_slots(host: &Host, id: &EnvId) -> Result<BTreeSet<CoreSlot>, StoreError> {
    let mut removed = BTreeSet::new();
    host.store.visit_audit(id, &mut |line| {
        if let Ok(event) = serde_json::from_str::<AuditedEvent>(line)
            && event.result.outcome.as_exact() == "ok"
        {
            note(&event, &mut removed);
        }
    })?;
    Ok(removed)
}

fn note(event: &AuditedEvent, removed: &mut BTreeSet<CoreSlot>) {
    match (event.noun.as_exact(), event.verb.as_exact()) {
        // these bound the defaults, or replaced the environment
        ("env", "create" | "init" | "import" | "delete") => removed.clear(),
        ("env-packs", verb) => {
            let slot = event.target.get("slot").and_then(Value::as_str);
            let slot = slot.and_then(|slot| slot.parse::<CapabilitySlot>().ok());
            let Some(Ok(slot)) = slot.map(CoreSlot::try_from) else { return };
            if verb == "remove" {
                removed.insert(slot);
            } else {
                removed.remove(&slot);
            }
        }
        _ => {}
    }
}
