//! Binding a pack: a pure change between a look at the pack and an atomic write, and a
//! line in the audit log either way.

use std::fmt;

use env_pack_domain::change::{self, BindingChange, BindingRequest};
use env_pack_domain::{
    Binding, BindingPlace, EnvId, Environment, KeyId, PackDescriptor, PackRef, Permissions,
    PreviousBinding,
};
use serde::Serialize;

use super::OpError;
use super::audit::with_audit_record;
use super::check::{self, CheckedPack, check_pack};
use super::refresh::{PackDifference, pinned_reference};
use crate::host::Host;
use crate::store::{AuditEvent, PackPins};

/// Whether a binding is new or replaces one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BindVerb {
    /// The place is free.
    Add,
    /// The place is taken.
    Update,
}

/// A pack to bind.
#[derive(Clone, Debug)]
pub struct BindRequest {
    /// The environment.
    pub environment: EnvId,
    /// What to bind where.
    pub request: BindingRequest,
    /// What the operator allows the pack, beside asking programs for their versions.
    pub grants: GrantSelection,
    /// Whether the pack is fetched and loaded before it is bound.
    pub fetch: bool,
    /// Whether what the reference stands for now is taken, though it is not what was
    /// bound; everything that is bound by the same reference moves along.
    pub refresh: bool,
    /// The binding that is replaced, if it must still be this one.
    pub replaces: Option<Binding>,
    /// Whether every other instance of the extension moves to the same pack.
    pub all_instances: bool,
    /// Idempotency key; written to the audit log and returned.
    pub idempotency_key: Option<String>,
}

/// What an operator allows a pack.
#[derive(Clone, Debug, Default)]
pub struct GrantSelection {
    /// These permissions, as far as the pack declares them.
    pub permissions: Permissions,
    /// Everything that the pack declares.
    pub declared: bool,
}

/// A binding that was changed.
#[derive(Clone, Debug, Serialize)]
pub struct BindReport {
    /// Where it is bound.
    #[serde(skip)]
    pub place: BindingPlace,
    /// The environment.
    pub environment_id: EnvId,
    /// The slot, for packs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slot: Option<String>,
    /// The instance, for extensions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
    /// The descriptor.
    pub kind: PackDescriptor,
    /// The pack reference.
    pub pack_ref: PackRef,
    /// How often the binding has changed.
    pub generation: u64,
    /// Whether a rollback has something to restore.
    pub has_previous: bool,
    /// What the pack may do, if it may do anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grants: Option<GrantsReport>,
    /// The trusted key that vouches for the pack, if somebody has to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signer: Option<KeyId>,
    /// What `doctor` will have to say about the pack.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// What is different, where the reference stood for another archive before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moved_from: Option<PackDifference>,
    /// Whether nothing was changed: there was no reason to, or it was only to be shown.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unchanged: bool,
    /// The other instances that moved along.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub moved: Vec<BindReport>,
    /// The idempotency key of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
}

/// What a pack may do.
#[derive(Clone, Debug, Serialize)]
pub struct GrantsReport {
    /// The programs it may run.
    pub tools: Vec<String>,
    /// The addresses it may connect to.
    pub network: Vec<String>,
}

/// Binds a pack.
///
/// # Errors
/// [`OpError`]; nothing has been written then.
pub fn bind(host: &Host, verb: BindVerb, request: &BindRequest) -> Result<BindReport, OpError> {
    recorded_bind(host, verb, request, || {
        // first against a snapshot: what the bindings refuse needs no pack, and loading one takes
        // no lock
        let snapshot = host.store.load(&request.environment)?;
        compute_changes(&snapshot.environment, verb, request, None)?;
        let checked = match request.fetch {
            true => Some(check_pack(host, &snapshot, request)?),
            false => None,
        };
        commit(host, verb, request, checked)
    })
}

/// Binds a pack that was looked at.
///
/// # Errors
/// [`OpError`]; nothing has been written then.
pub(super) fn bind_checked(
    host: &Host,
    verb: BindVerb,
    request: &BindRequest,
    checked: Option<CheckedPack>,
) -> Result<BindReport, OpError> {
    recorded_bind(host, verb, request, || commit(host, verb, request, checked))
}

pub(super) fn recorded_bind(
    host: &Host,
    verb: BindVerb,
    request: &BindRequest,
    bind: impl FnOnce() -> Result<BindReport, OpError>,
) -> Result<BindReport, OpError> {
    let name = match verb {
        BindVerb::Add => "add",
        BindVerb::Update => "update",
    };
    let place = &request.request.place;
    let kind = Some(request.request.kind.to_string());
    let target = AuditTarget {
        environment: &request.environment,
        place,
        kind,
        key: &request.idempotency_key,
    };
    audited(host, name, &target, bind)
}

