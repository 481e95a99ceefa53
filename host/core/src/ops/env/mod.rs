//! Creates, initializes, lists, shows, changes, moves and deletes environments.

mod defaults;
mod delete;
mod error;
mod event;
mod export;
mod import;
mod migrate;
mod rename;
mod update;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use env_pack_domain::{DisplayName, EnvId, PackDescriptor, with_causes};
use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json::value::RawValue;

pub use delete::{DeleteReport, DeleteRequest, delete};
pub use error::{EnvError, ExportError, ImportError, RenameError};
pub use export::{ExportReport, ExportRequest, export};
pub use import::{ImportReport, ImportRequest, import};
pub use migrate::{MigrateReport, MigrateRequest, MigratedEnvironment, migrate};
pub use rename::{RenameReport, RenameRequest, rename};
pub use update::{
    NewSettings, OptionalSetting, SettingChange, UpdateReport, UpdateRequest, update,
};

use defaults::{Defaults, WithDefaults, bind_defaults};
use event::event;

use super::audit;
use super::doctor::{self, DoctorReport};
use crate::Host;
use gtc_store::{Change, EnvironmentFiles, NewDocument, StoreError, Stored};

/// The default listen address of a runtime.
const LISTEN_ADDR: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

/// The result of initializing an environment.
#[derive(Debug, Serialize)]
pub struct InitReport {
    /// The environment.
    pub environment_id: EnvId,
    /// Whether the environment is new.
    pub created: bool,
    /// The default packs that were bound to free slots.
    pub bound: Vec<PackDescriptor>,
    /// The slots that stay free, because an operator removed their bindings.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub kept_empty: Vec<String>,
    /// The diagnosis after the change.
    pub doctor: DoctorReport,
    /// The idempotency key of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
}

/// The result of creating an environment.
#[derive(Debug, Serialize, Deserialize)]
pub struct CreateReport {
    /// The environment.
    pub environment_id: EnvId,
    /// The display name.
    pub name: String,
    /// The default packs that were bound.
    pub bound: Vec<PackDescriptor>,
    /// The idempotency key of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
}

/// The environments of a store.
#[derive(Debug, Serialize)]
pub struct ListReport {
    /// The place of the store, such as the folder of environments.
    pub store_root: String,
    /// The environments, sorted by id.
    pub environments: Vec<ListedEnvironment>,
}

