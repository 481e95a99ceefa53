//! Environments as a whole: creating, healing, listing, showing.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use env_pack_domain::change::{self, BindingRequest};
use env_pack_domain::{
    BindingKey, BindingPlace, CoreSlot, DisplayName, EnvId, Environment, PackDescriptor, PackRef,
};
use serde::Serialize;
use serde_json::value::RawValue;

use super::audit::with_audit_record;
use super::doctor::{self, DoctorReport};
use super::{OpError, load_pack};
use crate::host::Host;
use crate::store::{AuditEvent, EditSession};

/// Where a runtime listens unless somebody says otherwise.
const LISTEN_ADDR: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

/// An environment that was initialised.
#[derive(Debug, Serialize)]
pub struct InitReport {
    /// The environment.
    pub environment_id: EnvId,
    /// Whether it is new.
    pub created: bool,
    /// The default packs that were bound because their slots were free.
    pub bound: Vec<PackDescriptor>,
    /// Its health now.
    pub doctor: DoctorReport,
    /// The key the caller gave.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
}

/// An environment that was created.
#[derive(Debug, Serialize)]
pub struct CreateReport {
    /// The environment.
    pub environment_id: EnvId,
    /// Its name for people.
    pub name: String,
    /// The default packs that were bound.
    pub bound: Vec<PackDescriptor>,
    /// The key the caller gave.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
}

/// The environments of a store.
#[derive(Debug, Serialize)]
pub struct ListReport {
    /// The folder they are in.
    pub store_root: String,
    /// Each of them.
    pub environments: Vec<ListedEnvironment>,
}

/// An environment in a list.
#[derive(Debug, Serialize)]
pub struct ListedEnvironment {
    /// Its id.
    pub environment_id: EnvId,
    /// How many core slots are bound.
    pub packs: usize,
    /// How many extensions are bound.
    pub extensions: usize,
    /// Why it cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// The files of an environment.
#[derive(Debug, Serialize)]
pub struct ShowReport {
    /// `environment.json`
    pub environment: Box<RawValue>,
    /// `runtime.json`
    pub runtime: Option<Box<RawValue>>,
}

/// A new environment.
#[derive(Clone, Debug)]
pub struct NewEnvironment {
    /// Its id.
    pub id: EnvId,
    /// Its name for people; its id, unless it has one.
    pub name: Option<DisplayName>,
    /// Where its runtime listens.
    pub listen_addr: Option<SocketAddr>,
    /// Whether it is left without bindings.
    pub empty: bool,
    /// The key the caller gave, recorded and given back.
    pub idempotency_key: Option<String>,
}

/// Creates an environment with the default packs.
///
/// # Errors
/// [`OpError`] when there is one already, or it cannot be written.
pub fn create(host: &Host, new: &NewEnvironment) -> Result<CreateReport, OpError> {
    let name = new.name.as_ref().map_or(new.id.as_str(), DisplayName::as_str);
    let idempotency_key = new.idempotency_key.clone();
    let make = || {
        let mut session =
            host.store.create(&new.id, name, new.listen_addr.unwrap_or(LISTEN_ADDR))?;
        let bound = if new.empty { Vec::new() } else { bind_defaults(host, &mut session)? };
        Ok(CreateReport {
            environment_id: new.id.clone(),
            name: name.to_owned(),
            bound,
            idempotency_key,
        })
    };
    with_audit_record(host, &new.id, make, |_| {
        vec![event("create", &new.id, new.idempotency_key.as_deref())]
    })
}

/// Creates an environment unless there is one, binds the default packs to the default
/// slots that are free, and examines it.
///
/// # Errors
/// [`OpError`] when it cannot be read or written.
pub fn init(host: &Host, id: &EnvId, idempotency_key: Option<&str>) -> Result<InitReport, OpError> {
    let make = || {
        let created = !host.store.exists(id);
        let mut session = match created {
            true => host.store.create(id, id.as_str(), LISTEN_ADDR)?,
            false => host.store.open(id)?,
        };
        let bound = bind_defaults(host, &mut session)?;
        Ok((created, bound, session))
    };
    let (created, bound, session) = with_audit_record(host, id, make, |made| match made {
        Some((false, bound, _)) if bound.is_empty() => Vec::new(),
        _ => vec![event("init", id, idempotency_key)],
    })?;
    let doctor = doctor::diagnose(host, session.stored(), false)?;
    Ok(InitReport {
        environment_id: id.clone(),
        created,
        bound,
        doctor,
        idempotency_key: idempotency_key.map(str::to_owned),
    })
}

/// The environments of the store; one that cannot be read says so in its place.
///
/// # Errors
/// [`OpError`] when the folder cannot be read.
pub fn list(host: &Host) -> Result<ListReport, OpError> {
    let listed = |id: EnvId| match host.store.load(&id) {
        Ok(stored) => {
            let (packs, extensions) =
                (stored.environment.packs().len(), stored.environment.extensions().len());
            ListedEnvironment { environment_id: id, packs, extensions, error: None }
        }
        Err(error) => ListedEnvironment {
            environment_id: id,
            packs: 0,
            extensions: 0,
            error: Some(error.to_string()),
        },
    };
    let environments = host.store.list()?.into_iter().map(listed).collect();
    Ok(ListReport { store_root: host.store.root().to_string_lossy().into_owned(), environments })
}

/// The files of an environment as they are.
///
/// # Errors
/// [`OpError`] when it cannot be read.
pub fn show(host: &Host, id: &EnvId) -> Result<ShowReport, OpError> {
    let shown = host.store.read_files(id)?;
    Ok(ShowReport { environment: shown.environment, runtime: shown.runtime })
}

/// Binds the built-in packs to the slots they serve, where those are free.
fn bind_defaults(host: &Host, session: &mut EditSession) -> Result<Vec<PackDescriptor>, OpError> {
    let mut environment = session.stored().environment.clone();
    let mut bound = Vec::new();
    for (slot, kind) in unbound_defaults(host, &environment)? {
        let pack_ref = PackRef::Builtin(kind.clone());
        let request = BindingRequest {
            place: BindingPlace::Slot(slot),
            kind: kind.clone(),
            pack_ref,
            answers_ref: None,
        };
        environment = change::add(&environment, request)?.environment;
        bound.push(kind);
    }
    let pins = session.stored().pins.clone();
    session.save(&environment, &pins)?;
    Ok(bound)
}

/// The built-in packs whose slots are free, with the slot that each says it serves.
fn unbound_defaults(
    host: &Host,
    environment: &Environment,
) -> Result<Vec<(CoreSlot, PackDescriptor)>, OpError> {
    let mut defaults = Vec::new();
    for kind in host.fetcher.builtins() {
        let failed = |source| OpError::Builtin { pack: kind.clone(), source };
        let (_, pack) =
            load_pack::load_pack(host, &PackRef::Builtin(kind.clone())).map_err(failed)?;
        let slot = pack.handler_for(&kind).map(|loaded| loaded.handler.slot());
        let Some(Ok(slot)) = slot.map(CoreSlot::try_from) else { continue };
        if environment.binding(&BindingKey::Slot(slot)).is_none() {
            defaults.push((slot, kind));
        }
    }
    Ok(defaults)
}

fn event(verb: &'static str, id: &EnvId, idempotency_key: Option<&str>) -> AuditEvent {
    AuditEvent {
        noun: "env",
        verb,
        target: vec![("environment_id", Some(id.to_string()))],
        previous_generation: None,
        new_generation: None,
        idempotency_key: idempotency_key.map(str::to_owned),
        result: Ok(()),
    }
}