fn commit(
    host: &Host,
    verb: BindVerb,
    asked: &BindRequest,
    mut checked: Option<CheckedPack>,
) -> Result<BindReport, OpError> {
    let request = &asked.request;
    let mut session = host.store.open(&asked.environment)?;
    let stored = session.stored();
    let before = stored.environment.clone();
    if let Some(replaced) =
        asked.replaces.as_ref().filter(|replaced| before.binding(&replaced.key()) != Some(replaced))
    {
        return Err(OpError::BindingChanged {
            environment: asked.environment.clone(),
            key: replaced.key(),
        });
    }
    if let Some(checked) = &mut checked {
        check::recheck(host, stored, asked, checked)?;
    }
    let mut pins = stored.pins.clone();
    let exact = pin_old_reference(&mut pins, asked, checked.as_ref());
    let exactly = exact.as_ref().map_or(before.clone(), |exact| {
        change::replace_pack_ref(&before, &request.pack_ref, exact)
    });
    let changes = compute_changes(&exactly, verb, asked, exact.as_ref())?;
    let after = changes.last().map_or(before.clone(), |change| change.environment.clone());
    let (mut grants, mut signer, mut kept) = (None, None, None);
    let warnings = checked.as_ref().map(|checked| checked.warnings.clone()).unwrap_or_default();
    // a built-in pack changes with this program, so there is nothing to pin
    if let Some(checked) = checked.filter(|_| !host.fetcher.is_builtin(&request.pack_ref)) {
        kept = Some(host.fetcher.cache.insert(&checked.fetched, host.store.root())?);
        if let Some(envelope) = &checked.signed.envelope {
            host.fetcher.cache.signatures.insert(&checked.fetched.digest, envelope)?;
        }
        signer = checked.signed.signature.signer();
        grants = (!checked.pin.grants.is_empty()).then(|| GrantsReport::from(&checked.pin.grants));
        pins.packs.insert(request.pack_ref.text(), checked.pin);
    }
    retain_used_pins(&mut pins, &[&before, &after]);
    session.save(&after, &pins)?;
    // from here on the pin keeps it
    drop(kept);
    Ok(BindReport {
        grants,
        signer,
        warnings,
        ..report_all(&asked.environment, &asked.idempotency_key, &changes)
    })
}

/// The exact reference of what a tag stood for that moved, which is pinned too: a
/// rollback restores what was there.
fn pin_old_reference(
    pins: &mut PackPins,
    asked: &BindRequest,
    checked: Option<&CheckedPack>,
) -> Option<PackRef> {
    let pack_ref = &asked.request.pack_ref;
    let pin = pins.get(pack_ref).filter(|_| asked.refresh).cloned()?;
    let exact = pinned_reference(pack_ref, &pin)
        .filter(|_| checked.is_some_and(|checked| checked.pin.manifest != pin.manifest))?;
    pins.packs.insert(exact.text(), pin);
    Some(exact)
}

/// The changes that a request makes: its own, and those of the instances that move along.
///
/// `exact` is the reference by which everything was bound that moves along, if it is not
/// the one asked for.
fn compute_changes(
    environment: &Environment,
    verb: BindVerb,
    asked: &BindRequest,
    exact: Option<&PackRef>,
) -> Result<Vec<BindingChange>, OpError> {
    let request = &asked.request;
    let mut changes = vec![match verb {
        BindVerb::Add => change::add(environment, request.clone())?,
        BindVerb::Update => change::update(environment, request.clone())?,
    }];
    if asked.all_instances {
        let path = request.kind.path();
        for sibling in
            environment.instances_of(path).filter(|sibling| sibling.place != request.place)
        {
            let Binding { place, answers_ref, .. } = sibling.clone();
            let request = BindingRequest { place, answers_ref, ..request.clone() };
            let environment = &changes.last().expect("one change was made").environment;
            changes.push(change::update(environment, request)?);
        }
    }
    if asked.refresh {
        let key = changes.first().and_then(|change| change.after.as_ref()).map(Binding::key);
        let pack_ref = exact.unwrap_or(&request.pack_ref);
        let moves_along =
            |other: &&Binding| other.pack_ref == *pack_ref && Some(other.key()) != key;
        for other in environment.bindings().filter(moves_along) {
            let Binding { place, kind, answers_ref, .. } = other.clone();
            let request =
                BindingRequest { place, kind, answers_ref, pack_ref: request.pack_ref.clone() };
            let environment = &changes.last().expect("one change was made").environment;
            changes.push(change::update(environment, request)?);
        }
    }
    Ok(changes)
}