/// An environment in a list.
#[derive(Debug, Serialize)]
pub struct ListedEnvironment {
    /// The environment.
    pub environment_id: EnvId,
    /// The number of its changes, for `--if-revision`; none if it cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<u64>,
    /// The number of bound core slots.
    pub packs: usize,
    /// The number of bound extensions.
    pub extensions: usize,
    /// The error, if the environment or a part of it cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// The files of an environment.
#[derive(Debug, Serialize)]
pub struct ShowReport {
    /// The number of changes of the environment, for `--if-revision`.
    pub revision: u64,
    /// The text of `environment.json`.
    pub environment: Box<RawValue>,
    /// The text of `runtime.json`, if it exists.
    pub runtime: Option<Box<RawValue>>,
}

/// A request to create an environment.
#[derive(Clone, Debug)]
pub struct NewEnvironment {
    /// The id of the environment.
    pub id: EnvId,
    /// The display name. Default: the id.
    pub name: Option<DisplayName>,
    /// The listen address of its runtime. Default: `127.0.0.1:8080`.
    pub listen_addr: Option<SocketAddr>,
    /// Whether to create it without the default bindings.
    pub empty: bool,
    /// Idempotency key; written to the audit log and returned.
    pub idempotency_key: Option<String>,
}

/// A request to initialize an environment.
#[derive(Clone, Debug)]
pub struct InitRequest {
    /// The id of the environment.
    pub id: EnvId,
    /// Idempotency key; written to the audit log and returned.
    pub idempotency_key: Option<String>,
    /// The only revision of the environment to accept.
    pub if_revision: Option<u64>,
}

impl InitRequest {
    /// Returns a request to initialize this environment.
    pub fn new(id: EnvId) -> Self {
        Self { id, idempotency_key: None, if_revision: None }
    }
}

/// Creates an environment with the default packs.
///
/// # Errors
/// [`EnvError`] when the environment exists already, or cannot be written.
pub fn create(host: &Host, new: &NewEnvironment) -> Result<CreateReport, EnvError> {
    let name = new.name.as_ref().map_or(new.id.as_str(), DisplayName::as_str);
    let listen_addr = new.listen_addr.unwrap_or(LISTEN_ADDR);
    let event = event(host, "create", &new.id, new.idempotency_key.as_deref());
    let arguments = json!({"name": name, "listen_addr": listen_addr, "empty": new.empty});
    let request = host.request("env create", new.idempotency_key.as_ref(), &arguments);
    let document = NewDocument { name, listen_addr };
    let result = host.store.create(&new.id, &request, &document, |stored| {
        let WithDefaults { environment, bound, .. } = if new.empty {
            WithDefaults::none(stored.environment)
        } else {
            bind_defaults(host, &Defaults::load(host)?, stored.environment, true)?
        };
        let report = CreateReport {
            environment_id: new.id.clone(),
            name: name.to_owned(),
            bound,
            idempotency_key: new.idempotency_key.clone(),
        };
        let change = Change::recorded(vec![event.clone()], report);
        Ok(Change { environment: Some(environment), ..change })
    });
    audit::record_failure(host, &new.id, vec![event], result)
}

/// Creates the environment if it does not exist, binds the default packs to free slots, except to
/// those that an operator emptied, and diagnoses the result.
///
/// # Errors
/// [`EnvError`] when the environment cannot be read or written.
pub fn init(host: &Host, init: &InitRequest) -> Result<InitReport, EnvError> {
    let InitRequest { id, idempotency_key, if_revision } = init;
    let event = event(host, "init", id, idempotency_key.as_deref());
    let request = host.request("env init", idempotency_key.as_ref(), &json!({}));
    let request = request.if_revision(*if_revision);
    let document = NewDocument { name: id.as_str(), listen_addr: LISTEN_ADDR };
    let result = host.store.create_or_change(id, &request, &document, |stored| {
        let created = stored.is_new;
        let WithDefaults { environment, bound, kept_empty, remembered } =
            bind_defaults(host, &Defaults::load(host)?, stored.environment, created)?;
        let is_unchanged = !created && bound.is_empty() && remembered.is_empty();
        let events = if is_unchanged { Vec::new() } else { vec![event.clone()] };
        let kept_empty: Vec<String> = kept_empty.iter().map(ToString::to_string).collect();
        let change = Change::recorded(events, (created, bound, kept_empty));
        Ok::<_, EnvError>(Change { environment: Some(environment), ..change })
    });
    let (created, bound, kept_empty) = audit::record_failure(host, id, vec![event], result)?;
    Ok(InitReport {
        environment_id: id.clone(),
        created,
        bound,
        kept_empty,
        doctor: doctor::doctor(host, id, false)?,
        idempotency_key: idempotency_key.clone(),
    })
}

/// Returns the ids of all environments, sorted, without reading the environments.
///
/// # Errors
/// [`StoreError`] when the folder of the environments cannot be read.
pub fn ids(host: &Host) -> Result<Vec<EnvId>, StoreError> {
    host.store.list()
}

/// Lists the environments of the store. An unreadable environment is listed with its error.
///
/// # Errors
/// [`StoreError`] when the folder cannot be read.
pub fn list(host: &Host) -> Result<ListReport, StoreError> {
    let mut environments = Vec::new();
    for id in host.store.list()? {
        environments.push(match host.store.load(&id) {
            Ok(Stored { environment, faults, revision, .. }) => ListedEnvironment {
                environment_id: id,
                revision: Some(revision),
                packs: environment.packs().len(),
                extensions: environment.extensions().len(),
                error: faults.first().map(ToString::to_string),
            },
            Err(error) => ListedEnvironment {
                environment_id: id,
                revision: None,
                packs: 0,
                extensions: 0,
                error: Some(with_causes(&error)),
            },
        });
    }
    Ok(ListReport { store_root: host.store.place().to_string(), environments })
}

/// Returns the exact text of an environment's files.
///
/// # Errors
/// [`StoreError`] when the environment cannot be read.
pub fn show(host: &Host, id: &EnvId) -> Result<ShowReport, StoreError> {
    let EnvironmentFiles { revision, environment, runtime } = host.store.read_files(id)?;
    Ok(ShowReport { revision, environment, runtime })
}