/// Leaves only the pins of packs that are bound, were bound until now, or would be bound
/// by a rollback.
pub(super) fn retain_used_pins(pins: &mut PackPins, environments: &[&Environment]) {
    let bindings = environments.iter().flat_map(|environment| environment.bindings());
    let refs = bindings.flat_map(|binding| {
        let previous = match &binding.previous {
            Some(PreviousBinding::Known(previous)) => Some(previous.pack_ref.text()),
            _ => None,
        };
        [Some(binding.pack_ref.text()), previous].into_iter().flatten()
    });
    let used: std::collections::HashSet<String> = refs.collect();
    pins.packs.retain(|pack_ref, _| used.contains(pack_ref));
}

/// The report of a change, and of those that were made along with it.
pub(super) fn report_all(
    environment: &EnvId,
    idempotency_key: &Option<String>,
    changes: &[BindingChange],
) -> BindReport {
    let bindings =
        changes.iter().filter_map(|change| change.after.as_ref().or(change.before.as_ref()));
    let mut reports = bindings.map(|binding| report(environment, binding));
    let first = reports.next().expect("a change has a binding before or after it");
    BindReport { moved: reports.collect(), idempotency_key: idempotency_key.clone(), ..first }
}

pub(super) fn report(environment: &EnvId, binding: &Binding) -> BindReport {
    let (slot, instance_id) = match &binding.place {
        BindingPlace::Slot(slot) => (Some(slot.to_string()), None),
        BindingPlace::Extension(instance) => (None, instance.as_ref().map(ToString::to_string)),
    };
    BindReport {
        place: binding.place.clone(),
        environment_id: environment.clone(),
        slot,
        instance_id,
        kind: binding.kind.clone(),
        pack_ref: binding.pack_ref.clone(),
        generation: binding.generation,
        has_previous: binding.previous.is_some(),
        grants: None,
        signer: None,
        moved_from: None,
        unchanged: false,
        moved: Vec::new(),
        warnings: Vec::new(),
        idempotency_key: None,
    }
}

/// What an audit line says a change was about.
pub(super) struct AuditTarget<'a> {
    pub environment: &'a EnvId,
    pub place: &'a BindingPlace,
    pub kind: Option<String>,
    pub key: &'a Option<String>,
}

/// Makes a change and records that it was asked for, whether it was made or not; each
/// instance that moved along has a line too.
pub(super) fn audited(
    host: &Host,
    verb: &'static str,
    target: &AuditTarget<'_>,
    change: impl FnOnce() -> Result<BindReport, OpError>,
) -> Result<BindReport, OpError> {
    with_audit_record(host, target.environment, change, |report| {
        let first = target.event(verb, target.place, target.kind.clone(), report);
        let moved_by = if verb == "rollback" { verb } else { "update" };
        let moved = report.into_iter().flat_map(|report| &report.moved);
        let moved = moved.map(|moved| {
            target.event(moved_by, &moved.place, Some(moved.kind.to_string()), Some(moved))
        });
        std::iter::once(first).chain(moved).collect()
    })
}

impl AuditTarget<'_> {
    /// What the log says of one binding.
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
        let (previous_generation, new_generation) = match verb {
            // what is gone has the generation that it had last
            "remove" => (generation, None),
            _ => (generation.and_then(|generation| generation.checked_sub(1)), generation),
        };
        AuditEvent {
            noun,
            verb,
            target: vec![
                place,
                ("kind", kind.or_else(|| report.map(|report| report.kind.to_string()))),
            ],
            previous_generation,
            new_generation,
            idempotency_key: self.key.clone(),
            result: Ok(()),
        }
    }
}

impl From<&Permissions> for GrantsReport {
    fn from(permissions: &Permissions) -> Self {
        Self {
            tools: permissions.tools.iter().map(ToString::to_string).collect(),
            network: permissions.network.iter().map(ToString::to_string).collect(),
        }
    }
}

/// Shows the grants in one line, as a log has it.
impl fmt::Display for GrantsReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: Vec<&str> = self.tools.iter().chain(&self.network).map(String::as_str).collect();
        f.write_str(if all.is_empty() { "nothing" } else { "" })?;
        f.write_str(&all.join(", "))
    }
}
